package dev.lanewise.bench.report;

import java.util.List;

/** The columns of a report's table, for every form that it is told in. */
final class ReportTable {
  /** Headings of {@link #names}. */
  static final List<String> NAMES = List.of("benchmark", "of", "by");

  /** Headings of {@link #numbers}. */
  static final List<String> NUMBERS =
      List.of("time", "± %", "GFLOP/s", "GB/s", "% of roofline", "tokens/s");

  /** How to read more than 100 %. */
  static final String NOTE =
      "A result of more than 100 % of the roofline has its operands in a cache: the roof over"
          + " memory-bound work is the main memory's.";

  private ReportTable() {}

  /** What was measured. */
  static List<String> names(Result result) {
    return List.of(result.benchmark(), result.task(), result.contender());
  }

  /** What was found. */
  static List<String> numbers(Report report, Result result) {
    return List.of(
        Numbers.time(result.nanoseconds()),
        Numbers.brief(100 * result.relativeError()),
        Numbers.brief(result.gflops()),
        Numbers.brief(result.gbytesPerSecond()),
        Numbers.brief(report.percentOfRoofline(result)),
        result.work().tokens() == 0 ? "" : Numbers.brief(result.tokensPerSecond()));
  }
}
