package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.Arrays;

/** The error bounds of the contract, as assertions. */
final class Bounds {
  /** Unit roundoff of float32. */
  private static final double U = 0x1p-24;

  /** Written behind every output, to see that nothing else is. */
  static final float SENTINEL = 12345.5f;

  /** Sentinels behind an output: more than the widest vector. */
  static final int GUARD = 33;

  private Bounds() {}

  /** An output array of {@code n} not-a-numbers, as none may survive, and the guard. */
  static float[] guarded(int n) {
    float[] y = new float[n + GUARD];
    Arrays.fill(y, 0, n, Float.NaN);
    Arrays.fill(y, n, y.length, SENTINEL);
    return y;
  }

  static void assertGuardIntact(float[] y, int n, String what) {
    for (int i = n; i < y.length; i++) {
      assertEquals(SENTINEL, y[i], () -> what + " wrote behind its output");
    }
  }

  /**
   * |actual − expected| ≤ terms · 2⁻²⁴ · magnitude, the bound of a sum of products in any order. A
   * product so small that it is denormal has an absolute error instead: half the spacing of
   * denormals, 2⁻¹⁵⁰, for each of at most two roundings. A sum whose terms leave the range of float
   * may overflow; where exact arithmetic is infinite the answer must be that infinity, and where it
   * has no number none that is finite.
   */
  static void assertSum(float actual, double expected, double magnitude, int terms, String what) {
    if (!Double.isFinite(expected)) {
      boolean same = Double.isNaN(expected) ? !Float.isFinite(actual) : actual == expected;
      if (!same) {
        fail(what + ": " + actual + " instead of " + expected);
      }
      return;
    }
    double bound = terms * U * magnitude + terms * 0x1p-149;
    boolean mayOverflow = magnitude > Float.MAX_VALUE;
    boolean good = Math.abs(actual - expected) <= bound || (mayOverflow && !Float.isFinite(actual));
    if (!good) {
      fail("%s: %s instead of %s, bound %s".formatted(what, actual, expected, bound));
    }
  }

  /**
   * Normalised mean squared error, Σ (actual − expected)² / Σ expected², at most 1e-10. A row whose
   * expectation is not finite must be so in the same places.
   */
  static void assertNmse(float[] actual, double[] expected, int offset, int n, String what) {
    assertNmse(actual, expected, offset, n, 1e-10, what);
  }

  /** As the other, with another limit. */
  static void assertNmse(
      float[] actual, double[] expected, int offset, int n, double limit, String what) {
    double error = 0;
    double size = 0;
    for (int i = offset; i < offset + n; i++) {
      if (Double.isFinite(expected[i])) {
        double difference = actual[i] - expected[i];
        error += difference * difference;
        size += expected[i] * expected[i];
      } else if (Float.isFinite(actual[i])) {
        fail("%s: element %d is %s, hides %s".formatted(what, i, actual[i], expected[i]));
      }
    }
    boolean good = size == 0 ? error == 0 : error <= limit * size;
    if (!good) {
      fail("%s: normalised mean squared error %s".formatted(what, error / size));
    }
  }

  /**
   * What the contract allows f(x) · factor: 10⁻⁶ relative or four units in the last place, and
   * where GELU's factor 1 + erf cancels, 10⁻⁶ · |x|.
   */
  static void assertActivation(Activation f, float actual, float x, float factor, String what) {
    double expected = DoubleKernels.activation(f, x) * factor;
    boolean good;
    if (Double.isNaN(expected)) {
      good = Float.isNaN(actual);
    } else if (Float.isInfinite(actual)) {
      good = Math.abs(expected) > Float.MAX_VALUE * (1 - 1e-6) && (actual > 0) == (expected > 0);
    } else {
      boolean cancels = f == Activation.GELU || f == Activation.GELU_TANH;
      double size = cancels ? Math.abs((double) x * factor) : Math.abs(expected);
      double ulp = Math.min(Math.ulp((float) expected), Math.ulp(Float.MAX_VALUE));
      good = Math.abs(actual - expected) <= Math.max(1e-6 * size, 4 * ulp);
      good &= !Double.isInfinite(expected);
    }
    if (!good) {
      fail("%s: %s(%s) * %s is %s, not %s".formatted(what, f, x, factor, actual, expected));
    }
  }
}
