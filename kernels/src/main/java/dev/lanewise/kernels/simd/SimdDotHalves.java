package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.I;
import static dev.lanewise.kernels.simd.Species.LANES;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.NE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Dot products of rows of finite float16 numbers, two in every 32-bit lane.
 *
 * <p>The 15 bits below the sign, moved to the place of a float's, are the number times 2⁻¹¹² (also
 * a subnormal one), and x is multiplied by 2¹¹² beforehand: both are exact, and so is their
 * product. That leaves seven instructions for two vectors of weights, and three to look for
 * exponents of all ones, which stand for no finite number: such rows are left to {@link SimdDot}.
 */
final class SimdDotHalves {
  private static final float GAIN = 0x1p112f;

  /** Above, x times the gain would be infinite. */
  private static final float MAX = 0x1p15f;

  private static final int EXPONENTS = 0x7C007C00;

  /** Carries out of an exponent of all ones, and of no other. */
  private static final int CARRY = 0x04000400;

  private SimdDotHalves() {}

  /**
   * Writes x [k] as rows want it: of every 2 · LANES columns the even ones, then the odd ones.
   *
   * @return whether rows can be multiplied so: k is a multiple of 2 · LANES, x is of moderate size
   */
  static boolean prepare(float[] x, int xo, int k, float[] prepared) {
    if (k % (2 * LANES) != 0) {
      return false;
    }
    boolean moderate = true;
    for (int b = 0; b < k; b += 2 * LANES) {
      for (int j = 0; j < LANES; j++) {
        float even = x[xo + b + 2 * j];
        float odd = x[xo + b + 2 * j + 1];
        moderate &= Math.abs(even) < MAX && Math.abs(odd) < MAX;
        prepared[b + j] = even * GAIN;
        prepared[b + LANES + j] = odd * GAIN;
      }
    }
    return moderate;
  }

  /**
   * Leaves the sums of one row in LANES lanes, or returns false if a number in it is not finite.
   *
   * @param x what {@link #prepare} made
   */
  static boolean row(MemorySegment w, long offset, float[] x, int k, float[] lanes, int out) {
    FloatVector even = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector odd = even;
    IntVector carries = IntVector.zero(I);
    for (int i = 0; i < k; i += 2 * LANES) {
      IntVector v = Species.ints(w, offset + 2L * i);
      carries = v.and(EXPONENTS).add(CARRY).or(carries);
      FloatVector a = v.lanewise(LSHL, 16).lanewise(ASHR, 3).and(0x8FFFFFFF).reinterpretAsFloats();
      FloatVector b = v.lanewise(ASHR, 3).and(0x8FFFE000).reinterpretAsFloats();
      even = a.fma(FloatVector.fromArray(F, x, i), even);
      odd = b.fma(FloatVector.fromArray(F, x, i + LANES), odd);
    }
    Species.expectFaults(w, offset);
    even.add(odd).intoArray(lanes, out);
    return !carries.and(0x80008000).compare(NE, 0).anyTrue();
  }
}
