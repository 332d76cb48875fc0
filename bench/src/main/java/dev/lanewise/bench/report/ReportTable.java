package dev.lanewise.bench.report;

import dev.lanewise.kernels.Roofline;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A table of a report, for every form that it is told in.
 *
 * @param heading what it is about
 * @param names headings of the columns of text, which come first
 * @param numbers headings of the columns of numbers
 * @param rows cells of each, in the order of the headings
 * @param note how to read it
 */
record ReportTable(
    String heading,
    List<String> names,
    List<String> numbers,
    List<List<String>> rows,
    String note) {
  /** The implementation whose results are held against those of others. */
  private static final String OURS = "simd";

  /** All tables of a report that have something to tell. */
  static List<ReportTable> of(Report report) {
    List<ReportTable> tables =
        new ArrayList<>(List.of(rooflines(report), peers(report), scaling(report), all(report)));
    tables.removeIf(table -> table.rows().isEmpty());
    return tables;
  }

  private static ReportTable rooflines(Report report) {
    List<List<String>> rows = new ArrayList<>();
    for (Roofline roofline : report.rooflines()) {
      rows.add(
          List.of(
              Integer.toString(roofline.threads()),
              Numbers.brief(roofline.gflops()),
              Numbers.brief(roofline.gbytesPerSecond())));
    }
    return new ReportTable(
        "What the machine can do",
        List.of("threads"),
        List.of("GFLOP/s", "GB/s"),
        rows,
        "Measured in the same run: multiply-adds in registers, and reading 256 MiB in sequence,"
            + " which most caches do not hold.");
  }

  /** Each task that others did too, beside the fastest of them. */
  private static ReportTable peers(Report report) {
    List<List<String>> rows = new ArrayList<>();
    for (Result ours : report.results()) {
      if (!ours.implementation().equals(OURS)) {
        continue;
      }
      report.results().stream()
          .filter(other -> !other.implementation().equals(OURS))
          .filter(other -> sameTask(other, ours))
          .min(Comparator.comparingDouble(Result::nanoseconds))
          .ifPresent(
              peer -> {
                Report.Unit unit = report.unit(List.of(ours));
                rows.add(
                    List.of(
                        ours.benchmark(),
                        ours.task(),
                        Integer.toString(ours.threads()),
                        peer.implementation(),
                        unit.symbol(),
                        Numbers.brief(unit.of(ours)),
                        Numbers.brief(unit.of(peer)),
                        Numbers.brief(peer.nanoseconds() / ours.nanoseconds()),
                        percentOfError(peer, ours)));
              });
    }
    return new ReportTable(
        "Beside the fastest other implementation",
        List.of("benchmark", "of", "threads", "other", "unit"),
        List.of("Lanewise", "other", "ratio", "± %"),
        rows,
        "A ratio above 1 is in favour of Lanewise; one that is nearer to 1 than its error, which is"
            + " that of both times together, tells nothing.");
  }

  /** The error of the ratio of two times, which were measured apart, in percent. */
  private static String percentOfError(Result one, Result other) {
    return Numbers.brief(100 * Math.hypot(one.relativeError(), other.relativeError()));
  }

  private static boolean sameTask(Result other, Result ours) {
    return other.benchmark().equals(ours.benchmark())
        && other.task().equals(ours.task())
        && other.threads() == ours.threads();
  }

  /** What more threads gain, of what they gain the loops that measure the machine. */
  private static ReportTable scaling(Report report) {
    Map<String, Result> single = new LinkedHashMap<>();
    Function<Result, String> key =
        result -> result.benchmark() + ' ' + result.task() + ' ' + result.implementation();
    List<List<String>> rows = new ArrayList<>();
    for (Result result : report.results()) {
      if (result.threads() == 1) {
        single.put(key.apply(result), result);
      }
    }
    for (Result result : report.results()) {
      Result one = single.get(key.apply(result));
      if (one == null || result.threads() == 1 || !result.implementation().equals(OURS)) {
        continue;
      }
      double gain = one.nanoseconds() / result.nanoseconds();
      double possible = report.nanosecondsAtBest(one) / report.nanosecondsAtBest(result);
      rows.add(
          List.of(
              result.benchmark(),
              result.task(),
              Integer.toString(result.threads()),
              Numbers.brief(gain),
              percentOfError(one, result),
              Numbers.brief(possible),
              Numbers.brief(100 * gain / possible)));
    }
    return new ReportTable(
        "What threads gain",
        List.of("benchmark", "of", "threads"),
        List.of("speed-up", "± %", "of the roofline", "%"),
        rows,
        "How much faster than on one thread, with the error of both times together, beside the gain"
            + " of plain multiply-adds or plain reads, whichever limits the work.");
  }

  private static ReportTable all(Report report) {
    List<List<String>> rows = new ArrayList<>();
    for (Result result : report.results()) {
      rows.add(
          List.of(
              result.benchmark(),
              result.task(),
              result.contender(),
              Numbers.time(result.nanoseconds()),
              Numbers.brief(100 * result.relativeError()),
              Numbers.brief(result.gflops()),
              Numbers.brief(result.gbytesPerSecond()),
              Numbers.brief(report.percentOfRoofline(result)),
              result.work().tokens() == 0 ? "" : Numbers.brief(result.tokensPerSecond())));
    }
    return new ReportTable(
        "All results",
        List.of("benchmark", "of", "by"),
        List.of("time", "± %", "GFLOP/s", "GB/s", "% of roofline", "tokens/s"),
        rows,
        "A result of more than 100 % of the roofline has its operands in a cache: the roof over"
            + " memory-bound work is the main memory's.");
  }
}
