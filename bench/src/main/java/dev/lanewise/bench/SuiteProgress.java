package dev.lanewise.bench;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.format.OutputFormat;

/**
 * What people see of a run: a line before each benchmark. Of all that JMH prints it keeps the
 * reason why a benchmark gave no result.
 */
final class SuiteProgress implements OutputFormat {
  private final int count;
  private final PrintStream err;
  private final List<String> failures = new ArrayList<>();
  private final StringBuilder printed = new StringBuilder();
  private final long start = System.nanoTime();
  private final double secondsEach;
  private int begun;
  private String current;

  /**
   * @param count of all benchmarks
   * @param secondsEach what one of them is expected to take
   */
  SuiteProgress(int count, double secondsEach, PrintStream err) {
    this.count = count;
    this.secondsEach = secondsEach;
    this.err = err;
  }

  /** The benchmarks without a result, each with the reason. */
  List<String> failures() {
    return List.copyOf(failures);
  }

  @Override
  public void startBenchmark(BenchmarkParams params) {
    StringBuilder text = new StringBuilder(SuiteRun.name(params.getBenchmark()));
    for (String key : params.getParamsKeys()) {
      text.append(' ').append(key).append('=').append(params.getParam(key));
    }
    begin(text.toString());
  }

  /** Says what is run from here on; what began before and did not end has failed. */
  void begin(String name) {
    if (!name.equals(current)) { // if equal, it is another fork
      finish();
      current = name;
      printed.setLength(0);
      err.println(
          "lanewise bench: %d of %d, about %d s left: %s"
              .formatted(begun + 1, count, Math.round(secondsLeft()), name));
      begun++;
    }
  }

  /** What began last and did not end has failed, for the reason that JMH printed. */
  void finish() {
    if (current != null) {
      fail(reason(printed.toString()));
    }
  }

  /** What began last has failed. */
  void fail(String reason) {
    failures.add(current + ": " + reason);
    current = null;
  }

  /** What began last has a result. */
  void end() {
    current = null;
  }

  private double secondsLeft() {
    double each = begun == 0 ? secondsEach : (System.nanoTime() - start) * 1e-9 / begun;
    return each * (count - begun);
  }

  @Override
  public void endBenchmark(BenchmarkResult result) {
    if (result != null) {
      end();
    }
    finish();
  }

  /** The first line of what JMH printed that names an exception. */
  static String reason(String printed) {
    return printed
        .lines()
        .map(String::strip)
        .filter(line -> line.contains("Exception") || line.contains("Error"))
        .findFirst()
        .orElse("no reason is known");
  }

  @Override
  public void print(String s) {
    printed.append(s);
  }

  @Override
  public void println(String s) {
    printed.append(s).append('\n');
  }

  @Override
  public void verbosePrintln(String s) {}

  @Override
  public void write(int b) {
    printed.append((char) b);
  }

  @Override
  public void write(byte[] b) {
    printed.append(new String(b, StandardCharsets.UTF_8));
  }

  @Override
  public void iteration(BenchmarkParams benchmark, IterationParams params, int iteration) {}

  @Override
  public void iterationResult(
      BenchmarkParams benchmark, IterationParams params, int iteration, IterationResult data) {}

  @Override
  public void startRun() {}

  @Override
  public void endRun(Collection<RunResult> result) {}

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
