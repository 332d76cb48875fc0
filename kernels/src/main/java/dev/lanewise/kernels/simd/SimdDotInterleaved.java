package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.quant.Interleaved;
import dev.lanewise.kernels.quant.InterleavedFormat;
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
 * <p>Numbers of five and six bits join their high bits to their nibbles before they are converted,
 * two instructions more. Scales become float32 before a group of rows is multiplied; that reads one
 * line of some eight ahead of time.
 *
 * <p>Instructions of 512 bits for 32 weights, where numbers loaded as an operand count nothing: 6.5
 * for nibbles, 8.6 for five bits and 7.3 for bytes, 0.4 of them for scales; 0.1 more with minima.
 */
final class SimdDotInterleaved {
  /** By how much sums are too large. */
  private static final float GAIN = 0x1p24f;

  private static final int TOP_BYTE = 0xFF000000;

  /** Where scales and minima lie in the scratch, behind the sums of a group. */
  private static final int SCALES = Interleaved.ROWS;

  private SimdDotInterleaved() {}

  /** Floats that {@link #prepare} writes for k columns. */
  static int preparedLength(int k) {
    return k + k / 16;
  }

  /** Floats of scratch that {@link #rows} needs for k columns. */
  static int scratchLength(int k) {
    return SCALES + InterleavedScales.length(k);
  }

  /**
   * Writes what all rows share: x in the order and with the factor of each nibble, [k], and the
   * sums of x over the columns of every block, [k / columns].
   */
  static void prepare(float[] x, int xo, int k, int columns, float[] prepared) {
    int half = columns / 2;
    for (int b = 0; b < k; b += columns) {
      float sum = 0f;
      for (int i = 0; i < half; i += 4) {
        int to = b + 2 * i;
        int from = xo + b + i;
        prepared[to] = x[from] * 0x1p24f;
        prepared[to + 1] = x[from + half] * 0x1p20f;
        prepared[to + 2] = x[from + 1] * 0x1p16f;
        prepared[to + 3] = x[from + half + 1] * 0x1p12f;
        prepared[to + 4] = x[from + 2] * 0x1p8f;
        prepared[to + 5] = x[from + half + 2] * 0x1p4f;
        prepared[to + 6] = x[from + 3];
        prepared[to + 7] = x[from + half + 3] * 0x1p24f;
        float low = (x[from] + x[from + 1]) + (x[from + 2] + x[from + 3]);
        float high =
            (x[from + half] + x[from + half + 1]) + (x[from + half + 2] + x[from + half + 3]);
        sum += low + high;
      }
      prepared[k + b / columns] = sum;
    }
  }

  /**
   * y[yo + r] = row r of w · x, for r in {@code [from, to)}, {@code from} the first of a group.
   *
   * @param prepared what {@link #prepare} made of x for blocks of w's columns
   * @param scratch as many numbers as {@link #scratchLength} says
   */
  static void rows(
      Matrix w,
      int from,
      int to,
      float[] x,
      int xo,
      float[] prepared,
      float[] scratch,
      float[] y,
      int yo) {
    InterleavedFormat format = InterleavedFormat.of(w.dtype());
    MemorySegment data = w.data();
    int k = w.cols();
    for (int r = from; r < to; r += Interleaved.ROWS) {
      long group = r / Interleaved.ROWS * w.rowBytes();
      for (int v = 0; v < Interleaved.ROWS; v += LANES) {
        long lanes = group + 4L * v;
        int blocks = k / format.columns();
        InterleavedScales.decode(data, format, lanes, 0, blocks, k, scratch, SCALES);
        switch (format.bits()) {
          case 4 -> nibbles(data, format, lanes, k, prepared, scratch, v);
          case 5 -> fiveBits(data, format, lanes, k, prepared, scratch, v);
          case 6 -> sixBits(data, format, lanes, k, prepared, scratch, v);
          default -> {
            if (format.columns() == 32) {
              bytes(data, format, lanes, k, x, xo, scratch, v);
            } else {
              bytesOf16(data, format, lanes, k, x, xo, scratch, v);
            }
          }
        }
      }
      System.arraycopy(scratch, 0, y, yo + r, Math.min(Interleaved.ROWS, to - r));
    }
  }

  /** Blocks of 32 nibbles. */
  private static void nibbles(
      MemorySegment w,
      InterleavedFormat format,
      long lanes,
      int k,
      float[] x,
      float[] scratch,
      int out) {
    FloatVector acc = FloatVector.fromArray(F, Species.ZEROS, 0);
    boolean minima = format.minima();
    float offset = -GAIN * format.offset();
    for (int b = 0; b < k / 32; b++) {
      long at = lanes + format.blockAt(b);
      float sum = x[k + b];
      FloatVector even = FloatVector.broadcast(F, minima ? 0f : offset * sum);
      FloatVector odd = FloatVector.fromArray(F, Species.ZEROS, 0);
      for (int i = 0; i < 4; i++) {
        IntVector q = Species.ints(w, at + (long) InterleavedFormat.WORD * i);
        int xi = 32 * b + 8 * i;
        even = Species.toFloats(q.and(0xF)).fma(broadcast(x, xi), even);
        odd = Species.toFloats(q.and(0xF0)).fma(broadcast(x, xi + 1), odd);
        even = Species.toFloats(q.and(0xF00)).fma(broadcast(x, xi + 2), even);
        odd = Species.toFloats(q.and(0xF000)).fma(broadcast(x, xi + 3), odd);
        even = Species.toFloats(q.and(0xF0000)).fma(broadcast(x, xi + 4), even);
        odd = Species.toFloats(q.and(0xF00000)).fma(broadcast(x, xi + 5), odd);
        even = Species.toFloats(q.and(0xF000000)).fma(broadcast(x, xi + 6), even);
        odd = Species.toFloats(q.lanewise(LSHR, 28)).fma(broadcast(x, xi + 7), odd);
      }
      acc = add(acc, even.add(odd), scratch, b);
      if (minima) {
        FloatVector min = FloatVector.fromArray(F, scratch, SCALES + 2 * LANES * b + LANES);
        acc = min.fma(FloatVector.broadcast(F, sum), acc);
      }
    }
    Species.expectFaults(w, lanes);
    acc.intoArray(scratch, out);
  }

  /** Blocks of 32 nibbles with a high bit each. */
  private static void fiveBits(
      MemorySegment w,
      InterleavedFormat format,
      long lanes,
      int k,
      float[] x,
      float[] scratch,
      int out) {
    FloatVector acc = FloatVector.fromArray(F, Species.ZEROS, 0);
    boolean minima = format.minima();
    float offset = -GAIN * format.offset();
    for (int b = 0; b < k / 32; b++) {
      long at = lanes + format.blockAt(b);
      float sum = x[k + b];
      FloatVector even = FloatVector.broadcast(F, minima ? 0f : offset * sum);
      FloatVector odd = FloatVector.fromArray(F, Species.ZEROS, 0);
      IntVector high = Species.ints(w, at + 4L * InterleavedFormat.WORD);
      for (int i = 0; i < 4; i++) {
        IntVector q = Species.ints(w, at + (long) InterleavedFormat.WORD * i);
        IntVector h = high.lanewise(LSHR, i);
        int xi = 32 * b + 8 * i;
        even = Species.toFloats(q.and(0xF).or(h.and(0x10))).fma(broadcast(x, xi), even);
        odd = Species.toFloats(q.and(0xF0).or(h.and(0x100))).fma(broadcast(x, xi + 1), odd);
        even = Species.toFloats(q.and(0xF00).or(h.and(0x1000))).fma(broadcast(x, xi + 2), even);
        odd = Species.toFloats(q.and(0xF000).or(h.and(0x10000))).fma(broadcast(x, xi + 3), odd);
        even = Species.toFloats(q.and(0xF0000).or(h.and(0x100000))).fma(broadcast(x, xi + 4), even);
        odd = Species.toFloats(q.and(0xF00000).or(h.and(0x1000000))).fma(broadcast(x, xi + 5), odd);
        even =
            Species.toFloats(q.and(0xF000000).or(h.and(0x10000000)))
                .fma(broadcast(x, xi + 6), even);
        q = q.lanewise(LSHR, 28).or(h.lanewise(LSHL, 4).and(0x10));
        odd = Species.toFloats(q).fma(broadcast(x, xi + 7), odd);
      }
      acc = add(acc, even.add(odd), scratch, b);
      if (minima) {
        FloatVector min = FloatVector.fromArray(F, scratch, SCALES + 2 * LANES * b + LANES);
        acc = min.fma(FloatVector.broadcast(F, sum), acc);
      }
    }
    Species.expectFaults(w, lanes);
    acc.intoArray(scratch, out);
  }

  /** Blocks of 16 nibbles with two high bits each. */
  private static void sixBits(
      MemorySegment w,
      InterleavedFormat format,
      long lanes,
      int k,
      float[] x,
      float[] scratch,
      int out) {
    FloatVector acc = FloatVector.fromArray(F, Species.ZEROS, 0);
    boolean minima = format.minima();
    float offset = -GAIN * format.offset();
    for (int b = 0; b < k / 16; b++) {
      long at = lanes + format.blockAt(b);
      float sum = x[k + b];
      FloatVector even = FloatVector.broadcast(F, minima ? 0f : offset * sum);
      FloatVector odd = FloatVector.fromArray(F, Species.ZEROS, 0);
      IntVector high = Species.ints(w, at + 2L * InterleavedFormat.WORD);
      for (int i = 0; i < 2; i++) {
        IntVector q = Species.ints(w, at + (long) InterleavedFormat.WORD * i);
        IntVector h = high.lanewise(LSHR, 2 * i);
        int xi = 16 * b + 8 * i;
        even = Species.toFloats(q.and(0xF).or(h.and(0x30))).fma(broadcast(x, xi), even);
        odd = Species.toFloats(q.and(0xF0).or(h.and(0x300))).fma(broadcast(x, xi + 1), odd);
        even = Species.toFloats(q.and(0xF00).or(h.and(0x3000))).fma(broadcast(x, xi + 2), even);
        odd = Species.toFloats(q.and(0xF000).or(h.and(0x30000))).fma(broadcast(x, xi + 3), odd);
        even = Species.toFloats(q.and(0xF0000).or(h.and(0x300000))).fma(broadcast(x, xi + 4), even);
        odd = Species.toFloats(q.and(0xF00000).or(h.and(0x3000000))).fma(broadcast(x, xi + 5), odd);
        even =
            Species.toFloats(q.and(0xF000000).or(h.and(0x30000000)))
                .fma(broadcast(x, xi + 6), even);
        q = q.lanewise(LSHR, 28).or(h.lanewise(LSHL, 4).and(0x30));
        odd = Species.toFloats(q).fma(broadcast(x, xi + 7), odd);
      }
      acc = add(acc, even.add(odd), scratch, b);
      if (minima) {
        FloatVector min = FloatVector.fromArray(F, scratch, SCALES + 2 * LANES * b + LANES);
        acc = min.fma(FloatVector.broadcast(F, sum), acc);
      }
    }
    Species.expectFaults(w, lanes);
    acc.intoArray(scratch, out);
  }

  /** Blocks of 32 bytes. */
  private static void bytes(
      MemorySegment w,
      InterleavedFormat format,
      long lanes,
      int k,
      float[] x,
      int xo,
      float[] scratch,
      int out) {
    FloatVector acc = FloatVector.fromArray(F, Species.ZEROS, 0);
    for (int b = 0; b < k / 32; b++) {
      long at = lanes + format.blockAt(b);
      FloatVector even = FloatVector.fromArray(F, Species.ZEROS, 0);
      FloatVector odd = even;
      for (int i = 0; i < 8; i++) {
        IntVector q = Species.ints(w, at + (long) InterleavedFormat.WORD * i);
        int xi = xo + 32 * b + 4 * i;
        even = Species.toFloats(q.lanewise(LSHL, 24)).fma(broadcast(x, xi), even);
        odd = Species.toFloats(q.lanewise(LSHL, 16).and(TOP_BYTE)).fma(broadcast(x, xi + 1), odd);
        even = Species.toFloats(q.lanewise(LSHL, 8).and(TOP_BYTE)).fma(broadcast(x, xi + 2), even);
        odd = Species.toFloats(q.and(TOP_BYTE)).fma(broadcast(x, xi + 3), odd);
      }
      acc = add(acc, even.add(odd), scratch, b);
    }
    Species.expectFaults(w, lanes);
    acc.intoArray(scratch, out);
  }

  /** Blocks of 16 bytes. */
  private static void bytesOf16(
      MemorySegment w,
      InterleavedFormat format,
      long lanes,
      int k,
      float[] x,
      int xo,
      float[] scratch,
      int out) {
    FloatVector acc = FloatVector.fromArray(F, Species.ZEROS, 0);
    for (int b = 0; b < k / 16; b++) {
      long at = lanes + format.blockAt(b);
      FloatVector even = FloatVector.fromArray(F, Species.ZEROS, 0);
      FloatVector odd = even;
      for (int i = 0; i < 4; i++) {
        IntVector q = Species.ints(w, at + (long) InterleavedFormat.WORD * i);
        int xi = xo + 16 * b + 4 * i;
        even = Species.toFloats(q.lanewise(LSHL, 24)).fma(broadcast(x, xi), even);
        odd = Species.toFloats(q.lanewise(LSHL, 16).and(TOP_BYTE)).fma(broadcast(x, xi + 1), odd);
        even = Species.toFloats(q.lanewise(LSHL, 8).and(TOP_BYTE)).fma(broadcast(x, xi + 2), even);
        odd = Species.toFloats(q.and(TOP_BYTE)).fma(broadcast(x, xi + 3), odd);
      }
      acc = add(acc, even.add(odd), scratch, b);
    }
    Species.expectFaults(w, lanes);
    acc.intoArray(scratch, out);
  }

  /** acc + scales · t / GAIN; not scales / GAIN, which may be denormal where t / GAIN is exact. */
  private static FloatVector add(FloatVector acc, FloatVector t, float[] scratch, int b) {
    return FloatVector.fromArray(F, scratch, SCALES + 2 * LANES * b).fma(t.mul(1 / GAIN), acc);
  }

  private static FloatVector broadcast(float[] x, int at) {
    return FloatVector.broadcast(F, x[at]);
  }
}
