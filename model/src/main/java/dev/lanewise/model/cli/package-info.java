/**
 * The command line: parses, calls, prints. One class per command; {@link
 * dev.lanewise.model.cli.Main} loads only the one that runs. What a program could want as well is
 * in {@code task}, {@code generate} and {@code speed}; nothing else depends on this package.
 */
package dev.lanewise.model.cli;
