package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.I;
import static dev.lanewise.kernels.simd.Species.LANES;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.NE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

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

  /** Above, x times the gain would be infinite. */
  private static final float MAX = 0x1p15f;

  private static final int EXPONENTS = 0x7C007C00;

  /** Carries out of an exponent of all ones, and of no other. */
  private static final int CARRY = 0x04000400;

  private static final int CARRIED = 0x80008000;
  private static final int UPPER_HALF = 0xFFFF0000;

  private SimdDotHalves() {}

  /**
   * Writes x [k] as rows of float16 want it: of every 2 · LANES columns the even ones, then the odd
   * ones, times the gain.
   *
   * @return whether rows can be multiplied so: k is a multiple of 2 · LANES, x is of moderate size
   */
  static boolean prepare(float[] x, int xo, int k, float[] prepared) {
    boolean moderate = true;
    for (int i = 0; i < k; i++) {
      moderate &= Math.abs(x[xo + i]) < MAX;
    }
    return moderate && prepare(x, xo, k, GAIN, prepared);
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
      for (int j = 0; j < LANES; j++) {
        prepared[b + j] = x[xo + b + 2 * j] * gain;
        prepared[b + LANES + j] = x[xo + b + 2 * j + 1] * gain;
      }
    }
    return true;
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
    IntVector carries = IntVector.zero(I);
    for (int i = 0; i < k; i += 2 * LANES) {
      IntVector v = IntVector.fromMemorySegment(I, w, offset + 2L * i, LITTLE_ENDIAN);
      carries = v.and(EXPONENTS).add(CARRY).or(carries);
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
    return !carries.and(CARRIED).compare(NE, 0).anyTrue();
  }

  /** The same for a row and the one after it, in 2 · LANES lanes. */
  static boolean rows(
      MemorySegment w, long offset, long rowBytes, float[] x, int k, float[] lanes, int out) {
    FloatVector evenA = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector oddA = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector evenB = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector oddB = FloatVector.fromArray(F, Species.ZEROS, 0);
    IntVector carries = IntVector.zero(I);
    for (int i = 0; i < k; i += 2 * LANES) {
      FloatVector xEven = FloatVector.fromArray(F, x, i);
      FloatVector xOdd = FloatVector.fromArray(F, x, i + LANES);
      IntVector v = IntVector.fromMemorySegment(I, w, offset + 2L * i, LITTLE_ENDIAN);
      carries = v.and(EXPONENTS).add(CARRY).or(carries);
      evenA =
          v.lanewise(LSHL, 16)
              .lanewise(ASHR, 3)
              .and(0x8FFFFFFF)
              .reinterpretAsFloats()
              .fma(xEven, evenA);
      oddA = v.lanewise(ASHR, 3).and(0x8FFFE000).reinterpretAsFloats().fma(xOdd, oddA);
      v = IntVector.fromMemorySegment(I, w, offset + rowBytes + 2L * i, LITTLE_ENDIAN);
      carries = v.and(EXPONENTS).add(CARRY).or(carries);
      evenB =
          v.lanewise(LSHL, 16)
              .lanewise(ASHR, 3)
              .and(0x8FFFFFFF)
              .reinterpretAsFloats()
              .fma(xEven, evenB);
      oddB = v.lanewise(ASHR, 3).and(0x8FFFE000).reinterpretAsFloats().fma(xOdd, oddB);
    }
    Species.expectFaults(w, offset);
    evenA.add(oddA).intoArray(lanes, out);
    evenB.add(oddB).intoArray(lanes, out + LANES);
    return !carries.and(CARRIED).compare(NE, 0).anyTrue();
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
    for (int i = 0; i < k; i += 2 * LANES) {
      long at = offset + 2L * i;
      FloatVector xEven = FloatVector.fromArray(F, x, i);
      FloatVector xOdd = FloatVector.fromArray(F, x, i + LANES);
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
