package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.SimdMath.EXPONENT;
import static dev.lanewise.kernels.simd.SimdMath.LOG2_E;
import static dev.lanewise.kernels.simd.SimdMath.ROUNDING;
import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.UMIN;

import jdk.incubator.vector.FloatVector;

/**
 * The innermost loop of softmax: e^(x − max) and the sum of these.
 *
 * <p>At most 2 ulp + 1.3e-8 · |x − max| off: 2ⁿ · 2ᶠ with n the integer next to (x − max) · log₂ e
 * (Cody and Waite 1980) and a minimax polynomial for 2ᶠ. From n = −127 on the result is 0, which no
 * sum can tell. −∞ gives 0; what NaN gives is not defined.
 *
 * <p>One vector at a time: written out for two or four, each took a quarter to a half longer, as
 * HotSpot held the addresses in vector registers. The last one, of what is left of a row, is
 * written out because HotSpot compiles a method of more than 325 bytes on its own: inlined into its
 * caller, the loop took a quarter longer.
 */
final class ExpKernel {
  /**
   * The bits of −127 · ln 2, where the power of two is 0. As unsigned integers, those of 0 are less
   * and those of any number below are more.
   */
  private static final int UNDERFLOW = Float.floatToRawIntBits(-88.02969f);

  private ExpKernel() {}

  /**
   * y = e^(x − max) for rows of n elements; leaves the sums of each row in LANES lanes.
   *
   * @param stride from one row to the next, in x and y
   * @param max of each row, at least as large as every x in it
   * @param tail scratch, LANES floats
   */
  static void run(
      float[] x,
      int xo,
      float[] y,
      int yo,
      int stride,
      int rows,
      int n,
      float[] max,
      float[] sums,
      float[] tail) {
    int left = n % LANES;
    for (int r = 0; r < rows; r++) {
      int from = xo + r * stride;
      int to = yo + r * stride;
      float top = max[r];
      FloatVector sum = FloatVector.fromArray(F, Species.ZEROS, 0);
      int i = 0;
      for (; i < n - left; i += LANES) {
        FloatVector a = FloatVector.fromArray(F, x, from + i).sub(top);
        a = a.reinterpretAsInts().lanewise(UMIN, UNDERFLOW).reinterpretAsFloats();
        FloatVector shifted = a.fma(LOG2_E, ROUNDING);
        FloatVector minusN = FloatVector.broadcast(F, ROUNDING).sub(shifted);
        FloatVector f = a.fma(FloatVector.broadcast(F, LOG2_E), minusN);
        FloatVector p = f.fma(1.32647273e-3f, 9.67151299e-3f);
        p = p.fma(f, FloatVector.broadcast(F, 5.55073358e-2f));
        p = p.fma(f, FloatVector.broadcast(F, 0.240222424f));
        p = p.fma(f, FloatVector.broadcast(F, 0.693147004f));
        p = p.fma(f, FloatVector.broadcast(F, 1f));
        p = p.mul(shifted.reinterpretAsInts().lanewise(LSHL, EXPONENT).reinterpretAsFloats());
        p.intoArray(y, to + i);
        sum = sum.add(p);
      }
      sum.intoArray(sums, r * LANES);
      if (left > 0) { // makes a vector with −∞, whose exponentials add nothing to the sums
        for (int j = 0; j < LANES; j++) {
          tail[j] = j < left ? x[from + i + j] : Float.NEGATIVE_INFINITY;
        }
        FloatVector a = FloatVector.fromArray(F, tail, 0).sub(top);
        a = a.reinterpretAsInts().lanewise(UMIN, UNDERFLOW).reinterpretAsFloats();
        FloatVector shifted = a.fma(LOG2_E, ROUNDING);
        FloatVector minusN = FloatVector.broadcast(F, ROUNDING).sub(shifted);
        FloatVector f = a.fma(FloatVector.broadcast(F, LOG2_E), minusN);
        FloatVector p = f.fma(1.32647273e-3f, 9.67151299e-3f);
        p = p.fma(f, FloatVector.broadcast(F, 5.55073358e-2f));
        p = p.fma(f, FloatVector.broadcast(F, 0.240222424f));
        p = p.fma(f, FloatVector.broadcast(F, 0.693147004f));
        p = p.fma(f, FloatVector.broadcast(F, 1f));
        p = p.mul(shifted.reinterpretAsInts().lanewise(LSHL, EXPONENT).reinterpretAsFloats());
        p.intoArray(tail, 0);
        for (int j = 0; j < left; j++) {
          y[to + i + j] = tail[j];
        }
        p.add(FloatVector.fromArray(F, sums, r * LANES)).intoArray(sums, r * LANES);
      }
    }
  }
}
