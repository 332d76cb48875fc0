package dev.lanewise.bench.report;

import dev.lanewise.kernels.Roofline;
import java.util.ArrayList;
import java.util.List;

/**
 * All that one run found.
 *
 * @param suite which benchmarks ran: {@code kernels}, {@code models}, {@code peers} or {@code all}
 * @param profile how thoroughly: {@code short} or {@code full}
 * @param date when, in the form of ISO 8601
 * @param machine where
 * @param rooflines what the machine could do at best, for each number of threads
 * @param results in the order in which they ran
 * @param failures benchmarks that gave no result, each with its reason
 */
public record Report(
    String suite,
    String profile,
    String date,
    Machine machine,
    List<Roofline> rooflines,
    List<Result> results,
    List<String> failures) {
  /** Keeps copies. */
  public Report {
    rooflines = List.copyOf(rooflines);
    results = List.copyOf(results);
    failures = List.copyOf(failures);
  }

  /** In what this report was made otherwise than another, beside the sources: both, in words. */
  public List<String> differences(Report other) {
    List<String> found = new ArrayList<>();
    compare("on", machine.hardware(), other.machine.hardware(), found);
    compare("with Java", machine.java(), other.machine.java(), found);
    compare("in the VM", machine.vm(), other.machine.vm(), found);
    compare("with the flags", text(machine.flags()), text(other.machine.flags()), found);
    compare("by the profile", profile, other.profile, found);
    return found;
  }

  private static String text(List<String> flags) {
    return String.join(" ", flags);
  }

  private static void compare(String what, String one, String other, List<String> to) {
    if (!one.equals(other)) {
      to.add("%s %s and %s".formatted(what, one, other));
    }
  }

  /** Where, with what, when and how thoroughly the results came about, in three sentences. */
  String circumstances() {
    return "%s, %d cores, %s. Java %s (%s), flags %s. Commit %s, %s, profile %s."
        .formatted(
            machine.cpu(),
            machine.cores(),
            machine.system(),
            machine.java(),
            machine.vm(),
            machine.flags().isEmpty() ? "none" : String.join(" ", machine.flags()),
            machine.commit(),
            date,
            profile);
  }

  /**
   * The limits for a number of threads.
   *
   * @throws IllegalArgumentException if none were measured
   */
  public Roofline roofline(int threads) {
    return rooflines.stream()
        .filter(roofline -> roofline.threads() == threads)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no roofline was measured for " + threads));
  }

  /** Whether the machine's operations limit a result; if not, its memory does. */
  public boolean computeBound(Result result) {
    Roofline roofline = roofline(result.threads());
    return result.intensity() >= roofline.gflops() / roofline.gbytesPerSecond();
  }

  /**
   * How much of the machine's best a result reaches, in percent. More than 100 where operands stay
   * in a cache, as the roof over memory-bound work is the main memory's.
   */
  public double percentOfRoofline(Result result) {
    return 100 * nanosecondsAtBest(result) / result.nanoseconds();
  }

  /** The time of a result on the roofline. */
  double nanosecondsAtBest(Result result) {
    Roofline roofline = roofline(result.threads());
    return Math.max(
        result.work().flops() / roofline.gflops(),
        result.work().bytes() / roofline.gbytesPerSecond());
  }

  /** In what results are best told together. */
  public Unit unit(List<Result> results) {
    if (results.stream().allMatch(result -> result.work().tokens() > 0)) {
      return Unit.TOKENS;
    }
    return results.stream().anyMatch(this::computeBound) ? Unit.GFLOPS : Unit.GBYTES;
  }

  /** In what a speed is told. */
  public enum Unit {
    GFLOPS("GFLOP/s"),
    GBYTES("GB/s"),
    TOKENS("tokens/s");

    private final String symbol;

    Unit(String symbol) {
      this.symbol = symbol;
    }

    /** How it is written. */
    public String symbol() {
      return symbol;
    }

    /** The speed of a result. */
    public double of(Result result) {
      return switch (this) {
        case GFLOPS -> result.gflops();
        case GBYTES -> result.gbytesPerSecond();
        case TOKENS -> result.tokensPerSecond();
      };
    }
  }
}
