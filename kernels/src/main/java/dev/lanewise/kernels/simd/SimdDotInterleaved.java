package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.quant.Interleaved;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * {@link SimdDot} for {@link Interleaved} rows: a row in every lane.
 *
 * <p>Numbers are not shifted down to where they belong: the nibble at bit 4n is q · 2⁴ⁿ as an
 * integer, and x is multiplied by 2²⁴⁻⁴ⁿ beforehand; a byte is moved to the top of its lane, and is
 * q · 2²⁴ there. So all sums are 2²⁴ too large, which the scale makes good, and no bit is lost: the
 * factors are powers of two that only ever make x larger. That leaves three instructions for 16
 * nibbles (and, convert, multiply-add) and no sum across lanes.
 *
 * <p>Instructions of 512 bits for 32 weights, where numbers loaded as an operand count nothing: 6.3
 * for nibbles and 7.3 for bytes, 0.3 of them for scales; 0.1 more with minima.
 */
final class SimdDotInterleaved {
  /** By how much sums are too large. */
  private static final float GAIN = 0x1p24f;

  private static final int TOP_BYTE = 0xFF000000;

  private SimdDotInterleaved() {}

  /** Floats that {@link #prepare} writes for k columns. */
  static int preparedLength(int k) {
    return k + k / 32;
  }

  /**
   * Writes what all rows share: x in the order and with the factor of each nibble, [k], and the
   * sums of x over every 32 elements, [k / 32].
   */
  static void prepare(float[] x, int xo, int k, float[] prepared) {
    for (int b = 0; b < k; b += 32) {
      float sum = 0f;
      for (int i = 0; i < 4; i++) {
        int to = b + 8 * i;
        int from = xo + b + 4 * i;
        prepared[to] = x[from] * 0x1p24f;
        prepared[to + 1] = x[from + 16] * 0x1p20f;
        prepared[to + 2] = x[from + 1] * 0x1p16f;
        prepared[to + 3] = x[from + 17] * 0x1p12f;
        prepared[to + 4] = x[from + 2] * 0x1p8f;
        prepared[to + 5] = x[from + 18] * 0x1p4f;
        prepared[to + 6] = x[from + 3];
        prepared[to + 7] = x[from + 19] * 0x1p24f;
        float low = (x[from] + x[from + 1]) + (x[from + 2] + x[from + 3]);
        float high = (x[from + 16] + x[from + 17]) + (x[from + 18] + x[from + 19]);
        sum += low + high;
      }
      prepared[k + b / 32] = sum;
    }
  }

  /**
   * y[yo + r] = row r of w · x, for r in {@code [from, to)}, {@code from} the first of a group.
   *
   * @param prepared what {@link #prepare} made of x
   * @param lanes scratch for a group
   */
  static void rows(
      Matrix w,
      int from,
      int to,
      float[] x,
      int xo,
      float[] prepared,
      float[] lanes,
      float[] y,
      int yo) {
    DType dtype = w.dtype();
    boolean minima = Interleaved.minima(dtype);
    int k = w.cols();
    for (int r = from; r < to; r += Interleaved.ROWS) {
      long group = r / Interleaved.ROWS * w.rowBytes();
      for (int v = 0; v < Interleaved.ROWS; v += LANES) {
        if (Interleaved.nibbles(dtype)) {
          nibbles(w.data(), group, v, k, minima, prepared, lanes);
        } else if (Interleaved.columns(dtype) == 32) {
          bytes(w.data(), group, v, k, minima, x, xo, prepared, lanes);
        } else {
          bytesOf16(w.data(), group, v, k, x, xo, lanes);
        }
      }
      System.arraycopy(lanes, 0, y, yo + r, Math.min(Interleaved.ROWS, to - r));
    }
  }

  private static void nibbles(
      MemorySegment w, long group, int v, int k, boolean minima, float[] x, float[] lanes) {
    FloatVector acc = FloatVector.fromArray(F, Species.ZEROS, 0);
    long blockBytes = 256 + (minima ? 128L : 64L);
    for (int b = 0; b < k / 32; b++) {
      long at = group + b * blockBytes;
      float sum = x[k + b];
      FloatVector even = FloatVector.broadcast(F, minima ? 0f : -8 * GAIN * sum);
      FloatVector odd = FloatVector.fromArray(F, Species.ZEROS, 0);
      for (int i = 0; i < 4; i++) {
        IntVector q = Species.ints(w, at + 64L * i + 4L * v);
        int xi = b * 32 + 8 * i;
        even = Species.toFloats(q.and(0xF)).fma(broadcast(x, xi), even);
        odd = Species.toFloats(q.and(0xF0)).fma(broadcast(x, xi + 1), odd);
        even = Species.toFloats(q.and(0xF00)).fma(broadcast(x, xi + 2), even);
        odd = Species.toFloats(q.and(0xF000)).fma(broadcast(x, xi + 3), odd);
        even = Species.toFloats(q.and(0xF0000)).fma(broadcast(x, xi + 4), even);
        odd = Species.toFloats(q.and(0xF00000)).fma(broadcast(x, xi + 5), odd);
        even = Species.toFloats(q.and(0xF000000)).fma(broadcast(x, xi + 6), even);
        odd = Species.toFloats(q.lanewise(LSHR, 28)).fma(broadcast(x, xi + 7), odd);
      }
      long scales = at + 256 + 4L * v;
      acc = add(acc, even.add(odd), w, scales);
      if (minima) {
        acc = Species.floats(w, scales + 64).fma(FloatVector.broadcast(F, sum), acc);
      }
    }
    Species.expectFaults(w, group);
    acc.intoArray(lanes, v);
  }

  private static void bytes(
      MemorySegment w,
      long group,
      int v,
      int k,
      boolean minima,
      float[] x,
      int xo,
      float[] prepared,
      float[] lanes) {
    FloatVector acc = FloatVector.fromArray(F, Species.ZEROS, 0);
    long blockBytes = 512 + (minima ? 128L : 64L);
    for (int b = 0; b < k / 32; b++) {
      long at = group + b * blockBytes;
      FloatVector even = FloatVector.fromArray(F, Species.ZEROS, 0);
      FloatVector odd = even;
      for (int i = 0; i < 8; i++) {
        IntVector q = Species.ints(w, at + 64L * i + 4L * v);
        int xi = xo + b * 32 + 4 * i;
        even = Species.toFloats(q.lanewise(LSHL, 24)).fma(broadcast(x, xi), even);
        odd = Species.toFloats(q.lanewise(LSHL, 16).and(TOP_BYTE)).fma(broadcast(x, xi + 1), odd);
        even = Species.toFloats(q.lanewise(LSHL, 8).and(TOP_BYTE)).fma(broadcast(x, xi + 2), even);
        odd = Species.toFloats(q.and(TOP_BYTE)).fma(broadcast(x, xi + 3), odd);
      }
      long scales = at + 512 + 4L * v;
      acc = add(acc, even.add(odd), w, scales);
      if (minima) {
        FloatVector sum = FloatVector.broadcast(F, prepared[k + b]);
        acc = Species.floats(w, scales + 64).fma(sum, acc);
      }
    }
    Species.expectFaults(w, group);
    acc.intoArray(lanes, v);
  }

  /** Bytes with a float32 scale for every 16 columns, and no minima. */
  private static void bytesOf16(
      MemorySegment w, long group, int v, int k, float[] x, int xo, float[] lanes) {
    FloatVector acc = FloatVector.fromArray(F, Species.ZEROS, 0);
    for (int b = 0; b < k / 16; b++) {
      long at = group + b * 320L;
      FloatVector even = FloatVector.fromArray(F, Species.ZEROS, 0);
      FloatVector odd = even;
      for (int i = 0; i < 4; i++) {
        IntVector q = Species.ints(w, at + 64L * i + 4L * v);
        int xi = xo + b * 16 + 4 * i;
        even = Species.toFloats(q.lanewise(LSHL, 24)).fma(broadcast(x, xi), even);
        odd = Species.toFloats(q.lanewise(LSHL, 16).and(TOP_BYTE)).fma(broadcast(x, xi + 1), odd);
        even = Species.toFloats(q.lanewise(LSHL, 8).and(TOP_BYTE)).fma(broadcast(x, xi + 2), even);
        odd = Species.toFloats(q.and(TOP_BYTE)).fma(broadcast(x, xi + 3), odd);
      }
      acc = add(acc, even.add(odd), w, at + 256 + 4L * v);
    }
    Species.expectFaults(w, group);
    acc.intoArray(lanes, v);
  }

  /** acc + scales · t / GAIN; not scales / GAIN, which may be denormal where t / GAIN is exact. */
  private static FloatVector add(FloatVector acc, FloatVector t, MemorySegment w, long scales) {
    return Species.floats(w, scales).fma(t.mul(1 / GAIN), acc);
  }

  private static FloatVector broadcast(float[] x, int at) {
    return FloatVector.broadcast(F, x[at]);
  }
}
