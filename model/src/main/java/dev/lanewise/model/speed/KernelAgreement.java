package dev.lanewise.model.speed;

import dev.lanewise.model.LanewiseException;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;

/**
 * Whether a kernel's output is what its formula gives in double precision: in every place of a
 * small output, in the first, the last and random places of a large one.
 */
final class KernelAgreement {
  /** The kernels' normalised mean squared error, where no bound for each element is stated. */
  private static final double MAX_NMSE = 1e-10;

  /** Multiply-adds in double precision that a check may take: a few hundredths of a second. */
  private static final long MOST_WORK = 20_000_000;

  private static final int FEWEST_PLACES = 4;

  private final String kernel;
  private double squaredError;
  private double squaredSize;

  KernelAgreement(String kernel) {
    this.kernel = kernel;
  }

  /**
   * Visits places of the output.
   *
   * @param count of all places, numbered from 0
   * @param workPerPlace multiply-adds that checking one of them takes
   */
  static void visit(long count, long workPerPlace, LongConsumer place) {
    long most = Math.max(FEWEST_PLACES, MOST_WORK / workPerPlace);
    if (count <= most) {
      for (long i = 0; i < count; i++) {
        place.accept(i);
      }
      return;
    }
    SplittableRandom random = new SplittableRandom(1);
    place.accept(0);
    place.accept(count - 1);
    for (long i = 2; i < most; i++) {
      place.accept(random.nextLong(count));
    }
  }

  /** Counts a number of the output into the mean squared error. */
  void add(double expected, float actual) {
    squaredError += (actual - expected) * (actual - expected);
    squaredSize += expected * expected;
  }

  /** Refuses an output whose mean squared error is too large. */
  void require() {
    if (!(squaredError <= MAX_NMSE * squaredSize)) { // or not a number
      throw wrong(
          "its normalised mean squared error is %s, the limit %s"
              .formatted(squaredError / squaredSize, MAX_NMSE));
    }
  }

  /** Refuses a number of the output that is further from the exact one than its bound. */
  void require(int row, int column, double expected, float actual, double bound) {
    if (!(Math.abs(actual - expected) <= bound)) { // or not a number
      throw wrong(
          "row %d, column %d is %s instead of %s, the largest error is %s"
              .formatted(row, column, actual, expected, bound));
    }
  }

  private LanewiseException wrong(String how) {
    return new LanewiseException(
        kernel
            + " computes wrong numbers on this machine, so it was not timed: "
            + how
            + "; please report it with what lanewise doctor prints");
  }
}
