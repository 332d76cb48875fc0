package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Dot products of rows of weights with x, one method per type: weights become floats on the fly and
 * are never written back.
 *
 * <p>Per block of 32: s = Σ q·x in lanes, then acc += d · s, so that the scale costs one
 * multiply-add per block. Offsets such as the 8 in d · (q − 8) are multiplied with the sums of x,
 * one more multiply-add per block instead of two subtractions. The element order of each type is in
 * its {@link dev.lanewise.kernels.BlockFormat}.
 */
final class SimdDot {
  private SimdDot() {}

  /**
   * y[yo + r] = row r of w · x, for r in {@code [from, to)}.
   *
   * @param sums sums of x over every 16 elements, lane by lane
   */
  static void rows(Matrix w, int from, int to, float[] x, int xo, float[] sums, float[] y, int yo) {
    MemorySegment data = w.data();
    long rowBytes = w.rowBytes();
    int k = w.cols();
    switch (w.dtype()) {
      case F32 -> {
        for (int r = from; r < to; r++) {
          y[yo + r] = f32(data, r * rowBytes, x, xo, k);
        }
      }
      case F16 -> {
        for (int r = from; r < to; r++) {
          y[yo + r] = f16(data, r * rowBytes, x, xo, k);
        }
      }
      case BF16 -> {
        for (int r = from; r < to; r++) {
          y[yo + r] = bf16(data, r * rowBytes, x, xo, k);
        }
      }
      case Q4_0 -> {
        for (int r = from; r < to; r++) {
          y[yo + r] = q4_0(data, r * rowBytes, x, xo, sums, k);
        }
      }
      case Q4_1 -> {
        for (int r = from; r < to; r++) {
          y[yo + r] = q4_1(data, r * rowBytes, x, xo, sums, k);
        }
      }
      case Q5_0 -> {
        for (int r = from; r < to; r++) {
          y[yo + r] = q5_0(data, r * rowBytes, x, xo, sums, k);
        }
      }
      case Q5_1 -> {
        for (int r = from; r < to; r++) {
          y[yo + r] = q5_1(data, r * rowBytes, x, xo, sums, k);
        }
      }
      case Q8_0 -> {
        for (int r = from; r < to; r++) {
          y[yo + r] = q8_0(data, r * rowBytes, x, xo, k);
        }
      }
      case Q4_K -> {
        for (int r = from; r < to; r++) {
          y[yo + r] = SimdDotSuperblocks.q4_K(data, r * rowBytes, x, xo, sums, k);
        }
      }
      case Q5_K -> {
        for (int r = from; r < to; r++) {
          y[yo + r] = SimdDotSuperblocks.q5_K(data, r * rowBytes, x, xo, sums, k);
        }
      }
      case Q6_K -> {
        for (int r = from; r < to; r++) {
          y[yo + r] = SimdDotSuperblocks.q6_K(data, r * rowBytes, x, xo, sums, k);
        }
      }
    }
  }

  private static float f32(MemorySegment w, long offset, float[] x, int xo, int k) {
    FloatVector a = FloatVector.zero(F);
    FloatVector b = FloatVector.zero(F);
    FloatVector c = FloatVector.zero(F);
    FloatVector d = FloatVector.zero(F);
    int i = 0;
    for (; i <= k - 4 * LANES; i += 4 * LANES) {
      a = Species.floats(w, offset + 4L * i).fma(x(x, xo + i), a);
      b = Species.floats(w, offset + 4L * (i + LANES)).fma(x(x, xo + i + LANES), b);
      c = Species.floats(w, offset + 4L * (i + 2 * LANES)).fma(x(x, xo + i + 2 * LANES), c);
      d = Species.floats(w, offset + 4L * (i + 3 * LANES)).fma(x(x, xo + i + 3 * LANES), d);
    }
    for (; i <= k - LANES; i += LANES) {
      a = Species.floats(w, offset + 4L * i).fma(x(x, xo + i), a);
    }
    Species.expectFaults(w, offset);
    return Species.sum(a.add(b).add(c.add(d)))
        + tail(DType.F32, w, offset + 4L * i, x, xo + i, k - i);
  }

  private static float f16(MemorySegment w, long offset, float[] x, int xo, int k) {
    FloatVector a = FloatVector.zero(F);
    FloatVector b = FloatVector.zero(F);
    int i = 0;
    for (; i <= k - 2 * LANES; i += 2 * LANES) {
      a = SimdDequantise.halves(w, offset + 2L * i).fma(x(x, xo + i), a);
      b = SimdDequantise.halves(w, offset + 2L * (i + LANES)).fma(x(x, xo + i + LANES), b);
    }
    for (; i <= k - LANES; i += LANES) {
      a = SimdDequantise.halves(w, offset + 2L * i).fma(x(x, xo + i), a);
    }
    Species.expectFaults(w, offset);
    return Species.sum(a.add(b)) + tail(DType.F16, w, offset + 2L * i, x, xo + i, k - i);
  }

  private static float bf16(MemorySegment w, long offset, float[] x, int xo, int k) {
    FloatVector a = FloatVector.zero(F);
    FloatVector b = FloatVector.zero(F);
    int i = 0;
    for (; i <= k - 2 * LANES; i += 2 * LANES) {
      a = SimdDequantise.brainFloats(w, offset + 2L * i).fma(x(x, xo + i), a);
      b = SimdDequantise.brainFloats(w, offset + 2L * (i + LANES)).fma(x(x, xo + i + LANES), b);
    }
    for (; i <= k - LANES; i += LANES) {
      a = SimdDequantise.brainFloats(w, offset + 2L * i).fma(x(x, xo + i), a);
    }
    Species.expectFaults(w, offset);
    return Species.sum(a.add(b)) + tail(DType.BF16, w, offset + 2L * i, x, xo + i, k - i);
  }

  /** The elements after the last whole vector. */
  private static float tail(DType dtype, MemorySegment w, long offset, float[] x, int xo, int n) {
    float sum = 0f;
    for (int i = 0; i < n; i++) {
      float value =
          switch (dtype) {
            case F32 -> Float.intBitsToFloat(Species.word(w, offset + 4L * i));
            case F16 -> Species.half(w, offset + 2L * i);
            default -> Float.intBitsToFloat(Species.shortWord(w, offset + 2L * i) << 16);
          };
      sum = Math.fma(value, x[xo + i], sum);
    }
    return sum;
  }

  private static float q4_0(MemorySegment w, long offset, float[] x, int xo, float[] sums, int k) {
    FloatVector acc = FloatVector.zero(F);
    for (int b = 0; b < k / 32; b++) {
      FloatVector s = sums(sums, b).mul(-8f);
      for (int j = 0; j < 16; j += LANES) {
        IntVector q = Species.unsignedBytes(w, offset + b * 18L + 2 + j);
        s = low(q).fma(x(x, xo + b * 32 + j), s);
        s = high(q).fma(x(x, xo + b * 32 + 16 + j), s);
      }
      acc = s.fma(scale(w, offset + b * 18L), acc);
    }
    return Species.sum(acc);
  }

  private static float q4_1(MemorySegment w, long offset, float[] x, int xo, float[] sums, int k) {
    FloatVector acc = FloatVector.zero(F);
    for (int b = 0; b < k / 32; b++) {
      FloatVector s = FloatVector.zero(F);
      for (int j = 0; j < 16; j += LANES) {
        IntVector q = Species.unsignedBytes(w, offset + b * 20L + 4 + j);
        s = low(q).fma(x(x, xo + b * 32 + j), s);
        s = high(q).fma(x(x, xo + b * 32 + 16 + j), s);
      }
      acc = sums(sums, b).fma(scale(w, offset + b * 20L + 2), acc);
      acc = s.fma(scale(w, offset + b * 20L), acc);
    }
    return Species.sum(acc);
  }

  private static float q5_0(MemorySegment w, long offset, float[] x, int xo, float[] sums, int k) {
    FloatVector acc = FloatVector.zero(F);
    for (int b = 0; b < k / 32; b++) {
      FloatVector s = sums(sums, b).mul(-16f);
      int fifth = Species.word(w, offset + b * 22L + 2);
      for (int j = 0; j < 16; j += LANES) {
        IntVector q = Species.unsignedBytes(w, offset + b * 22L + 6 + j);
        s = low(q, fifth, j).fma(x(x, xo + b * 32 + j), s);
        s = high(q, fifth, 16 + j).fma(x(x, xo + b * 32 + 16 + j), s);
      }
      acc = s.fma(scale(w, offset + b * 22L), acc);
    }
    return Species.sum(acc);
  }

  private static float q5_1(MemorySegment w, long offset, float[] x, int xo, float[] sums, int k) {
    FloatVector acc = FloatVector.zero(F);
    for (int b = 0; b < k / 32; b++) {
      FloatVector s = FloatVector.zero(F);
      int fifth = Species.word(w, offset + b * 24L + 4);
      for (int j = 0; j < 16; j += LANES) {
        IntVector q = Species.unsignedBytes(w, offset + b * 24L + 8 + j);
        s = low(q, fifth, j).fma(x(x, xo + b * 32 + j), s);
        s = high(q, fifth, 16 + j).fma(x(x, xo + b * 32 + 16 + j), s);
      }
      acc = sums(sums, b).fma(scale(w, offset + b * 24L + 2), acc);
      acc = s.fma(scale(w, offset + b * 24L), acc);
    }
    return Species.sum(acc);
  }

  private static float q8_0(MemorySegment w, long offset, float[] x, int xo, int k) {
    FloatVector acc = FloatVector.zero(F);
    for (int b = 0; b < k / 32; b++) {
      FloatVector s = FloatVector.zero(F);
      for (int j = 0; j < 32; j += LANES) {
        s =
            Species.toFloats(Species.signedBytes(w, offset + b * 34L + 2 + j))
                .fma(x(x, xo + b * 32 + j), s);
      }
      acc = s.fma(scale(w, offset + b * 34L), acc);
    }
    return Species.sum(acc);
  }

  static FloatVector x(float[] x, int at) {
    return FloatVector.fromArray(F, x, at);
  }

  /** Σx over block b of 32, in lanes. */
  static FloatVector sums(float[] sums, int b) {
    return x(sums, 2 * b * LANES).add(x(sums, (2 * b + 1) * LANES));
  }

  static FloatVector scale(MemorySegment w, long offset) {
    return FloatVector.broadcast(F, Species.half(w, offset));
  }

  static FloatVector low(IntVector q) {
    return Species.toFloats(q.and(15));
  }

  static FloatVector high(IntVector q) {
    return Species.toFloats(q.lanewise(VectorOperators.LSHR, 4));
  }

  private static FloatVector low(IntVector q, int fifth, int from) {
    return Species.toFloats(q.and(15).or(Species.fifthBits(fifth, from)));
  }

  private static FloatVector high(IntVector q, int fifth, int from) {
    return Species.toFloats(q.lanewise(VectorOperators.LSHR, 4).or(Species.fifthBits(fifth, from)));
  }
}
