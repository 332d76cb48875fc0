package dev.lanewise.bench.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Two reports side by side. A benchmark counts as slower if it takes longer by more than a
 * threshold and each of its times lies outside the other's error bar.
 */
public final class Comparison {
  private static final int NUMBER_WIDTH = 8;

  private enum Verdict {
    SLOWER("SLOWER"),
    FASTER("faster"),
    EQUAL("");

    private final String word;

    Verdict(String word) {
      this.word = word;
    }
  }

  private record Pair(Result before, Result after) {
    double ratio() {
      return after.nanoseconds() / before.nanoseconds();
    }

    Verdict verdict(double threshold) {
      double difference = after.nanoseconds() - before.nanoseconds();
      if (Math.abs(difference) <= before.error() || Math.abs(difference) <= after.error()) {
        return Verdict.EQUAL;
      }
      if (ratio() > 1 + threshold) {
        return Verdict.SLOWER;
      }
      return 1 / ratio() > 1 + threshold ? Verdict.FASTER : Verdict.EQUAL;
    }
  }

  private final List<Pair> pairs = new ArrayList<>();
  private final List<String> onlyBefore = new ArrayList<>();
  private final List<String> onlyAfter = new ArrayList<>();
  private final double threshold;

  /**
   * Compares.
   *
   * @param threshold a fraction: 0.05 for five percent
   */
  public Comparison(Report before, Report after, double threshold) {
    this.threshold = threshold;
    Map<String, Result> rest = new LinkedHashMap<>();
    for (Result result : after.results()) {
      rest.put(result.key(), result);
    }
    for (Result result : before.results()) {
      Result other = rest.remove(result.key());
      if (other == null) {
        onlyBefore.add(result.key());
      } else {
        pairs.add(new Pair(result, other));
      }
    }
    onlyAfter.addAll(rest.keySet());
  }

  /** How many benchmarks are slower. */
  public int slower() {
    return (int) pairs.stream().filter(p -> p.verdict(threshold) == Verdict.SLOWER).count();
  }

  /** How many benchmarks are in both reports. */
  public int compared() {
    return pairs.size();
  }

  /** A line for each benchmark, and what stands in one report only. */
  public String table() {
    int width = "benchmark".length();
    for (Pair pair : pairs) {
      width = Math.max(width, pair.before.key().length());
    }
    StringBuilder text = new StringBuilder();
    row(text, width, "benchmark", "before", "±", "after", "±", "ratio", "");
    for (Pair pair : pairs) {
      row(
          text,
          width,
          pair.before.key(),
          Numbers.time(pair.before.nanoseconds()),
          percent(pair.before),
          Numbers.time(pair.after.nanoseconds()),
          percent(pair.after),
          String.format(Locale.ROOT, "%.3f", pair.ratio()),
          pair.verdict(threshold).word);
    }
    onlyBefore.forEach(key -> text.append("missing after: ").append(key).append('\n'));
    onlyAfter.forEach(key -> text.append("missing before: ").append(key).append('\n'));
    return text.toString();
  }

  private static String percent(Result result) {
    return String.format(Locale.ROOT, "%.1f%%", 100 * result.relativeError());
  }

  /** The first cell from the left, the others to the right of their columns. */
  private static void row(StringBuilder text, int width, String name, String... cells) {
    StringBuilder row = new StringBuilder(name).repeat(' ', width - name.length());
    for (String cell : cells) {
      row.repeat(' ', Math.max(0, NUMBER_WIDTH - cell.length()) + 1).append(cell);
    }
    text.append(row.toString().stripTrailing()).append('\n');
  }
}
