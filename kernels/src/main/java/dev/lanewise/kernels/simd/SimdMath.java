package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Elementary functions on vectors, with the same bits whether interpreted or compiled. They call
 * the Vector API directly: HotSpot inlines its methods into those that have grown large, but no
 * others.
 */
final class SimdMath {
  private static final float LOG2_E = 1.44269504f;

  /** ln 2 in two parts: the first has few enough bits that n · LN2_HIGH is exact. */
  private static final float LN2_HIGH = 0.693359375f;

  private static final float LN2_LOW = -2.12194440e-4f;

  /** 1.5 · 2²³: adding it rounds to an integer that then stands in the low bits. */
  private static final float ROUNDING = 12582912f;

  /** Below, eˣ is no normal number. */
  private static final float UNDERFLOW = -87.33654f;

  /** Below, z · eᶻ is less than half of the smallest float, and 2ⁿ⸍² is still a normal number. */
  private static final float SILU_UNDERFLOW = -150f;

  private SimdMath() {}

  /**
   * eˣ for x ≤ 0, at most 2 ulp off: x = n·ln2 + r with |r| ≤ ln2 / 2 (Cody and Waite 1980), then
   * the polynomial of Moshier's Cephes expf for eʳ, whose exponent n is added to. Results that
   * would be denormal are 0, which no sum of a softmax can tell. NaN gives NaN, −∞ gives 0.
   */
  static FloatVector expNonPositive(FloatVector x) {
    FloatVector shifted = x.fma(LOG2_E, ROUNDING);
    FloatVector p = mantissa(x, shifted.sub(ROUNDING));
    IntVector n = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    return p.reinterpretAsInts().add(n).reinterpretAsFloats().blend(0f, x.lt(UNDERFLOW));
  }

  /**
   * z / (1 + e⁻ᶻ), at most 4 ulp off. For negative z it is z · eᶻ / (1 + eᶻ), where z is multiplied
   * in before eᶻ can become denormal.
   */
  static FloatVector silu(FloatVector z) {
    FloatVector x = z.abs().neg();
    FloatVector bounded = x.max(SILU_UNDERFLOW);
    FloatVector shifted = bounded.fma(LOG2_E, ROUNDING);
    IntVector n = shifted.reinterpretAsInts().sub(Float.floatToRawIntBits(ROUNDING));
    FloatVector p = mantissa(bounded, shifted.sub(ROUNDING)).blend(0f, x.lt(SILU_UNDERFLOW));
    FloatVector high = powerOfTwo(n.lanewise(VectorOperators.ASHR, 1));
    FloatVector low = powerOfTwo(n.sub(n.lanewise(VectorOperators.ASHR, 1)));
    FloatVector numerator = p.mul(z).mul(high).mul(low);
    return z.blend(numerator, z.lt(0f)).div(p.mul(high).mul(low).add(1f));
  }

  /** e^r of x = n · ln 2 + r. */
  private static FloatVector mantissa(FloatVector x, FloatVector n) {
    FloatVector r = n.fma(FloatVector.broadcast(F, -LN2_HIGH), x);
    r = n.fma(FloatVector.broadcast(F, -LN2_LOW), r);
    FloatVector p = r.fma(1.9875691500e-4f, 1.3981999507e-3f);
    p = p.fma(r, FloatVector.broadcast(F, 8.3334519073e-3f));
    p = p.fma(r, FloatVector.broadcast(F, 4.1665795894e-2f));
    p = p.fma(r, FloatVector.broadcast(F, 1.6666665459e-1f));
    p = p.fma(r, FloatVector.broadcast(F, 5.0000001201e-1f));
    return p.fma(r.mul(r), r).add(1f);
  }

  private static FloatVector powerOfTwo(IntVector n) {
    return n.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
  }
}
