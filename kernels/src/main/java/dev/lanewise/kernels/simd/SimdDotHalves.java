package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.I;
import static dev.lanewise.kernels.simd.Species.LANES;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Dot products of rows of 16-bit floats, two in every 32-bit lane: the even columns of a row become
 * one vector, the odd ones another, so x is brought into that order once for all rows.
 *
 * <p>bfloat16: a shift and a mask, for any numbers. float16, finite numbers alone: the 15 bits
 * below the sign, moved to the place of a float's, are the number times 2⁻¹¹² (also a subnormal
 * one), and x is multiplied by 2¹¹² beforehand: both are exact, and so is their product. That
 * leaves seven instructions for two vectors of weights, and three to look for exponents of all
 * ones, which stand for no finite number: such rows are left to {@link SimdDot}.
 *
 * <p>Two or four rows at a time share the loads of x. Each row is added up in the same order, alone
 * or not. The loops call the Vector API and nothing else: with helpers between, which HotSpot may
 * or may not inline, one JVM in five kept vectors as objects.
 */
final class SimdDotHalves {
  private static final float GAIN = 0x1p112f;

  /** The bits below the signs of two float16; above {@link #FINITE} neither is finite. */
  private static final int MAGNITUDES = 0x7FFF7FFF;

  private static final short FINITE = 0x7BFF;

  private static final int UPPER_HALF = 0xFFFF0000;

  private static final int INFINITY = 0x7F800000;

  /** Every second lane, twice. */
  private static final VectorShuffle<Float> EVENS = VectorShuffle.fromOp(F, i -> (2 * i) % LANES);

  private static final VectorShuffle<Float> ODDS =
      VectorShuffle.fromOp(F, i -> (2 * i) % LANES + 1);

  private static final VectorMask<Float> UPPER = VectorMask.fromLong(F, -1L << (LANES / 2));

  private SimdDotHalves() {}

  /**
   * Writes x [k] as rows of float16 want it: of every 2 · LANES columns the even ones, then the odd
   * ones, times the gain.
   *
   * @return whether rows can be multiplied so: k is a multiple of 2 · LANES, x is of moderate size
   */
  static boolean prepare(float[] x, int xo, int k, float[] prepared) {
    return prepare(x, xo, k, GAIN, prepared) && finite(prepared, k);
  }

  /** The same for bfloat16, whatever the size of x. */
  static boolean prepareBrain(float[] x, int xo, int k, float[] prepared) {
    return prepare(x, xo, k, 1, prepared);
  }

  private static boolean prepare(float[] x, int xo, int k, float gain, float[] prepared) {
    if (k % (2 * LANES) != 0) {
      return false;
    }
    for (int b = 0; b < k; b += 2 * LANES) {
      FloatVector low = FloatVector.fromArray(F, x, xo + b).mul(gain);
      FloatVector high = FloatVector.fromArray(F, x, xo + b + LANES).mul(gain);
      low.rearrange(EVENS).blend(high.rearrange(EVENS), UPPER).intoArray(prepared, b);
      low.rearrange(ODDS).blend(high.rearrange(ODDS), UPPER).intoArray(prepared, b + LANES);
    }
    return true;
  }

  /** Whether none of k numbers is infinite or NaN. */
  private static boolean finite(float[] x, int k) {
    IntVector top = IntVector.zero(I);
    for (int i = 0; i < k; i += LANES) {
      top = FloatVector.fromArray(F, x, i).reinterpretAsInts().and(Integer.MAX_VALUE).max(top);
    }
    return !top.compare(GE, INFINITY).anyTrue();
  }

  /**
   * Leaves the sums of one row of float16 in LANES lanes, or returns false if a number in it is not
   * finite.
   *
   * @param x what {@link #prepare} made
   */
  static boolean row(MemorySegment w, long offset, float[] x, int k, float[] lanes, int out) {
    FloatVector even = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector odd = even;
    ShortVector top = IntVector.zero(I).reinterpretAsShorts();
    for (int i = 0; i < k; i += 2 * LANES) {
      IntVector v = IntVector.fromMemorySegment(I, w, offset + 2L * i, LITTLE_ENDIAN);
      top = v.and(MAGNITUDES).reinterpretAsShorts().max(top);
      even =
          v.lanewise(LSHL, 16)
              .lanewise(ASHR, 3)
              .and(0x8FFFFFFF)
              .reinterpretAsFloats()
              .fma(FloatVector.fromArray(F, x, i), even);
      odd =
          v.lanewise(ASHR, 3)
              .and(0x8FFFE000)
              .reinterpretAsFloats()
              .fma(FloatVector.fromArray(F, x, i + LANES), odd);
    }
    Species.expectFaults(w, offset);
    even.add(odd).intoArray(lanes, out);
    return !top.compare(GT, FINITE).anyTrue();
  }

  /** The same for a row and the three after it, in 4 · LANES lanes. */
  static boolean rows(
      MemorySegment w, long offset, long rowBytes, float[] x, int k, float[] lanes, int out) {
    FloatVector evenA = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector oddA = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector evenB = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector oddB = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector evenC = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector oddC = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector evenD = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector oddD = FloatVector.fromArray(F, Species.ZEROS, 0);
    ShortVector top = IntVector.zero(I).reinterpretAsShorts();
    for (int i = 0; i < k; i += 2 * LANES) {
      long at = offset + 2L * i;
      FloatVector xEven = FloatVector.fromArray(F, x, i);
      FloatVector xOdd = FloatVector.fromArray(F, x, i + LANES);
      IntVector v = IntVector.fromMemorySegment(I, w, at, LITTLE_ENDIAN);
      top = v.and(MAGNITUDES).reinterpretAsShorts().max(top);
      evenA =
          v.lanewise(LSHL, 16)
              .lanewise(ASHR, 3)
              .and(0x8FFFFFFF)
              .reinterpretAsFloats()
              .fma(xEven, evenA);
      oddA = v.lanewise(ASHR, 3).and(0x8FFFE000).reinterpretAsFloats().fma(xOdd, oddA);
      v = IntVector.fromMemorySegment(I, w, at + rowBytes, LITTLE_ENDIAN);
      top = v.and(MAGNITUDES).reinterpretAsShorts().max(top);
      evenB =
          v.lanewise(LSHL, 16)
              .lanewise(ASHR, 3)
              .and(0x8FFFFFFF)
              .reinterpretAsFloats()
              .fma(xEven, evenB);
      oddB = v.lanewise(ASHR, 3).and(0x8FFFE000).reinterpretAsFloats().fma(xOdd, oddB);
      v = IntVector.fromMemorySegment(I, w, at + 2 * rowBytes, LITTLE_ENDIAN);
      top = v.and(MAGNITUDES).reinterpretAsShorts().max(top);
      evenC =
          v.lanewise(LSHL, 16)
              .lanewise(ASHR, 3)
              .and(0x8FFFFFFF)
              .reinterpretAsFloats()
              .fma(xEven, evenC);
      oddC = v.lanewise(ASHR, 3).and(0x8FFFE000).reinterpretAsFloats().fma(xOdd, oddC);
      v = IntVector.fromMemorySegment(I, w, at + 3 * rowBytes, LITTLE_ENDIAN);
      top = v.and(MAGNITUDES).reinterpretAsShorts().max(top);
      evenD =
          v.lanewise(LSHL, 16)
              .lanewise(ASHR, 3)
              .and(0x8FFFFFFF)
              .reinterpretAsFloats()
              .fma(xEven, evenD);
      oddD = v.lanewise(ASHR, 3).and(0x8FFFE000).reinterpretAsFloats().fma(xOdd, oddD);
    }
    Species.expectFaults(w, offset);
    evenA.add(oddA).intoArray(lanes, out);
    evenB.add(oddB).intoArray(lanes, out + LANES);
    evenC.add(oddC).intoArray(lanes, out + 2 * LANES);
    evenD.add(oddD).intoArray(lanes, out + 3 * LANES);
    return !top.compare(GT, FINITE).anyTrue();
  }

  /** Leaves the sums of one row of bfloat16 in LANES lanes. */
  static void brainRow(MemorySegment w, long offset, float[] x, int k, float[] lanes, int out) {
    FloatVector even = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector odd = even;
    for (int i = 0; i < k; i += 2 * LANES) {
      IntVector v = IntVector.fromMemorySegment(I, w, offset + 2L * i, LITTLE_ENDIAN);
      even = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(FloatVector.fromArray(F, x, i), even);
      odd =
          v.and(UPPER_HALF).reinterpretAsFloats().fma(FloatVector.fromArray(F, x, i + LANES), odd);
    }
    Species.expectFaults(w, offset);
    even.add(odd).intoArray(lanes, out);
  }

  /** The same for a row and the three after it, in 4 · LANES lanes. */
  static void brainRows(
      MemorySegment w, long offset, long rowBytes, float[] x, int k, float[] lanes, int out) {
    FloatVector evenA = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector oddA = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector evenB = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector oddB = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector evenC = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector oddC = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector evenD = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector oddD = FloatVector.fromArray(F, Species.ZEROS, 0);
    for (long i = 0; i < k; i += 2 * LANES) {
      long at = offset + 2 * i;
      FloatVector xEven = FloatVector.fromArray(F, x, (int) i);
      FloatVector xOdd = FloatVector.fromArray(F, x, (int) i + LANES);
      IntVector v = IntVector.fromMemorySegment(I, w, at, LITTLE_ENDIAN);
      evenA = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(xEven, evenA);
      oddA = v.and(UPPER_HALF).reinterpretAsFloats().fma(xOdd, oddA);
      v = IntVector.fromMemorySegment(I, w, at + rowBytes, LITTLE_ENDIAN);
      evenB = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(xEven, evenB);
      oddB = v.and(UPPER_HALF).reinterpretAsFloats().fma(xOdd, oddB);
      v = IntVector.fromMemorySegment(I, w, at + 2 * rowBytes, LITTLE_ENDIAN);
      evenC = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(xEven, evenC);
      oddC = v.and(UPPER_HALF).reinterpretAsFloats().fma(xOdd, oddC);
      v = IntVector.fromMemorySegment(I, w, at + 3 * rowBytes, LITTLE_ENDIAN);
      evenD = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(xEven, evenD);
      oddD = v.and(UPPER_HALF).reinterpretAsFloats().fma(xOdd, oddD);
    }
    Species.expectFaults(w, offset);
    evenA.add(oddA).intoArray(lanes, out);
    evenB.add(oddB).intoArray(lanes, out + LANES);
    evenC.add(oddC).intoArray(lanes, out + 2 * LANES);
    evenD.add(oddD).intoArray(lanes, out + 3 * LANES);
  }
}
