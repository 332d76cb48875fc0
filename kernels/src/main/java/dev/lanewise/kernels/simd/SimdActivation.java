package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Element-wise operations over {@code [from, to)}. */
final class SimdActivation {
  private SimdActivation() {}

  static void swiglu(float[] gate, float[] up, float[] y, int from, int to) {
    int i = from;
    for (; i <= to - LANES; i += LANES) {
      SimdMath.silu(FloatVector.fromArray(F, gate, i))
          .mul(FloatVector.fromArray(F, up, i))
          .intoArray(y, i);
    }
    if (i < to) {
      VectorMask<Float> rest = F.indexInRange(i, to);
      SimdMath.silu(FloatVector.fromArray(F, gate, i, rest))
          .mul(FloatVector.fromArray(F, up, i, rest))
          .intoArray(y, i, rest);
    }
  }

  static void add(float[] x, float[] y, int from, int to) {
    int i = from;
    for (; i <= to - LANES; i += LANES) {
      FloatVector.fromArray(F, y, i).add(FloatVector.fromArray(F, x, i)).intoArray(y, i);
    }
    for (; i < to; i++) {
      y[i] += x[i];
    }
  }
}
