package dev.lanewise.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the command line asks {@link Suite} for.
 *
 * @param command the first word
 * @param files the words that follow it
 * @param out folder of the reports
 * @param full whether to measure thoroughly
 * @param only part of the names of the benchmarks to run; empty for all
 * @param threads numbers of threads; empty for the suite's own choice
 * @param threshold fraction that counts as slower
 * @param help whether help is wanted instead
 */
record SuiteOptions(
    String command,
    List<String> files,
    Path out,
    boolean full,
    String only,
    List<String> threads,
    double threshold,
    boolean help) {
  private static final List<String> COMMANDS =
      List.of("kernels", "models", "peers", "all", "compare");

  /**
   * Reads a command line.
   *
   * @throws IllegalArgumentException if it is wrong; the message says how
   */
  static SuiteOptions parse(String... args) {
    List<String> words = new ArrayList<>();
    String out = "lanewise-bench";
    String only = "";
    List<String> threads = List.of();
    double threshold = 0.05;
    boolean full = false;
    boolean help = false;
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "-h", "--help" -> help = true;
        case "--full" -> full = true;
        case "--out" -> out = value(args, ++i);
        case "--only" -> only = value(args, ++i);
        case "-t", "--threads" -> threads = threads(value(args, ++i));
        case "--threshold" -> threshold = threshold(value(args, ++i));
        default -> {
          if (args[i].startsWith("-")) {
            throw new IllegalArgumentException("unknown option " + args[i]);
          }
          words.add(args[i]);
        }
      }
    }
    if (!help && (words.isEmpty() || !COMMANDS.contains(words.getFirst()))) {
      throw new IllegalArgumentException("say one of " + String.join(", ", COMMANDS));
    }
    String command = help ? "" : words.removeFirst();
    if (!help && words.size() != (command.equals("compare") ? 2 : 0)) {
      throw new IllegalArgumentException(
          command.equals("compare")
              ? "compare takes two reports, A.json and B.json"
              : "unexpected argument '" + words.getFirst() + "'");
    }
    return new SuiteOptions(
        command, List.copyOf(words), Path.of(out), full, only, threads, threshold, help);
  }

  private static String value(String[] args, int at) {
    if (at == args.length) {
      throw new IllegalArgumentException("option " + args[at - 1] + " lacks its value");
    }
    return args[at];
  }

  private static List<String> threads(String text) {
    List<String> threads = Arrays.asList(text.split(",", -1));
    if (!threads.stream().allMatch(number -> number.matches("[1-9][0-9]{0,2}"))) {
      throw new IllegalArgumentException(
          "option -t " + text + ": must be numbers from 1 to 999 with commas between them");
    }
    return threads;
  }

  private static double threshold(String text) {
    double threshold;
    try {
      threshold = Double.parseDouble(text);
    } catch (NumberFormatException e) {
      threshold = Double.NaN;
    }
    if (!(threshold >= 0 && threshold <= 10)) {
      throw new IllegalArgumentException(
          "option --threshold " + text + ": must be a number from 0 to 10");
    }
    return threshold;
  }
}
