package dev.lanewise.model.speed;

import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;

/**
 * How long a call takes: times of many samples, each of so many calls that the clock's own time and
 * the waking of threads do not count.
 *
 * <p>A call works on rows, and can be made with fewer of them. So a long one is warmed up with few,
 * and one that takes longer than there is time is measured with as many as there is time for.
 */
final class Samples {
  private static final double MIN_SAMPLE_NANOS = 1e6;

  /** A round of the warm-up: long enough for two of them to be compared. */
  private static final double ROUND_NANOS = 1e8;

  /**
   * Rows of the first calls: enough for kernels to take the ways of many rows, and few, as what is
   * not compiled yet is a hundred times as slow.
   */
  static final int FEW_ROWS = 16;

  /** Two rounds that differ by less count as equally fast: nothing is being compiled any more. */
  static final double STEADY = 0.03;

  /** Before this much time equal rounds mean nothing: compilers work in the background. */
  private static final double MIN_WARM_UP_NANOS = 1e9;

  private static final double MEASURED_NANOS = 2e9;

  /** Samples of a part of a call, where there is no time for the whole. */
  private static final int FEWEST_SAMPLES = 2;

  /** Of the time that is left: the rest is for parts that take longer than those before. */
  private static final double USED = 0.9;

  private final double[] nanos;
  private final boolean steady;
  private final int rows;

  private Samples(double[] nanos, boolean steady, int rows) {
    this.nanos = nanos;
    this.steady = steady;
    this.rows = rows;
    Arrays.sort(nanos);
  }

  /**
   * How long to go on.
   *
   * @param warmUpNanos longest warm-up
   * @param count of samples, or 0: as many as fit in two seconds
   * @param endNanos the reading of the clock after which no more is begun
   * @param clock in nanoseconds
   */
  record Limits(double warmUpNanos, int count, long endNanos, LongSupplier clock) {
    /** From now on, by the system's clock. */
    static Limits of(double warmUpNanos, int count, long budgetNanos) {
      return new Limits(warmUpNanos, count, System.nanoTime() + budgetNanos, System::nanoTime);
    }

    private double left() {
      return endNanos - clock.getAsLong();
    }

    private double nanosPerRow(IntConsumer call, int rows, int calls) {
      long start = clock.getAsLong();
      for (int i = 0; i < calls; i++) {
        call.accept(rows);
      }
      return Math.max(1, clock.getAsLong() - start) / ((double) calls * rows);
    }
  }

  /**
   * Repeats a call: first until it is as fast as it gets, then to measure.
   *
   * @param call takes the number of rows to work on
   * @param rows that it is to be measured with; 1 if it knows no fewer
   */
  static Samples of(IntConsumer call, int rows, Limits limits) {
    int part = Math.min(rows, FEW_ROWS);
    double perRow = limits.nanosPerRow(call, part, 1);
    boolean steady = false;
    long start = limits.clock.getAsLong();
    double spent = 0;
    while (!steady && spent < limits.warmUpNanos && 2 * perRow * part < limits.left()) {
      while (part < rows && perRow * part < ROUND_NANOS) {
        part = (int) Math.min(rows, 2L * part);
      }
      double last = perRow;
      perRow = limits.nanosPerRow(call, part, calls(perRow * part, ROUND_NANOS));
      spent = limits.clock.getAsLong() - start;
      steady = spent >= MIN_WARM_UP_NANOS && Math.abs(perRow - last) <= STEADY * last;
    }
    int measured = rows;
    if (perRow * rows >= limits.left()) {
      double nanosForSample = USED * limits.left() / Math.max(FEWEST_SAMPLES, limits.count);
      measured = (int) Math.clamp(nanosForSample / perRow, 0, rows);
      if (measured < part) {
        return new Samples(new double[] {perRow * rows}, steady, part);
      }
    }
    int calls = calls(perRow * measured, MIN_SAMPLE_NANOS);
    double[] nanos = new double[limits.count > 0 ? limits.count : 16];
    int count = 0;
    start = limits.clock.getAsLong();
    do {
      if (count == nanos.length) {
        nanos = Arrays.copyOf(nanos, 2 * count);
      }
      nanos[count++] = rows * limits.nanosPerRow(call, measured, calls);
    } while (limits.count > 0
        ? count < limits.count
        : limits.clock.getAsLong() - start < MEASURED_NANOS
            && calls * perRow * measured < limits.left());
    return new Samples(Arrays.copyOf(nanos, count), steady, measured);
  }

  private static int calls(double perCall, double wanted) {
    return (int) Math.clamp(Math.ceil(wanted / perCall), 1, 1 << 24);
  }

  /** Number of samples. */
  int count() {
    return nanos.length;
  }

  /** Whether the time was steady when measuring began. */
  boolean steady() {
    return steady;
  }

  /** Rows of the calls that were measured: all, unless these take too long. */
  int rows() {
    return rows;
  }

  /** The median, in nanoseconds for a call with all rows. */
  double median() {
    int middle = nanos.length / 2;
    return nanos.length % 2 == 1 ? nanos[middle] : (nanos[middle - 1] + nanos[middle]) / 2;
  }

  /** The shortest, in nanoseconds for a call with all rows. */
  double shortest() {
    return nanos[0];
  }

  /** The longest, in nanoseconds for a call with all rows. */
  double longest() {
    return nanos[nanos.length - 1];
  }
}
