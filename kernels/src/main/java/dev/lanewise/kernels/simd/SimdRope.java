package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import jdk.incubator.vector.FloatVector;

/** Rotary position embedding of one row of heads. */
final class SimdRope {
  private SimdRope() {}

  /**
   * Pairs (2j, 2j + 1). Plain loops: the work is small beside the projections around it, and
   * shuffling pairs apart and together again costs as much as it saves.
   */
  static void adjacent(
      float[] x, int xo, float[] cos, float[] sin, int co, int heads, int headDim, int rotaryDim) {
    for (int h = 0; h < heads; h++) {
      int at = xo + h * headDim;
      for (int j = 0; j < rotaryDim / 2; j++) {
        float a = x[at + 2 * j];
        float b = x[at + 2 * j + 1];
        x[at + 2 * j] = a * cos[co + j] - b * sin[co + j];
        x[at + 2 * j + 1] = a * sin[co + j] + b * cos[co + j];
      }
    }
  }

  /** Pairs (j, j + rotaryDim / 2). */
  static void half(
      float[] x, int xo, float[] cos, float[] sin, int co, int heads, int headDim, int rotaryDim) {
    int r = rotaryDim / 2;
    for (int h = 0; h < heads; h++) {
      int at = xo + h * headDim;
      int j = 0;
      for (; j <= r - LANES; j += LANES) {
        FloatVector a = FloatVector.fromArray(F, x, at + j);
        FloatVector b = FloatVector.fromArray(F, x, at + r + j);
        FloatVector c = FloatVector.fromArray(F, cos, co + j);
        FloatVector s = FloatVector.fromArray(F, sin, co + j);
        a.mul(c).sub(b.mul(s)).intoArray(x, at + j);
        a.mul(s).add(b.mul(c)).intoArray(x, at + r + j);
      }
      for (; j < r; j++) {
        float a = x[at + j];
        float b = x[at + r + j];
        x[at + j] = a * cos[co + j] - b * sin[co + j];
        x[at + r + j] = a * sin[co + j] + b * cos[co + j];
      }
    }
  }
}
