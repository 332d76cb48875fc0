package dev.lanewise.bench;

import dev.lanewise.bench.report.Comparison;
import dev.lanewise.bench.report.Report;
import dev.lanewise.bench.report.ReportFolder;
import dev.lanewise.bench.report.ReportJson;
import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.openjdk.jmh.runner.RunnerException;

/**
 * Runs suites of benchmarks and writes reports; compares two reports. What the launcher starts for
 * {@code lanewise bench kernels}, {@code models}, {@code peers}, {@code all} and {@code compare}.
 */
public final class Suite {
  /** The work is done. */
  static final int OK = 0;

  /** The work failed, or a benchmark became slower. */
  static final int FAILED = 1;

  /** The command line was wrong. */
  static final int USAGE = 2;

  private static final String HELP =
      """
      Usage: lanewise bench kernels|models|peers|all [options]
             lanewise bench compare A.json B.json [--threshold X]

      Runs benchmarks with JMH and writes report.json, report.md, report.html and roofline.svg. Every
      speed is held against what the machine can do, measured in the same run. This takes a few
      minutes and gives a first idea; with --full it takes hours, and the results can be quoted.
      Ctrl-C leaves a report of what was measured by then.

        kernels            the kernels, one by one
        models             decoding and prefill of language models, and embedding; of the GGUF file
                           or the encoder that the environment variable LANEWISE_MODEL names, too
        peers              the same work done by other libraries, and an encoder (pulled, 90 MB); by
                           llama.cpp, too, if the variable LLAMA_BENCH names its program llama-bench
                           and LANEWISE_MODEL a GGUF file
        all                all of these
        compare            what became slower from report A to report B: exit code 1 if anything did,
                           by more than the threshold and beyond both error bars

        --out DIR          where reports go (default: lanewise-bench)
        --full             five JVMs for each benchmark, longer runs, the plain loops too
        --only TEXT        only benchmarks with this in their name
        -t T[,T…]          numbers of threads (default: kernels 1; others 1 and all)
        --threshold X      compare: fraction that counts as slower (default 0.05)
        --debug            print stack traces
        -h, --help         show this help
      """;

  private Suite() {}

  /** Runs the command line and exits with its code. */
  public static void main(String[] args) {
    int code = run(args, System.out, System.err);
    System.out.flush();
    System.exit(code);
  }

  /** Runs a command line; returns the exit code. */
  static int run(String[] args, PrintStream out, PrintStream err) {
    SuiteOptions options;
    try {
      options = SuiteOptions.parse(args);
    } catch (IllegalArgumentException e) {
      err.println("lanewise bench: " + e.getMessage() + "; see lanewise bench kernels --help");
      return USAGE;
    }
    int code = run(options, out, err);
    if (out.checkError()) {
      err.println("lanewise: " + LanewiseException.cannotWriteResults().getMessage());
      code = FAILED;
    }
    return code;
  }

  private static int run(SuiteOptions options, PrintStream out, PrintStream err) {
    if (options.help()) {
      out.print(HELP);
      return OK;
    }
    try {
      return options.command().equals("compare")
          ? compare(options, out, err)
          : measure(options, out, err);
    } catch (LanewiseException e) {
      return failed(e.getMessage(), e, options, err);
    } catch (RunnerException e) {
      return failed("the benchmarks did not run: " + e.getMessage(), e, options, err);
    }
  }

  private static int failed(
      String message, Exception cause, SuiteOptions options, PrintStream err) {
    err.println("lanewise: " + message);
    if (options.debug()) {
      cause.printStackTrace(err);
    }
    return FAILED;
  }

  private static int measure(SuiteOptions options, PrintStream out, PrintStream err)
      throws RunnerException {
    ReportFolder folder = new ReportFolder(options.out()); // before the minutes that would be lost
    Runtime.getRuntime().addShutdownHook(new Thread(() -> interrupted(folder, err)));
    Report report;
    try {
      report = new SuiteRun(options, err).run(folder::write);
    } finally {
      folder.end();
    }
    out.println(folder.page());
    for (String failure : report.failures()) {
      err.println("lanewise bench: no result: " + failure);
    }
    return code(report);
  }

  /** After Ctrl-C, which ends the benchmark's own JVM too: its failure is not written any more. */
  private static void interrupted(ReportFolder folder, PrintStream err) {
    if (folder.end()) {
      err.println(
          folder.written()
              ? "lanewise bench: interrupted; what was measured until then is in " + folder.page()
              : "lanewise bench: interrupted before there was a report");
    }
  }

  /** A peer that does not run here is no failure, unless nothing else ran. */
  static int code(Report report) {
    boolean failed =
        report.failures().stream()
            .anyMatch(failure -> !failure.contains(PeerUnavailableException.class.getName()));
    return failed || report.results().isEmpty() ? FAILED : OK;
  }

  private static int compare(SuiteOptions options, PrintStream out, PrintStream err) {
    Report before = read(options.files().get(0));
    Report after = read(options.files().get(1));
    Comparison comparison = new Comparison(before, after, options.threshold());
    List<String> differences = before.differences(after);
    if (!differences.isEmpty()) {
      err.printf(
          "lanewise bench: the reports were not made alike: %s; the ratios tell of that, too%n",
          String.join("; ", differences));
    }
    if (comparison.compared() == 0) {
      throw new LanewiseException(
          options.files().get(0) + " and " + options.files().get(1) + " share no benchmark");
    }
    out.print(comparison.table());
    out.println(comparison.compared() + " compared, " + comparison.slower() + " slower");
    return comparison.slower() == 0 ? OK : FAILED;
  }

  private static Report read(String file) {
    try {
      return ReportJson.read(file, Files.readAllBytes(Path.of(file)));
    } catch (IOException e) {
      throw LanewiseException.cannotRead(file, e);
    } catch (InvalidPathException e) {
      throw new LanewiseException("'" + file + "' is not a valid path: " + e.getReason(), e);
    }
  }
}
