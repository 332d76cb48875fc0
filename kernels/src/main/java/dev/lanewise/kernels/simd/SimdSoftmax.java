package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Softmax of a row in three passes: maximum, exponentials and their sum, division. */
final class SimdSoftmax {
  /** Elements whose sum loses little in float32, even with the four lanes of 128 bits. */
  private static final int CHUNK = 512;

  private SimdSoftmax() {}

  /** y[yo ..] = softmax(x[xo ..]) over n elements; a row of −∞ gives 0. */
  static void row(float[] x, int xo, float[] y, int yo, int n) {
    float max = max(x, xo, n);
    if (max == Float.NEGATIVE_INFINITY) {
      for (int i = 0; i < n; i++) {
        y[yo + i] = Float.isNaN(x[xo + i]) ? Float.NaN : 0f;
      }
      return;
    }
    double sum = exp(x, xo, y, yo, n, max);
    scale(y, yo, n, (float) (1 / sum));
  }

  /** The largest element; NaN elements are passed over, as they come back in the sum. */
  static float max(float[] x, int xo, int n) {
    FloatVector max = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      FloatVector v = FloatVector.fromArray(F, x, xo + i);
      max = max.blend(v, v.compare(VectorOperators.GT, max));
    }
    float result = Species.max(max);
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
      FloatVector sum = FloatVector.zero(F);
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

  private static void scale(float[] y, int yo, int n, float factor) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      FloatVector.fromArray(F, y, yo + i).mul(factor).intoArray(y, yo + i);
    }
    for (; i < n; i++) {
      y[yo + i] *= factor;
    }
  }
}
