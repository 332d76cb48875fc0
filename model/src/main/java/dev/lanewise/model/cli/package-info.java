/**
 * The command line: parses, calls, prints. One class per command; {@link
 * dev.lanewise.model.cli.Main} loads only the one that runs. What {@code bench} and {@code doctor}
 * measure is here too, but no arithmetic of models; nothing else depends on it.
 */
package dev.lanewise.model.cli;
