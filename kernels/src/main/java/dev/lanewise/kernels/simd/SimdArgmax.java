package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Where the largest elements are. */
final class SimdArgmax {
  private SimdArgmax() {}

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
