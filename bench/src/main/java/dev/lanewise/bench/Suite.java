package dev.lanewise.bench;

import dev.lanewise.bench.report.Comparison;
import dev.lanewise.bench.report.Report;
import dev.lanewise.bench.report.ReportHtml;
import dev.lanewise.bench.report.ReportJson;
import dev.lanewise.bench.report.ReportMarkdown;
import dev.lanewise.bench.report.RooflinePlot;
import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
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

        kernels            the kernels, one by one
        models             decoding and prefill of whole models; of the GGUF file that the environment
                           variable LANEWISE_MODEL names, too
        peers              the same work done by other libraries
        all                all of these
        compare            what became slower from report A to report B: exit code 1 if anything did,
                           by more than the threshold and beyond both error bars

        --out DIR          where reports go (default: lanewise-bench)
        --full             five JVMs for each benchmark, longer runs, the plain loops too
        --only TEXT        only benchmarks with this in their name
        -t T[,T…]          numbers of threads (default: kernels 1; others 1 and all)
        --threshold X      fraction that counts as slower (default 0.05)
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
    try {
      SuiteOptions options = SuiteOptions.parse(args);
      if (options.help()) {
        out.print(HELP);
        return OK;
      }
      return options.command().equals("compare")
          ? compare(options, out)
          : measure(options, out, err);
    } catch (IllegalArgumentException e) {
      err.println("lanewise bench: " + e.getMessage() + "; see lanewise bench kernels --help");
      return USAGE;
    } catch (LanewiseException e) {
      err.println("lanewise: " + e.getMessage());
      return FAILED;
    } catch (IOException e) {
      err.println("lanewise: input or output failed: " + e);
      return FAILED;
    } catch (RunnerException e) {
      err.println("lanewise: the benchmarks did not run: " + e.getMessage());
      return FAILED;
    }
  }

  private static int measure(SuiteOptions options, PrintStream out, PrintStream err)
      throws IOException, RunnerException {
    Path folder = options.out();
    Files.createDirectories(folder); // before the minutes that would be lost
    Report report = new SuiteRun(options, err).run();
    Files.writeString(folder.resolve("report.json"), ReportJson.write(report));
    Files.writeString(folder.resolve("report.md"), ReportMarkdown.write(report));
    Files.writeString(folder.resolve("report.html"), ReportHtml.write(report));
    Files.writeString(folder.resolve("roofline.svg"), RooflinePlot.file(report));
    out.println(folder.resolve("report.html").toAbsolutePath());
    for (String failure : report.failures()) {
      err.println("lanewise bench: no result: " + failure);
    }
    return report.results().isEmpty() ? FAILED : OK;
  }

  private static int compare(SuiteOptions options, PrintStream out) {
    Comparison comparison =
        new Comparison(
            read(options.files().get(0)), read(options.files().get(1)), options.threshold());
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
    }
  }
}
