package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Elementary functions on vectors, with the same bits whether interpreted or compiled. They call
 * the Vector API directly: HotSpot inlines its methods into those that have grown large, but no
 * others.
 *
 * <p>Errors were measured against double precision at millions of floats from all of their range.
 * The polynomials and quotients are minimax fits made for this file (Lawson's reweighted least
 * squares), those of the exponentials and of tanh exact at 0. A comparison and a blend stand
 * wherever a maximum would do, because a maximum that honours NaN and −0 takes five instructions
 * more.
 */
final class SimdMath {
  /** log₂ e to 24 bits, and the rest of it. */
  static final float LOG2_E = 1.44269502f;

  private static final float LOG2_E_LOW = 1.92596303e-8f;

  /**
   * 1.5 · 2²³ + 127: adding it rounds to an integer that then stands in the low bits, 127 too
   * large, which is the exponent of a float.
   */
  static final float ROUNDING = 12583039f;

  /** Bits of a float below its exponent. */
  static final int EXPONENT = 23;

  private static final int SIGN = 0x80000000;

  /**
   * −2 · 127 · ln 2, where {@link #powerOfTwo} gives 0 for the root of eˣ. Long before, z · eᶻ is
   * 0.
   */
  private static final float LOGISTIC_UNDERFLOW = -176.05938f;

  /** Beyond, tanh x is ±1. */
  private static final float TANH_SATURATION = 9.02f;

  /** Beyond, the normal distribution is 0 or 1. */
  private static final float NORMAL_SATURATION = 5.6f;

  private static final float ROOT_2_OVER_PI = 0.797884561f;

  private SimdMath() {}

  /** 1 / (1 + e⁻ᶻ), at most 3.5e-7 relative off. */
  static FloatVector sigmoid(FloatVector z) {
    return logistic(z, FloatVector.broadcast(F, 1f));
  }

  /** z / (1 + e⁻ᶻ), at most 3.5e-7 relative off. */
  static FloatVector silu(FloatVector z) {
    return logistic(z, z);
  }

  /**
   * factor / (1 + e⁻ᶻ), for negative z factor · eᶻ / (1 + eᶻ), where eᶻ is the square of 2ⁿ · 2ᶠ,
   * so that nothing becomes denormal before the quotient does.
   */
  private static FloatVector logistic(FloatVector z, FloatVector factor) {
    FloatVector x = z.reinterpretAsInts().or(SIGN).reinterpretAsFloats();
    x = x.blend(LOGISTIC_UNDERFLOW, x.lt(LOGISTIC_UNDERFLOW));
    FloatVector shifted = x.fma(LOG2_E / 2, ROUNDING);
    FloatVector minusN = FloatVector.broadcast(F, ROUNDING).sub(shifted);
    FloatVector f = x.fma(FloatVector.broadcast(F, LOG2_E / 2), minusN);
    f = x.fma(FloatVector.broadcast(F, LOG2_E_LOW / 2), f);
    FloatVector p = f.fma(1.5353362e-4f, 1.33988739e-3f);
    p = p.fma(f, FloatVector.broadcast(F, 9.61843692e-3f));
    p = p.fma(f, FloatVector.broadcast(F, 5.55033237e-2f));
    p = p.fma(f, FloatVector.broadcast(F, 0.240226477f));
    p = p.fma(f, FloatVector.broadcast(F, 0.693147182f));
    p = p.fma(f, FloatVector.broadcast(F, 1f)).mul(powerOfTwo(shifted));
    FloatVector numerator = factor.blend(factor.mul(p).mul(p), z.lt(0f));
    return numerator.div(p.fma(p, FloatVector.broadcast(F, 1f)));
  }

  /** 2ⁿ of the n that {@link #ROUNDING} has moved to the low bits. */
  private static FloatVector powerOfTwo(FloatVector shifted) {
    return shifted
        .reinterpretAsInts()
        .lanewise(VectorOperators.LSHL, EXPONENT)
        .reinterpretAsFloats();
  }

  /** tanh x, at most 4e-7 relative off: x · P(x²) / Q(x²), and ±1 where that leaves its range. */
  static FloatVector tanh(FloatVector x) {
    FloatVector s = x.mul(x);
    FloatVector p = s.fma(1.33871545e-8f, 2.06378754e-5f);
    p = p.fma(s, FloatVector.broadcast(F, 3.49758193e-3f));
    p = p.fma(s, FloatVector.broadcast(F, 0.13382791f));
    p = p.fma(s, FloatVector.broadcast(F, 1f));
    FloatVector q = s.fma(7.79141715e-7f, 3.28872091e-4f);
    q = q.fma(s, FloatVector.broadcast(F, 2.58848332e-2f));
    q = q.fma(s, FloatVector.broadcast(F, 0.467161119f));
    q = q.fma(s, FloatVector.broadcast(F, 1f));
    return p.mul(x)
        .div(q)
        .blend(1f, x.compare(VectorOperators.GT, TANH_SATURATION))
        .blend(-1f, x.lt(-TANH_SATURATION));
  }

  /**
   * x · (1 + erf(x / √2)) / 2, at most 2.5e-7 · |x| off: erf(x / √2) / 2 is x · P(x²) / Q(x²) until
   * it is ±½.
   */
  static FloatVector gelu(FloatVector x) {
    FloatVector s = x.mul(x);
    FloatVector p = s.fma(2.21513723e-8f, 6.35642618e-6f);
    p = p.fma(s, FloatVector.broadcast(F, 1.73796434e-4f));
    p = p.fma(s, FloatVector.broadcast(F, 4.7069327e-3f));
    p = p.fma(s, FloatVector.broadcast(F, 3.43705043e-2f));
    p = p.fma(s, FloatVector.broadcast(F, 0.398942232f));
    FloatVector q = s.fma(1.18038133e-6f, 7.50859326e-5f);
    q = q.fma(s, FloatVector.broadcast(F, 1.91266929e-3f));
    q = q.fma(s, FloatVector.broadcast(F, 2.89369244e-2f));
    q = q.fma(s, FloatVector.broadcast(F, 0.252819806f));
    q = q.fma(s, FloatVector.broadcast(F, 1f));
    return p.mul(x)
        .div(q)
        .add(0.5f)
        .blend(1f, x.compare(VectorOperators.GT, NORMAL_SATURATION))
        .blend(0f, x.lt(-NORMAL_SATURATION))
        .mul(x);
  }

  /** x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))) / 2, at most 2.5e-7 · |x| off. */
  static FloatVector geluTanh(FloatVector x) {
    FloatVector slope = x.mul(x).fma(0.044715f * ROOT_2_OVER_PI, ROOT_2_OVER_PI);
    return tanh(slope.mul(x)).fma(0.5f, 0.5f).mul(x);
  }
}
