/**
 * The command line: parses, calls, prints. One class per command; {@link
 * dev.lanewise.model.cli.Main} loads only the one that runs. Computes nothing itself, and nothing
 * else depends on it.
 */
package dev.lanewise.model.cli;
