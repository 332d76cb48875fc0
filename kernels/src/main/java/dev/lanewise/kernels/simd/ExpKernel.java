package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.SimdMath.EXPONENT;
import static dev.lanewise.kernels.simd.SimdMath.LOG2_E;
import static dev.lanewise.kernels.simd.SimdMath.ROUNDING;
import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;
import static jdk.incubator.vector.VectorOperators.LSHL;

import jdk.incubator.vector.FloatVector;

/**
 * The innermost loop of softmax: e^(x − max) and the sum of these.
 *
 * <p>At most 2 ulp + 1.3e-8 · |x − max| off: 2ⁿ · 2ᶠ with n the integer next to (x − max) · log₂ e
 * (Cody and Waite 1980) and a minimax polynomial for 2ᶠ. From n = −127 on the result is 0, which no
 * sum can tell. NaN gives NaN, −∞ gives 0.
 *
 * <p>Two vectors at a time, written out: with more than 325 bytes HotSpot compiles this method on
 * its own. Inlined into its caller it kept the sums as objects in every other JVM.
 */
final class ExpKernel {
  /** −127 · ln 2, where the power of two is 0. */
  private static final float UNDERFLOW = -88.02969f;

  private ExpKernel() {}

  /**
   * y = e^(x − max) for rows of n elements, a multiple of LANES; leaves the sums of each row in
   * LANES lanes.
   *
   * @param stride from one row to the next, in x and y
   * @param max of each row, at least as large as every x in it that is a number
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
      float[] sums) {
    for (int r = 0; r < rows; r++) {
      int from = xo + r * stride;
      int to = yo + r * stride;
      float top = max[r];
      FloatVector sumA = FloatVector.fromArray(F, Species.ZEROS, 0);
      FloatVector sumB = FloatVector.fromArray(F, Species.ZEROS, 0);
      int i = 0;
      for (; i <= n - 2 * LANES; i += 2 * LANES) {
        FloatVector a = FloatVector.fromArray(F, x, from + i).sub(top);
        FloatVector b = FloatVector.fromArray(F, x, from + i + LANES).sub(top);
        a = a.blend(UNDERFLOW, a.lt(UNDERFLOW));
        b = b.blend(UNDERFLOW, b.lt(UNDERFLOW));
        FloatVector shiftedA = a.fma(LOG2_E, ROUNDING);
        FloatVector shiftedB = b.fma(LOG2_E, ROUNDING);
        FloatVector minusA = FloatVector.broadcast(F, ROUNDING).sub(shiftedA);
        FloatVector minusB = FloatVector.broadcast(F, ROUNDING).sub(shiftedB);
        FloatVector f = a.fma(FloatVector.broadcast(F, LOG2_E), minusA);
        FloatVector g = b.fma(FloatVector.broadcast(F, LOG2_E), minusB);
        FloatVector p = f.fma(1.32647273e-3f, 9.67151299e-3f);
        FloatVector q = g.fma(1.32647273e-3f, 9.67151299e-3f);
        p = p.fma(f, FloatVector.broadcast(F, 5.55073358e-2f));
        q = q.fma(g, FloatVector.broadcast(F, 5.55073358e-2f));
        p = p.fma(f, FloatVector.broadcast(F, 0.240222424f));
        q = q.fma(g, FloatVector.broadcast(F, 0.240222424f));
        p = p.fma(f, FloatVector.broadcast(F, 0.693147004f));
        q = q.fma(g, FloatVector.broadcast(F, 0.693147004f));
        p = p.fma(f, FloatVector.broadcast(F, 1f));
        q = q.fma(g, FloatVector.broadcast(F, 1f));
        p = p.mul(shiftedA.reinterpretAsInts().lanewise(LSHL, EXPONENT).reinterpretAsFloats());
        q = q.mul(shiftedB.reinterpretAsInts().lanewise(LSHL, EXPONENT).reinterpretAsFloats());
        p.intoArray(y, to + i);
        q.intoArray(y, to + i + LANES);
        sumA = sumA.add(p);
        sumB = sumB.add(q);
      }
      if (i < n) {
        FloatVector a = FloatVector.fromArray(F, x, from + i).sub(top);
        a = a.blend(UNDERFLOW, a.lt(UNDERFLOW));
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
        sumA = sumA.add(p);
      }
      sumA.add(sumB).intoArray(sums, r * LANES);
    }
  }
}
