package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.quant.InterleavedFormat.WORD;
import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.I;
import static dev.lanewise.kernels.simd.Species.LANES;
import static dev.lanewise.kernels.simd.Species.S;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.OR;
import static jdk.incubator.vector.VectorOperators.S2I;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.quant.Interleaved;
import dev.lanewise.kernels.quant.InterleavedFormat;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/**
 * Dequantisation with vectors for the types whose plain loops would slow a matrix product down.
 * Same arithmetic as the type's {@link dev.lanewise.kernels.BlockFormat}, hence the same bits; a
 * type without a case here runs through that.
 */
final class SimdDequantise {
  private static final int NIBBLES = 0x0F0F0F0F;

  private SimdDequantise() {}

  /** Writes {@code n} values, a multiple of the type's block size, to {@code y[yo ..]}. */
  static void run(DType dtype, MemorySegment w, long offset, float[] y, int yo, int n) {
    switch (dtype) {
      case F32 -> f32(w, offset, y, yo, n);
      case F16 -> f16(w, offset, y, yo, n);
      case BF16 -> bf16(w, offset, y, yo, n);
      case Q4_0 -> q4_0(w, offset, y, yo, n);
      case Q4_1 -> q4_1(w, offset, y, yo, n);
      case Q5_0 -> q5_0(w, offset, y, yo, n);
      case Q8_0 -> q8_0(w, offset, y, yo, n);
      default -> dtype.format().dequantise(w, offset, y, yo, n);
    }
  }

  /** Decodes one row of a matrix into {@code y[yo ..]}. */
  static void row(Matrix w, int row, float[] y, int yo) {
    if (w.layout() == Matrix.Layout.INTERLEAVED) {
      w.row(row, y, yo);
    } else {
      run(w.dtype(), w.data(), row * w.rowBytes(), y, yo, w.cols());
    }
  }

  private static void f32(MemorySegment w, long offset, float[] y, int yo, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      Species.floats(w, offset + 4L * i).intoArray(y, yo + i);
    }
    Species.expectFaults(w, offset);
    DType.F32.format().dequantise(w, offset + 4L * i, y, yo + i, n - i);
  }

  private static void f16(MemorySegment w, long offset, float[] y, int yo, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      halves(w, offset + 2L * i).intoArray(y, yo + i);
    }
    Species.expectFaults(w, offset);
    DType.F16.format().dequantise(w, offset + 2L * i, y, yo + i, n - i);
  }

  private static void bf16(MemorySegment w, long offset, float[] y, int yo, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      brainFloats(w, offset + 2L * i).intoArray(y, yo + i);
    }
    Species.expectFaults(w, offset);
    DType.BF16.format().dequantise(w, offset + 2L * i, y, yo + i, n - i);
  }

  /**
   * LANES float16 values. The 15 bits below the sign, moved to the place of a float's, are the
   * value times 2⁻¹¹² (also for subnormals); an exponent of all ones becomes one again.
   */
  static FloatVector halves(MemorySegment w, long offset) {
    IntVector h = Species.signedShorts(w, offset);
    FloatVector v = h.lanewise(LSHL, 13).and(0x8FFFE000).reinterpretAsFloats().mul(0x1p112f);
    IntVector special = h.and(0x7C00);
    return v.reinterpretAsInts().lanewise(OR, 0x7F800000, special.eq(0x7C00)).reinterpretAsFloats();
  }

  /** LANES bfloat16 values: the upper half of a float. */
  static FloatVector brainFloats(MemorySegment w, long offset) {
    return Species.signedShorts(w, offset).lanewise(LSHL, 16).reinterpretAsFloats();
  }

  private static void q4_0(MemorySegment w, long offset, float[] y, int yo, int n) {
    for (int b = 0; b < n; b += 32, offset += 18) {
      FloatVector d = FloatVector.broadcast(F, Species.half(w, offset));
      for (int j = 0; j < 16; j += LANES) {
        IntVector q = Species.unsignedBytes(w, offset + 2 + j);
        Species.toFloats(q.and(15).sub(8)).mul(d).intoArray(y, yo + b + j);
        Species.toFloats(q.lanewise(LSHR, 4).sub(8)).mul(d).intoArray(y, yo + b + 16 + j);
      }
    }
  }

  private static void q4_1(MemorySegment w, long offset, float[] y, int yo, int n) {
    for (int b = 0; b < n; b += 32, offset += 20) {
      FloatVector d = FloatVector.broadcast(F, Species.half(w, offset));
      FloatVector min = FloatVector.broadcast(F, Species.half(w, offset + 2));
      for (int j = 0; j < 16; j += LANES) {
        IntVector q = Species.unsignedBytes(w, offset + 4 + j);
        Species.toFloats(q.and(15)).mul(d).add(min).intoArray(y, yo + b + j);
        Species.toFloats(q.lanewise(LSHR, 4)).mul(d).add(min).intoArray(y, yo + b + 16 + j);
      }
    }
  }

  private static void q5_0(MemorySegment w, long offset, float[] y, int yo, int n) {
    for (int b = 0; b < n; b += 32, offset += 22) {
      FloatVector d = FloatVector.broadcast(F, Species.half(w, offset));
      int high = Species.word(w, offset + 2);
      for (int j = 0; j < 16; j += LANES) {
        IntVector q = Species.unsignedBytes(w, offset + 6 + j);
        Species.toFloats(q.and(15).or(Species.fifthBits(high << 4, j)).sub(16))
            .mul(d)
            .intoArray(y, yo + b + j);
        Species.toFloats(q.lanewise(LSHR, 4).or(Species.fifthBits(high >>> 12, j)).sub(16))
            .mul(d)
            .intoArray(y, yo + b + 16 + j);
      }
    }
  }

  private static void q8_0(MemorySegment w, long offset, float[] y, int yo, int n) {
    for (int b = 0; b < n; b += 32, offset += 34) {
      FloatVector d = FloatVector.broadcast(F, Species.half(w, offset));
      for (int j = 0; j < 32; j += LANES) {
        Species.toFloats(Species.signedBytes(w, offset + 2 + j)).mul(d).intoArray(y, yo + b + j);
      }
    }
  }

  /**
   * Columns {@code [k0, k0 + kc)} of LANES interleaved rows, whole blocks or words of them: column
   * p goes to the bytes of y from {@code yo + p * stride} on.
   */
  static void interleaved(
      Matrix w, int row, int k0, int kc, MemorySegment y, long yo, long stride) {
    if (Interleaved.holdsWords(w.dtype())) {
      interleavedPairs(w, row, k0, kc, y, yo, stride);
    } else if (InterleavedFormat.of(w.dtype()).isPacked()) {
      interleavedPacked(w, row, k0, kc, y, yo, stride);
    } else {
      interleavedBlocks(w, row, k0, kc, y, yo, stride);
    }
  }

  /** Those of 16-bit floats, float16 by the way of {@link #halves}. */
  private static void interleavedPairs(
      Matrix w, int row, int k0, int kc, MemorySegment y, long yo, long stride) {
    MemorySegment data = w.data();
    boolean brain = w.dtype() == DType.BF16;
    int shift = brain ? 0 : 3;
    int mask = brain ? 0xFFFF0000 : 0x8FFFE000;
    float gain = brain ? 1f : 0x1p112f;
    long first = Interleaved.offset(row, w.rowBytes(), Integer.BYTES);
    for (int p = 0; p < kc; p += 2) {
      long at = first + (long) WORD * ((k0 + p) / 2);
      IntVector v = IntVector.fromMemorySegment(I, data, at, LITTLE_ENDIAN);
      long to = yo + p * stride;
      v.lanewise(LSHL, 16)
          .lanewise(ASHR, shift)
          .and(mask)
          .reinterpretAsFloats()
          .mul(gain)
          .intoMemorySegment(y, to, LITTLE_ENDIAN);
      v.lanewise(ASHR, shift)
          .and(mask)
          .reinterpretAsFloats()
          .mul(gain)
          .intoMemorySegment(y, to + stride, LITTLE_ENDIAN);
    }
    Species.expectFaults(data, first);
  }

  /**
   * Those of nibbles and bytes.
   *
   * <p>Both go one way. Bytes are nibbles that are not shifted and masked by all ones, and blocks
   * without minima have multiples of their scales. The loop calls the Vector API and nothing else,
   * as in {@link SimdDotInterleaved}. Lost: nibbles masked where they stand, with scales divided by
   * powers of two: three operations instead of five, products of 16 rows 1.03 times as fast, and no
   * prompt.
   */
  private static void interleavedBlocks(
      Matrix w, int row, int k0, int kc, MemorySegment y, long yo, long stride) {
    MemorySegment data = w.data();
    InterleavedFormat format = InterleavedFormat.of(w.dtype());
    int columns = format.columns();
    int words = format.words();
    int mask = format.bits() == 8 ? -1 : NIBBLES;
    boolean halves = format.halfScales();
    int lane = row % Interleaved.ROWS;
    // Beyond the lane's word.
    long scalesAt = format.scalesAt() - (halves ? 2L * lane : 0L);
    long minimaAt = scalesAt + (format.minima() ? format.scaleBytes() : 0);
    float factor = format.minima() ? 1f : -format.offset();
    long group = row / Interleaved.ROWS * w.rowBytes();
    long first = group + (long) (k0 / columns) * format.blockBytes() + 4L * lane;
    int blockBytes = format.blockBytes();
    for (int b = 0; b < kc / columns; b++) {
      long at = first + (long) b * blockBytes;
      FloatVector scale =
          halves
              ? ((IntVector)
                      ShortVector.fromMemorySegment(S, data, at + scalesAt, LITTLE_ENDIAN)
                          .convertShape(S2I, I, 0))
                  .lanewise(LSHL, 13)
                  .and(0x8FFFE000)
                  .reinterpretAsFloats()
                  .mul(0x1p112f)
              : FloatVector.fromMemorySegment(F, data, at + scalesAt, LITTLE_ENDIAN);
      FloatVector min =
          halves
              ? ((IntVector)
                      ShortVector.fromMemorySegment(S, data, at + minimaAt, LITTLE_ENDIAN)
                          .convertShape(S2I, I, 0))
                  .lanewise(LSHL, 13)
                  .and(0x8FFFE000)
                  .reinterpretAsFloats()
                  .mul(0x1p112f)
              : FloatVector.fromMemorySegment(F, data, at + minimaAt, LITTLE_ENDIAN);
      min = min.mul(factor);
      for (int i = 0; i < columns / 4; i++) {
        int half = i / words;
        int word = i - half * words;
        IntVector q =
            IntVector.fromMemorySegment(I, data, at + (long) WORD * word, LITTLE_ENDIAN)
                .lanewise(LSHR, 4 * half)
                .and(mask);
        long to = yo + (b * columns + 4 * i) * stride;
        ((FloatVector) q.lanewise(LSHL, 24).lanewise(ASHR, 24).convertShape(I2F, F, 0))
            .fma(scale, min)
            .intoMemorySegment(y, to, LITTLE_ENDIAN);
        ((FloatVector) q.lanewise(LSHL, 16).lanewise(ASHR, 24).convertShape(I2F, F, 0))
            .fma(scale, min)
            .intoMemorySegment(y, to + stride, LITTLE_ENDIAN);
        ((FloatVector) q.lanewise(LSHL, 8).lanewise(ASHR, 24).convertShape(I2F, F, 0))
            .fma(scale, min)
            .intoMemorySegment(y, to + 2 * stride, LITTLE_ENDIAN);
        ((FloatVector) q.lanewise(ASHR, 24).convertShape(I2F, F, 0))
            .fma(scale, min)
            .intoMemorySegment(y, to + 3 * stride, LITTLE_ENDIAN);
      }
    }
    Species.expectFaults(data, group);
  }

  /** Those of packed numbers, which are masked where they stand, and scaled by as much less. */
  private static void interleavedPacked(
      Matrix w, int row, int k0, int kc, MemorySegment y, long yo, long stride) {
    MemorySegment data = w.data();
    InterleavedFormat format = InterleavedFormat.of(w.dtype());
    int columns = format.columns();
    int words = format.words();
    int bits = format.bits();
    int perWord = format.perWord();
    boolean six = perWord == 6;
    boolean two = format.left() == 2;
    int mask = (1 << bits) - 1;
    int pileAt = Integer.SIZE - 2 * words;
    float less = 1f / (1 << bits); // for each number further up in a word, without rounding
    boolean halves = format.halfScales();
    int lane = row % Interleaved.ROWS;
    // Beyond the lane's word.
    long scalesAt = format.scalesAt() - (halves ? 2L * lane : 0L);
    long minimaAt = scalesAt + (format.minima() ? format.scaleBytes() : 0);
    float factor = format.minima() ? 1f : -format.offset();
    long group = row / Interleaved.ROWS * w.rowBytes();
    long first = group + (long) (k0 / columns) * format.blockBytes() + 4L * lane;
    int blockBytes = format.blockBytes();
    for (int b = 0; b < kc / columns; b++) {
      long at = first + (long) b * blockBytes;
      FloatVector scale =
          halves
              ? ((IntVector)
                      ShortVector.fromMemorySegment(S, data, at + scalesAt, LITTLE_ENDIAN)
                          .convertShape(S2I, I, 0))
                  .lanewise(LSHL, 13)
                  .and(0x8FFFE000)
                  .reinterpretAsFloats()
                  .mul(0x1p112f)
              : FloatVector.fromMemorySegment(F, data, at + scalesAt, LITTLE_ENDIAN);
      FloatVector min =
          halves
              ? ((IntVector)
                      ShortVector.fromMemorySegment(S, data, at + minimaAt, LITTLE_ENDIAN)
                          .convertShape(S2I, I, 0))
                  .lanewise(LSHL, 13)
                  .and(0x8FFFE000)
                  .reinterpretAsFloats()
                  .mul(0x1p112f)
              : FloatVector.fromMemorySegment(F, data, at + minimaAt, LITTLE_ENDIAN);
      min = min.mul(factor);
      FloatVector scale1 = scale.mul(less);
      FloatVector scale2 = scale1.mul(less);
      FloatVector scale3 = scale2.mul(less);
      FloatVector scale4 = scale3.mul(less);
      FloatVector scale5 = scale4.mul(less);
      IntVector pile = IntVector.broadcast(I, 0);
      for (int i = 0; i < words; i++) {
        IntVector q = IntVector.fromMemorySegment(I, data, at + (long) WORD * i, LITTLE_ENDIAN);
        pile = pile.lanewise(LSHR, 2).or(q.and(0xC0000000));
        long to = yo + (b * columns + i * perWord) * stride;
        ((FloatVector) q.and(mask).convertShape(I2F, F, 0))
            .fma(scale, min)
            .intoMemorySegment(y, to, LITTLE_ENDIAN);
        ((FloatVector) q.and(mask << bits).convertShape(I2F, F, 0))
            .fma(scale1, min)
            .intoMemorySegment(y, to + stride, LITTLE_ENDIAN);
        ((FloatVector) q.and(mask << (2 * bits)).convertShape(I2F, F, 0))
            .fma(scale2, min)
            .intoMemorySegment(y, to + 2 * stride, LITTLE_ENDIAN);
        ((FloatVector) q.and(mask << (3 * bits)).convertShape(I2F, F, 0))
            .fma(scale3, min)
            .intoMemorySegment(y, to + 3 * stride, LITTLE_ENDIAN);
        ((FloatVector) q.and(mask << (4 * bits)).convertShape(I2F, F, 0))
            .fma(scale4, min)
            .intoMemorySegment(y, to + 4 * stride, LITTLE_ENDIAN);
        if (six) {
          ((FloatVector) q.and(mask << (5 * bits)).convertShape(I2F, F, 0))
              .fma(scale5, min)
              .intoMemorySegment(y, to + 5 * stride, LITTLE_ENDIAN);
        }
      }
      pile = pile.lanewise(LSHR, pileAt);
      long to = yo + (b * columns + words * perWord) * stride;
      ((FloatVector) pile.and(mask).convertShape(I2F, F, 0))
          .fma(scale, min)
          .intoMemorySegment(y, to, LITTLE_ENDIAN);
      if (two) {
        ((FloatVector) pile.and(mask << bits).convertShape(I2F, F, 0))
            .fma(scale1, min)
            .intoMemorySegment(y, to + stride, LITTLE_ENDIAN);
      }
    }
    Species.expectFaults(data, group);
  }
}
