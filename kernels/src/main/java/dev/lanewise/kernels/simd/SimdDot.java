package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import dev.lanewise.kernels.Matrix;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Dot products of row-major rows of weights with x, one method per type that is not quantised.
 * Quantised rows are decoded first; those that are multiplied often should be {@link
 * dev.lanewise.kernels.Matrix#interleaved}, which {@link SimdDotInterleaved} multiplies without.
 *
 * <p>Each method leaves its sums in lanes, in memory: added up there by plain code they cost a
 * tenth of shuffles in registers, which nothing hides when rows are short. Methods are small,
 * because HotSpot stops inlining into large ones and then keeps vectors as objects; four rows at a
 * time, to share the loads of x, were ten times slower for that reason.
 */
final class SimdDot {
  private SimdDot() {}

  /** Floats of scratch that {@link #rows} needs for a matrix with k columns. */
  static int scratchLength(int rows, int k) {
    return rows * LANES + k;
  }

  /**
   * y[yo + r] = row r of w · x, for r in {@code [from, to)}.
   *
   * @param halves what {@link SimdDotHalves#prepare} made of x, or null; for float16 alone
   * @param scratch as many numbers as {@link #scratchLength} says
   */
  static void rows(
      Matrix w,
      int from,
      int to,
      float[] x,
      int xo,
      float[] halves,
      float[] scratch,
      float[] y,
      int yo) {
    MemorySegment data = w.data();
    long rowBytes = w.rowBytes();
    int k = w.cols();
    int out = 0;
    switch (w.dtype()) {
      case F32 -> {
        for (int r = from; r < to; r++, out += LANES) {
          f32(data, r * rowBytes, x, xo, k, scratch, out);
        }
      }
      case F16 -> {
        for (int r = from; r < to; r++, out += LANES) {
          if (halves == null || !SimdDotHalves.row(data, r * rowBytes, halves, k, scratch, out)) {
            f16(data, r * rowBytes, x, xo, k, scratch, out);
          }
        }
      }
      case BF16 -> {
        for (int r = from; r < to; r++, out += LANES) {
          bf16(data, r * rowBytes, x, xo, k, scratch, out);
        }
      }
      default -> {
        int decoded = (to - from) * LANES;
        for (int r = from; r < to; r++, out += LANES) {
          SimdDequantise.run(w.dtype(), data, r * rowBytes, scratch, decoded, k);
          decoded(scratch, decoded, x, xo, k, out);
        }
      }
    }
    for (int r = from; r < to; r++) {
      y[yo + r] = sum(scratch, (r - from) * LANES);
    }
    if (w.dtype().blockSize() == 1 && k % LANES != 0) {
      addTails(w, from, to, x, xo, y, yo);
    }
  }

  /** The sum of LANES numbers, added at distances LANES/2 … 1. */
  static float sum(float[] v, int at) {
    return switch (LANES) {
      case 4 -> sum4(v, at, 1);
      case 8 -> sum4(v, at, 2) + sum4(v, at + 1, 2);
      default -> (sum4(v, at, 4) + sum4(v, at + 2, 4)) + (sum4(v, at + 1, 4) + sum4(v, at + 3, 4));
    };
  }

  private static float sum4(float[] v, int at, int stride) {
    return (v[at] + v[at + 2 * stride]) + (v[at + stride] + v[at + 3 * stride]);
  }

  private static void f32(
      MemorySegment w, long offset, float[] x, int xo, int k, float[] lanes, int out) {
    FloatVector a = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector b = a;
    int i = 0;
    for (; i <= k - 2 * LANES; i += 2 * LANES) {
      a = Species.floats(w, offset + 4L * i).fma(x(x, xo + i), a);
      b = Species.floats(w, offset + 4L * (i + LANES)).fma(x(x, xo + i + LANES), b);
    }
    if (i <= k - LANES) {
      a = Species.floats(w, offset + 4L * i).fma(x(x, xo + i), a);
    }
    Species.expectFaults(w, offset);
    a.add(b).intoArray(lanes, out);
  }

  private static void f16(
      MemorySegment w, long offset, float[] x, int xo, int k, float[] lanes, int out) {
    FloatVector a = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector b = a;
    int i = 0;
    for (; i <= k - 2 * LANES; i += 2 * LANES) {
      a = SimdDequantise.halves(w, offset + 2L * i).fma(x(x, xo + i), a);
      b = SimdDequantise.halves(w, offset + 2L * (i + LANES)).fma(x(x, xo + i + LANES), b);
    }
    if (i <= k - LANES) {
      a = SimdDequantise.halves(w, offset + 2L * i).fma(x(x, xo + i), a);
    }
    Species.expectFaults(w, offset);
    a.add(b).intoArray(lanes, out);
  }

  private static void bf16(
      MemorySegment w, long offset, float[] x, int xo, int k, float[] lanes, int out) {
    FloatVector a = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector b = a;
    int i = 0;
    for (; i <= k - 2 * LANES; i += 2 * LANES) {
      a = SimdDequantise.brainFloats(w, offset + 2L * i).fma(x(x, xo + i), a);
      b = SimdDequantise.brainFloats(w, offset + 2L * (i + LANES)).fma(x(x, xo + i + LANES), b);
    }
    if (i <= k - LANES) {
      a = SimdDequantise.brainFloats(w, offset + 2L * i).fma(x(x, xo + i), a);
    }
    Species.expectFaults(w, offset);
    a.add(b).intoArray(lanes, out);
  }

  /** Adds the elements after the last whole vector of each row. */
  private static void addTails(Matrix w, int from, int to, float[] x, int xo, float[] y, int yo) {
    int first = w.cols() - w.cols() % LANES;
    for (int r = from; r < to; r++) {
      float sum = 0f;
      for (int i = first; i < w.cols(); i++) {
        long at = r * w.rowBytes() + w.dtype().bytes(i);
        float value =
            switch (w.dtype()) {
              case F32 -> Float.intBitsToFloat(Species.word(w.data(), at));
              case F16 -> Species.half(w.data(), at);
              default -> Float.intBitsToFloat(Species.shortWord(w.data(), at) << 16);
            };
        sum = Math.fma(value, x[xo + i], sum);
      }
      y[yo + r] += sum;
    }
  }

  /** A row that is decoded in scratch; k is a multiple of 32. */
  private static void decoded(float[] scratch, int at, float[] x, int xo, int k, int out) {
    FloatVector a = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector b = a;
    for (int i = 0; i < k; i += 2 * LANES) {
      a = x(scratch, at + i).fma(x(x, xo + i), a);
      b = x(scratch, at + i + LANES).fma(x(x, xo + i + LANES), b);
    }
    a.add(b).intoArray(scratch, out);
  }

  private static FloatVector x(float[] x, int at) {
    return FloatVector.fromArray(F, x, at);
  }
}
