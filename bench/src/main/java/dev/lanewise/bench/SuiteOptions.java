package dev.lanewise.bench;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

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
 * @param debug whether stack traces are wanted
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
    boolean debug,
    boolean help) {
  private static final List<String> COMMANDS =
      List.of("kernels", "models", "peers", "all", "compare");

  private static final Set<String> OF_COMPARISONS = Set.of("--threshold");
  private static final Set<String> OF_RUNS = Set.of("--full", "--out", "--only", "-t", "--threads");

  /** Those that may be written with an equals sign. */
  private static final Set<String> WITH_VALUE =
      Set.of("--out", "--only", "--threads", "--threshold");

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
    boolean debug = false;
    boolean help = false;
    Set<String> given = new LinkedHashSet<>();
    Iterator<String> rest = split(args).iterator();
    while (rest.hasNext()) {
      String arg = rest.next();
      switch (arg) {
        case "-h", "--help" -> help = true;
        case "--debug" -> debug = true;
        case "--full" -> full = true;
        case "--out" -> out = value(arg, rest);
        case "--only" -> only = value(arg, rest);
        case "-t", "--threads" -> threads = threads(value(arg, rest));
        case "--threshold" -> threshold = threshold(value(arg, rest));
        default -> {
          if (arg.startsWith("-")) {
            throw new IllegalArgumentException("unknown option " + arg);
          }
          words.add(arg);
        }
      }
      given.add(arg);
    }
    if (help) {
      return new SuiteOptions(
          "", List.of(), folder(out), full, only, threads, threshold, debug, true);
    }
    if (words.isEmpty() || !COMMANDS.contains(words.getFirst())) {
      throw new IllegalArgumentException("say one of " + String.join(", ", COMMANDS));
    }
    String command = words.removeFirst();
    boolean compares = command.equals("compare");
    if (words.size() != (compares ? 2 : 0)) {
      throw new IllegalArgumentException(
          compares
              ? "compare takes two reports, A.json and B.json"
              : "unexpected argument '" + words.getFirst() + "'");
    }
    given.retainAll(compares ? OF_RUNS : OF_COMPARISONS);
    if (!given.isEmpty()) {
      throw new IllegalArgumentException(
          compares
              ? String.join(", ", given) + ": compare runs nothing, and takes --threshold alone"
              : "--threshold is for compare");
    }
    return new SuiteOptions(
        command, List.copyOf(words), folder(out), full, only, threads, threshold, debug, false);
  }

  /** The arguments, with {@code --name=value} as two. */
  private static List<String> split(String... args) {
    List<String> split = new ArrayList<>();
    for (String arg : args) {
      int equals = arg.startsWith("--") ? arg.indexOf('=') : -1;
      if (equals < 0) {
        split.add(arg);
      } else {
        String name = arg.substring(0, equals);
        if (!WITH_VALUE.contains(name)) {
          throw new IllegalArgumentException("unknown option " + name + " with a value");
        }
        split.addAll(List.of(name, arg.substring(equals + 1)));
      }
    }
    return split;
  }

  private static String value(String option, Iterator<String> rest) {
    if (!rest.hasNext()) {
      throw new IllegalArgumentException("option " + option + " lacks its value");
    }
    return rest.next();
  }

  private static Path folder(String out) {
    try {
      return Path.of(out);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("option --out '" + out + "' is not a valid path", e);
    }
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
