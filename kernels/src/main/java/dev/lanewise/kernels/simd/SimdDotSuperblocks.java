package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.SimdDot.high;
import static dev.lanewise.kernels.simd.SimdDot.low;
import static dev.lanewise.kernels.simd.SimdDot.sums;
import static dev.lanewise.kernels.simd.SimdDot.x;
import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** {@link SimdDot} for the types with superblocks of 256 elements. */
final class SimdDotSuperblocks {
  private static final int SIX_BITS = 0x3F3F3F3F;
  private static final int FOUR_BITS = 0x0F0F0F0F;
  private static final int TWO_BITS = 0x03030303;

  private SimdDotSuperblocks() {}

  static float q4_K(MemorySegment w, long offset, float[] x, int xo, float[] sums, int k) {
    FloatVector acc = FloatVector.zero(F);
    for (int b = 0; b < k / 256; b++) {
      long block = offset + b * 144L;
      float d = Species.half(w, block);
      float min = -Species.half(w, block + 2);
      long scales = scales(w, block + 4);
      long mins = mins(w, block + 4);
      for (int c = 0; c < 4; c++) {
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = FloatVector.zero(F);
        int at = xo + b * 256 + c * 64;
        for (int j = 0; j < 32; j += LANES) {
          IntVector q = Species.unsignedBytes(w, block + 16 + c * 32L + j);
          s0 = low(q).fma(x(x, at + j), s0);
          s1 = high(q).fma(x(x, at + 32 + j), s1);
        }
        acc = add(acc, s0, s1, sums, b * 8 + c * 2, d, min, scales, mins, c * 16);
      }
    }
    return Species.sum(acc);
  }

  static float q5_K(MemorySegment w, long offset, float[] x, int xo, float[] sums, int k) {
    FloatVector acc = FloatVector.zero(F);
    for (int b = 0; b < k / 256; b++) {
      long block = offset + b * 176L;
      float d = Species.half(w, block);
      float min = -Species.half(w, block + 2);
      long scales = scales(w, block + 4);
      long mins = mins(w, block + 4);
      for (int c = 0; c < 4; c++) {
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = FloatVector.zero(F);
        int at = xo + b * 256 + c * 64;
        for (int j = 0; j < 32; j += LANES) {
          IntVector q = Species.unsignedBytes(w, block + 48 + c * 32L + j);
          IntVector h =
              Species.unsignedBytes(w, block + 16 + j).lanewise(VectorOperators.LSHR, 2 * c);
          IntVector h0 = h.and(1).lanewise(VectorOperators.LSHL, 4);
          IntVector h1 = h.and(2).lanewise(VectorOperators.LSHL, 3);
          s0 = Species.toFloats(q.and(15).or(h0)).fma(x(x, at + j), s0);
          s1 =
              Species.toFloats(q.lanewise(VectorOperators.LSHR, 4).or(h1))
                  .fma(x(x, at + 32 + j), s1);
        }
        acc = add(acc, s0, s1, sums, b * 8 + c * 2, d, min, scales, mins, c * 16);
      }
    }
    return Species.sum(acc);
  }

  /** Scales two sub-blocks: acc + d·scale·s − dmin·min·Σx for each. */
  private static FloatVector add(
      FloatVector acc,
      FloatVector s0,
      FloatVector s1,
      float[] sums,
      int sub,
      float d,
      float min,
      long scales,
      long mins,
      int shift) {
    acc = s0.fma(scaled(d, scales >>> shift), acc);
    acc = s1.fma(scaled(d, scales >>> (shift + 8)), acc);
    acc = sums(sums, sub).fma(scaled(min, mins >>> shift), acc);
    return sums(sums, sub + 1).fma(scaled(min, mins >>> (shift + 8)), acc);
  }

  private static FloatVector scaled(float d, long scales) {
    return FloatVector.broadcast(F, d * ((int) scales & 0xFF));
  }

  /** The eight six-bit scales of a superblock, a byte each. */
  private static long scales(MemorySegment w, long offset) {
    int first = Species.word(w, offset);
    int last = Species.word(w, offset + 8);
    int high = (last & FOUR_BITS) | ((first >>> 6) & TWO_BITS) << 4;
    return (long) high << 32 | (first & SIX_BITS);
  }

  /** The eight six-bit minima of a superblock, a byte each. */
  private static long mins(MemorySegment w, long offset) {
    int first = Species.word(w, offset + 4);
    int last = Species.word(w, offset + 8);
    int high = ((last >>> 4) & FOUR_BITS) | ((first >>> 6) & TWO_BITS) << 4;
    return (long) high << 32 | (first & SIX_BITS);
  }

  static float q6_K(MemorySegment w, long offset, float[] x, int xo, float[] sums, int k) {
    FloatVector acc = FloatVector.zero(F);
    for (int b = 0; b < k / 256; b++) {
      long block = offset + b * 210L;
      float d = Species.half(w, block + 208);
      for (int part = 0; part < 4; part++) { // half · 2 + (first or second 16 of each run)
        int half = part >>> 1;
        int first = 16 * (part & 1);
        long ql = block + 64L * half + first;
        long qh = block + 128 + 32L * half + first;
        int at = b * 256 + 128 * half + first;
        FloatVector s0 = x(sums, at / 16 * LANES).mul(-32f);
        FloatVector s1 = x(sums, (at / 16 + 2) * LANES).mul(-32f);
        FloatVector s2 = x(sums, (at / 16 + 4) * LANES).mul(-32f);
        FloatVector s3 = x(sums, (at / 16 + 6) * LANES).mul(-32f);
        for (int j = 0; j < 16; j += LANES) {
          IntVector q02 = Species.unsignedBytes(w, ql + j);
          IntVector q13 = Species.unsignedBytes(w, ql + 32 + j);
          IntVector h = Species.unsignedBytes(w, qh + j).lanewise(VectorOperators.LSHL, 4);
          s0 = six(q02.and(15), h).fma(x(x, xo + at + j), s0);
          s1 =
              six(q13.and(15), h.lanewise(VectorOperators.LSHR, 2)).fma(x(x, xo + at + 32 + j), s1);
          s2 =
              six(q02.lanewise(VectorOperators.LSHR, 4), h.lanewise(VectorOperators.LSHR, 4))
                  .fma(x(x, xo + at + 64 + j), s2);
          s3 =
              six(q13.lanewise(VectorOperators.LSHR, 4), h.lanewise(VectorOperators.LSHR, 6))
                  .fma(x(x, xo + at + 96 + j), s3);
        }
        long scale = block + 192 + 8L * half + (part & 1);
        acc = s0.fma(scaled(w, scale, d), acc);
        acc = s1.fma(scaled(w, scale + 2, d), acc);
        acc = s2.fma(scaled(w, scale + 4, d), acc);
        acc = s3.fma(scaled(w, scale + 6, d), acc);
      }
    }
    return Species.sum(acc);
  }

  private static FloatVector six(IntVector low, IntVector high) {
    return Species.toFloats(high.and(0x30).or(low));
  }

  private static FloatVector scaled(MemorySegment w, long offset, float d) {
    return FloatVector.broadcast(F, d * Species.signedByte(w, offset));
  }
}
