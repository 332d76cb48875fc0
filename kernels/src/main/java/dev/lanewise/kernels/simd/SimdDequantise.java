package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.quant.Interleaved;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Dequantisation with vectors for the types whose plain loops would slow a matrix product down.
 * Same arithmetic as the type's {@link dev.lanewise.kernels.BlockFormat}, hence the same bits; a
 * type without a case here runs through that.
 */
final class SimdDequantise {
  private static final int NIBBLES = 0x0F0F0F0F;
  private static final int TOP_BYTE = 0xFF000000;

  /** How much larger a number at the top of its lane is. */
  private static final float GAIN = 0x1p24f;

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
    FloatVector v =
        h.lanewise(VectorOperators.LSHL, 13).and(0x8FFFE000).reinterpretAsFloats().mul(0x1p112f);
    IntVector special = h.and(0x7C00);
    return v.reinterpretAsInts()
        .lanewise(VectorOperators.OR, 0x7F800000, special.eq(0x7C00))
        .reinterpretAsFloats();
  }

  /** LANES bfloat16 values: the upper half of a float. */
  static FloatVector brainFloats(MemorySegment w, long offset) {
    return Species.signedShorts(w, offset).lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
  }

  private static void q4_0(MemorySegment w, long offset, float[] y, int yo, int n) {
    for (int b = 0; b < n; b += 32, offset += 18) {
      FloatVector d = FloatVector.broadcast(F, Species.half(w, offset));
      for (int j = 0; j < 16; j += LANES) {
        IntVector q = Species.unsignedBytes(w, offset + 2 + j);
        Species.toFloats(q.and(15).sub(8)).mul(d).intoArray(y, yo + b + j);
        Species.toFloats(q.lanewise(VectorOperators.LSHR, 4).sub(8))
            .mul(d)
            .intoArray(y, yo + b + 16 + j);
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
        Species.toFloats(q.lanewise(VectorOperators.LSHR, 4))
            .mul(d)
            .add(min)
            .intoArray(y, yo + b + 16 + j);
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
        Species.toFloats(
                q.lanewise(VectorOperators.LSHR, 4).or(Species.fifthBits(high >>> 12, j)).sub(16))
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
   * Columns {@code [k0, k0 + kc)} of LANES interleaved rows: column p goes to {@code y[yo + p *
   * stride ..]}.
   *
   * <p>A loop for each kind of block: vectors that differ by a condition would become objects.
   */
  static void interleaved(Matrix w, int row, int k0, int kc, float[] y, int yo, int stride) {
    DType dtype = w.dtype();
    int columns = Interleaved.columns(dtype);
    int blockBytes = Interleaved.blockBytes(dtype);
    long group = row / Interleaved.ROWS * w.rowBytes() + 4L * (row % Interleaved.ROWS);
    long at = group + (long) (k0 / columns) * blockBytes;
    int blocks = kc / columns;
    int block = columns * stride;
    if (Interleaved.nibbles(dtype)) {
      if (Interleaved.minima(dtype)) {
        for (int b = 0; b < blocks; b++) {
          nibblesWithMinima(w.data(), at + (long) b * blockBytes, y, yo + b * block, stride);
        }
      } else {
        for (int b = 0; b < blocks; b++) {
          nibbles(w.data(), at + (long) b * blockBytes, y, yo + b * block, stride);
        }
      }
    } else if (Interleaved.minima(dtype)) {
      for (int b = 0; b < blocks; b++) {
        bytesWithMinima(w.data(), at + (long) b * blockBytes, y, yo + b * block, stride);
      }
    } else {
      int words = Interleaved.words(dtype);
      for (int b = 0; b < blocks; b++) {
        bytes(w.data(), at + (long) b * blockBytes, words, y, yo + b * block, stride);
      }
    }
  }

  private static void nibbles(MemorySegment w, long at, float[] y, int yo, int stride) {
    FloatVector scale = Species.floats(w, at + 256).mul(1 / GAIN);
    FloatVector min = scale.mul(-8 * GAIN);
    for (int i = 0; i < 8; i++) {
      IntVector q = Species.ints(w, at + 64L * (i % 4));
      q = q.lanewise(VectorOperators.LSHR, i / 4 * 4).and(NIBBLES);
      bytes(q, scale, min, y, yo + 4 * i * stride, stride);
    }
    Species.expectFaults(w, at);
  }

  private static void nibblesWithMinima(MemorySegment w, long at, float[] y, int yo, int stride) {
    FloatVector scale = Species.floats(w, at + 256).mul(1 / GAIN);
    FloatVector min = Species.floats(w, at + 320);
    for (int i = 0; i < 8; i++) {
      IntVector q = Species.ints(w, at + 64L * (i % 4));
      q = q.lanewise(VectorOperators.LSHR, i / 4 * 4).and(NIBBLES);
      bytes(q, scale, min, y, yo + 4 * i * stride, stride);
    }
    Species.expectFaults(w, at);
  }

  private static void bytes(MemorySegment w, long at, int words, float[] y, int yo, int stride) {
    FloatVector scale = Species.floats(w, at + 64L * words).mul(1 / GAIN);
    FloatVector min = FloatVector.zero(F);
    for (int i = 0; i < words; i++) {
      bytes(Species.ints(w, at + 64L * i), scale, min, y, yo + 4 * i * stride, stride);
    }
    Species.expectFaults(w, at);
  }

  private static void bytesWithMinima(MemorySegment w, long at, float[] y, int yo, int stride) {
    FloatVector scale = Species.floats(w, at + 512).mul(1 / GAIN);
    FloatVector min = Species.floats(w, at + 576);
    for (int i = 0; i < 8; i++) {
      bytes(Species.ints(w, at + 64L * i), scale, min, y, yo + 4 * i * stride, stride);
    }
    Species.expectFaults(w, at);
  }

  /** Four columns of bytes that are moved to the top of their lanes. */
  private static void bytes(
      IntVector q, FloatVector scale, FloatVector min, float[] y, int yo, int stride) {
    Species.toFloats(q.lanewise(VectorOperators.LSHL, 24)).fma(scale, min).intoArray(y, yo);
    Species.toFloats(q.lanewise(VectorOperators.LSHL, 16).and(TOP_BYTE))
        .fma(scale, min)
        .intoArray(y, yo + stride);
    Species.toFloats(q.lanewise(VectorOperators.LSHL, 8).and(TOP_BYTE))
        .fma(scale, min)
        .intoArray(y, yo + 2 * stride);
    Species.toFloats(q.and(TOP_BYTE)).fma(scale, min).intoArray(y, yo + 3 * stride);
  }
}
