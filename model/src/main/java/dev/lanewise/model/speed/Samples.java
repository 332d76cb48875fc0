package dev.lanewise.model.speed;

import java.util.Arrays;

/**
 * How long a call takes: times of many samples, each of so many calls that the clock's own time and
 * the waking of threads do not count.
 */
final class Samples {
  private static final double MIN_SAMPLE_NANOS = 1e6;

  /** A round of the warm-up: long enough for two of them to be compared. */
  private static final double ROUND_NANOS = 1e8;

  /** Two rounds that differ by less count as equally fast: nothing is being compiled any more. */
  static final double STEADY = 0.03;

  /** Before this much time equal rounds mean nothing: compilers work in the background. */
  private static final double MIN_WARM_UP_NANOS = 1e9;

  private static final double MEASURED_NANOS = 2e9;

  private final double[] nanos;
  private final boolean steady;

  private Samples(double[] nanos, boolean steady) {
    this.nanos = nanos;
    this.steady = steady;
    Arrays.sort(nanos);
  }

  /**
   * How long to go on.
   *
   * @param warmUpNanos longest warm-up
   * @param count of samples, or 0: as many as fit in two seconds
   * @param endNanos the reading of the clock after which no more is begun, but for the first sample
   */
  record Limits(double warmUpNanos, int count, long endNanos) {
    private boolean allow(double nanos) {
      return System.nanoTime() + nanos < endNanos;
    }
  }

  /**
   * Repeats a call: first until it is as fast as it gets, then to measure.
   *
   * @param firstNanos the time it took before; the only sample, if there is no time for another
   */
  static Samples of(Runnable call, double firstNanos, Limits limits) {
    if (!limits.allow(firstNanos)) {
      return new Samples(new double[] {firstNanos}, false);
    }
    double perCall = firstNanos;
    double last = 0;
    boolean steady = false;
    long start = System.nanoTime();
    double spent = 0;
    while (!steady && spent < limits.warmUpNanos && limits.allow(2 * perCall)) {
      perCall = nanosPerCall(call, calls(perCall, ROUND_NANOS));
      spent = System.nanoTime() - start;
      steady = spent >= MIN_WARM_UP_NANOS && Math.abs(perCall - last) <= STEADY * last;
      last = perCall;
    }
    int calls = calls(perCall, MIN_SAMPLE_NANOS);
    double[] nanos = new double[limits.count > 0 ? limits.count : 16];
    int count = 0;
    start = System.nanoTime();
    do {
      if (count == nanos.length) {
        nanos = Arrays.copyOf(nanos, 2 * count);
      }
      nanos[count++] = nanosPerCall(call, calls);
    } while (limits.count > 0
        ? count < limits.count
        : System.nanoTime() - start < MEASURED_NANOS && limits.allow(calls * perCall));
    return new Samples(Arrays.copyOf(nanos, count), steady);
  }

  private static int calls(double perCall, double wanted) {
    return (int) Math.clamp(Math.ceil(wanted / perCall), 1, 1 << 24);
  }

  private static double nanosPerCall(Runnable call, int calls) {
    long start = System.nanoTime();
    for (int i = 0; i < calls; i++) {
      call.run();
    }
    return Math.max(1, System.nanoTime() - start) / (double) calls;
  }

  /** Number of samples. */
  int count() {
    return nanos.length;
  }

  /** Whether the time was steady when measuring began. */
  boolean steady() {
    return steady;
  }

  /** The median, in nanoseconds for a call. */
  double median() {
    int middle = nanos.length / 2;
    return nanos.length % 2 == 1 ? nanos[middle] : (nanos[middle - 1] + nanos[middle]) / 2;
  }

  /** The shortest, in nanoseconds for a call. */
  double shortest() {
    return nanos[0];
  }

  /** The longest, in nanoseconds for a call. */
  double longest() {
    return nanos[nanos.length - 1];
  }
}
