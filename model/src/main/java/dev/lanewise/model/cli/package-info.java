/**
 * The command line: parses, calls, prints. One class per command; {@link
 * dev.lanewise.model.cli.Main} loads only the one that runs. Knows no tensors and no arithmetic of
 * models; nothing else depends on it.
 */
package dev.lanewise.model.cli;
