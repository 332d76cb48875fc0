package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** The largest element, and where it is. */
final class SimdArgmax {
  /** In memory, because chains that start from constants may be compiled badly. */
  private static final float[] MINUS_INFINITY = new float[LANES];

  static {
    Arrays.fill(MINUS_INFINITY, Float.NEGATIVE_INFINITY);
  }

  private SimdArgmax() {}

  /** The largest of n elements from {@code at} on; NaN elements are passed over. */
  static float max(float[] x, int at, int n) {
    FloatVector a = FloatVector.fromArray(F, MINUS_INFINITY, 0);
    FloatVector b = FloatVector.fromArray(F, MINUS_INFINITY, 0);
    int i = at;
    for (; i <= at + n - 2 * LANES; i += 2 * LANES) {
      FloatVector v = FloatVector.fromArray(F, x, i);
      a = a.blend(v, a.lt(v));
      v = FloatVector.fromArray(F, x, i + LANES);
      b = b.blend(v, b.lt(v));
    }
    float top = a.blend(b, a.lt(b)).reduceLanes(VectorOperators.MAX); // no NaN has come in
    for (; i < at + n; i++) {
      top = x[i] > top ? x[i] : top;
    }
    return top;
  }

  /**
   * The largest |x| of n elements from {@code at} on; NaN if one is NaN. A plain loop, which
   * HotSpot makes vectors of by itself: written with them it was faster by a tenth of a
   * microsecond, but the first tokens of a program came a twentieth later, as there was more to
   * compile.
   */
  static float maxMagnitude(float[] x, int at, int n) {
    float top = 0;
    for (int i = at; i < at + n; i++) {
      top = Math.max(top, Math.abs(x[i]));
    }
    return top;
  }

  /** The first index from {@code from} on at which {@code value} stands; it must be there. */
  static int indexOf(float value, float[] x, int from, int n) {
    int i = from;
    for (; i <= n - LANES; i += LANES) {
      VectorMask<Float> here = FloatVector.fromArray(F, x, i).eq(value);
      if (here.anyTrue()) {
        return i + here.firstTrue();
      }
    }
    while (x[i] != value) {
      i++;
    }
    return i;
  }
}
