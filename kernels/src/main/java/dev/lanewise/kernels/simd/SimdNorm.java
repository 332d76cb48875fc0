package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import dev.lanewise.kernels.reference.ReferenceKernels;
import jdk.incubator.vector.FloatVector;

/** Normalisation of rows. */
final class SimdNorm {
  private SimdNorm() {}

  static void rmsNorm(float[] x, int at, float[] weight, float epsilon, float[] y, int n) {
    FloatVector squares = FloatVector.zero(F);
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      FloatVector v = FloatVector.fromArray(F, x, at + i);
      squares = v.fma(v, squares);
    }
    double sum = Species.sum(squares);
    for (; i < n; i++) {
      sum += x[at + i] * x[at + i];
    }
    if (!(sum < Float.MAX_VALUE)) { // the squares may have left the range of floats
      ReferenceKernels.rmsNormRow(x, at, weight, epsilon, y, n);
      return;
    }
    float scale = (float) (1 / Math.sqrt(sum / n + epsilon));
    for (i = 0; i <= n - LANES; i += LANES) {
      FloatVector.fromArray(F, x, at + i)
          .mul(scale)
          .mul(FloatVector.fromArray(F, weight, i))
          .intoArray(y, at + i);
    }
    for (; i < n; i++) {
      y[at + i] = x[at + i] * scale * weight[i];
    }
  }
}
