package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Softmax of a row in three passes: maximum, exponentials and their sum, division. */
final class SimdSoftmax {
  /** Elements whose sum loses little in float32, even with the four lanes of 128 bits. */
  private static final int CHUNK = 512;

  /** In memory, because chains that start from constants may be compiled badly. */
  private static final float[] MINUS_INFINITY = new float[LANES];

  static {
    Arrays.fill(MINUS_INFINITY, Float.NEGATIVE_INFINITY);
  }

  private SimdSoftmax() {}

  /**
   * y[at ..] = softmax(x[at ..]) over n elements; a row of −∞ gives 0. Row by row: the same passes
   * over blocks of rows, in one method, were compiled to a third more time.
   */
  static void row(float[] x, float[] y, int at, int n) {
    float max = max(x, at, n);
    if (max == Float.NEGATIVE_INFINITY) {
      fillUnlessNaN(x, y, at, n, 0f);
      return;
    }
    double sum = exp(x, at, y, at, n, max);
    scale(y, at, n, (float) (1 / sum));
  }

  /** y[at ..] = log softmax(x[at ..]) over n elements; a row of −∞ gives −∞. */
  static void logRow(float[] x, float[] y, int at, int n) {
    float max = max(x, at, n);
    if (max == Float.NEGATIVE_INFINITY) {
      fillUnlessNaN(x, y, at, n, max);
      return;
    }
    subtract(x, y, at, n, max, (float) Math.log(sumOfExp(x, at, n, max)));
  }

  private static void fillUnlessNaN(float[] x, float[] y, int at, int n, float value) {
    for (int i = at; i < at + n; i++) {
      y[i] = Float.isNaN(x[i]) ? Float.NaN : value;
    }
  }

  /** The largest element; NaN elements are passed over, as they come back in the sum. */
  static float max(float[] x, int xo, int n) {
    FloatVector a = FloatVector.fromArray(F, MINUS_INFINITY, 0);
    FloatVector b = FloatVector.fromArray(F, MINUS_INFINITY, 0);
    FloatVector c = FloatVector.fromArray(F, MINUS_INFINITY, 0);
    FloatVector d = FloatVector.fromArray(F, MINUS_INFINITY, 0);
    int i = 0;
    for (; i <= n - 4 * LANES; i += 4 * LANES) {
      FloatVector v = FloatVector.fromArray(F, x, xo + i);
      a = a.blend(v, a.lt(v));
      v = FloatVector.fromArray(F, x, xo + i + LANES);
      b = b.blend(v, b.lt(v));
      v = FloatVector.fromArray(F, x, xo + i + 2 * LANES);
      c = c.blend(v, c.lt(v));
      v = FloatVector.fromArray(F, x, xo + i + 3 * LANES);
      d = d.blend(v, d.lt(v));
    }
    for (; i <= n - LANES; i += LANES) {
      FloatVector v = FloatVector.fromArray(F, x, xo + i);
      a = a.blend(v, a.lt(v));
    }
    a = a.blend(b, a.lt(b));
    c = c.blend(d, c.lt(d));
    float result = Species.max(a.blend(c, a.lt(c)));
    for (; i < n; i++) {
      result = x[xo + i] > result ? x[xo + i] : result;
    }
    return result;
  }

  /** y = e^(x − max); returns Σ y, in floats over {@link #CHUNK} elements and in double beyond. */
  static double exp(float[] x, int xo, float[] y, int yo, int n, float max) {
    double result = 0;
    int i = 0;
    while (i <= n - LANES) {
      FloatVector sum = FloatVector.fromArray(F, Species.ZEROS, 0);
      int end = Math.min(n - LANES, i + CHUNK - LANES);
      for (; i <= end; i += LANES) {
        FloatVector e = SimdMath.expNonPositive(FloatVector.fromArray(F, x, xo + i).sub(max));
        e.intoArray(y, yo + i);
        sum = sum.add(e);
      }
      result += Species.sum(sum);
    }
    if (i < n) {
      VectorMask<Float> rest = F.indexInRange(i, n);
      FloatVector e = SimdMath.expNonPositive(FloatVector.fromArray(F, x, xo + i, rest).sub(max));
      e.intoArray(y, yo + i, rest);
      result += Species.sum(FloatVector.zero(F).blend(e, rest));
    }
    return result;
  }

  /** Σ e^(x − max), added up as in {@link #exp}. */
  private static double sumOfExp(float[] x, int xo, int n, float max) {
    double result = 0;
    int i = 0;
    while (i <= n - LANES) {
      FloatVector sum = FloatVector.fromArray(F, Species.ZEROS, 0);
      int end = Math.min(n - LANES, i + CHUNK - LANES);
      for (; i <= end; i += LANES) {
        sum = sum.add(SimdMath.expNonPositive(FloatVector.fromArray(F, x, xo + i).sub(max)));
      }
      result += Species.sum(sum);
    }
    if (i < n) {
      VectorMask<Float> rest = F.indexInRange(i, n);
      FloatVector e = SimdMath.expNonPositive(FloatVector.fromArray(F, x, xo + i, rest).sub(max));
      result += Species.sum(FloatVector.zero(F).blend(e, rest));
    }
    return result;
  }

  private static void scale(float[] y, int at, int n, float factor) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      FloatVector.fromArray(F, y, at + i).mul(factor).intoArray(y, at + i);
    }
    for (; i < n; i++) {
      y[at + i] *= factor;
    }
  }

  /** y = x − max − log. In two steps, as max may be so large that their sum is little but max. */
  private static void subtract(float[] x, float[] y, int at, int n, float max, float log) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      FloatVector.fromArray(F, x, at + i).sub(max).sub(log).intoArray(y, at + i);
    }
    for (; i < n; i++) {
      y[at + i] = x[at + i] - max - log;
    }
  }
}
