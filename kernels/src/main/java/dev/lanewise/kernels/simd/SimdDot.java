package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.lanewise.kernels.Matrix;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Dot products of row-major rows of weights with x, one method per type that is not quantised.
 * Quantised rows are decoded first. Rows that are multiplied often should be {@link
 * dev.lanewise.kernels.Matrix#interleaved}, for {@link SimdDotInterleaved}, {@link
 * SimdDotInterleavedPairs} and {@link SimdPanelGemm}: these read memory faster.
 *
 * <p>Memory comes in chunks: each is read through once, which keeps as many requests under way as
 * the processor can have, and multiplied from the cache. While it multiplies it looks only some
 * thirty lines ahead, and the prefetchers lose their way between the rows and x. Touching every
 * line costs a cached matrix a third of its speed. Several streams at once, of rows far apart, were
 * better for rows of 576 numbers and worse for all others.
 *
 * <p>Each method leaves its sums in lanes, in memory: added up there by plain code they cost a
 * tenth of shuffles in registers, which nothing hides when rows are short. Methods are small,
 * because HotSpot stops inlining into large ones and then keeps vectors as objects. Those of
 * several rows are compiled on their own instead: they are longer than what HotSpot inlines, 325
 * bytes, and call the Vector API and nothing else. Four rows in 254 bytes were inlined into their
 * caller, and became objects in one JVM of six.
 */
final class SimdDot {
  /** Bytes of a chunk: most of a first-level cache, or a little of a second-level one. */
  private static final int CHUNK = 32 * 1024;

  /**
   * From so many bytes on a row of float32 is not read into the cache first: the loop that
   * multiplies it reads memory a tenth to a fifth faster than the two do one after the other. Not
   * so for floats of 16 bits, with more instructions for every byte.
   */
  private static final int LONG_ROW = 8 * 1024;

  /** Most rows whose lanes wait to be added up; few enough that they stay in the cache. */
  private static final int ROWS = 64;

  /** Rows that share the loads of x. */
  private static final int FOUR = 4;

  private SimdDot() {}

  /** Floats of scratch that {@link #rows} needs for a matrix with k columns. */
  static int scratchLength(int k) {
    return ROWS * LANES + k;
  }

  /**
   * y[yo + r] = row r of w · x, for r in {@code [from, to)}.
   *
   * @param scratch as many numbers as {@link #scratchLength} says
   */
  static void rows(
      Matrix w, int from, int to, float[] x, int xo, float[] scratch, float[] y, int yo) {
    int chunk = Math.clamp(CHUNK / w.rowBytes() / FOUR * FOUR, FOUR, ROWS);
    int most = ROWS / chunk * chunk;
    for (int first = from; first < to; first += most) {
      int last = Math.min(to, first + most);
      for (int r = first; r < last; r += chunk) {
        int end = Math.min(last, r + chunk);
        int out = (r - first) * LANES;
        switch (w.dtype()) {
          case F32 -> f32(w, r, end, x, xo, scratch, out);
          case F16 -> f16(w, r, end, x, xo, scratch, out);
          case BF16 -> bf16(w, r, end, x, xo, scratch, out);
          default -> decoded(w, r, end, x, xo, scratch, out, ROWS * LANES);
        }
      }
      LaneSums.of(scratch, 0, last - first, y, yo + first);
    }
    if (w.dtype().blockSize() == 1 && w.cols() % LANES != 0) {
      addTails(w, from, to, x, xo, y, yo);
    }
  }

  private static void f32(Matrix w, int from, int to, float[] x, int xo, float[] scratch, int out) {
    MemorySegment data = w.data();
    long rowBytes = w.rowBytes();
    if (rowBytes < LONG_ROW) {
      Prefetch.read(data, from * rowBytes, (to - from) * rowBytes, scratch, out);
    }
    int r = from;
    boolean whole = w.cols() % (2 * LANES) == 0;
    for (; whole && r <= to - FOUR; r += FOUR, out += FOUR * LANES) {
      f32(data, r * rowBytes, rowBytes, x, xo, w.cols(), scratch, out);
    }
    for (; r < to; r++, out += LANES) {
      f32(data, r * rowBytes, x, xo, w.cols(), scratch, out);
    }
  }

  private static void f16(Matrix w, int from, int to, float[] x, int xo, float[] scratch, int out) {
    long rowBytes = w.rowBytes();
    Prefetch.read(w.data(), from * rowBytes, (to - from) * rowBytes, scratch, out);
    for (int r = from; r < to; r++, out += LANES) {
      f16(w.data(), r * rowBytes, x, xo, w.cols(), scratch, out);
    }
  }

  private static void bf16(
      Matrix w, int from, int to, float[] x, int xo, float[] scratch, int out) {
    long rowBytes = w.rowBytes();
    Prefetch.read(w.data(), from * rowBytes, (to - from) * rowBytes, scratch, out);
    for (int r = from; r < to; r++, out += LANES) {
      bf16(w.data(), r * rowBytes, x, xo, w.cols(), scratch, out);
    }
  }

  private static void decoded(
      Matrix w, int from, int to, float[] x, int xo, float[] scratch, int out, int row) {
    for (int r = from; r < to; r++, out += LANES) {
      SimdDequantise.run(w.dtype(), w.data(), r * w.rowBytes(), scratch, row, w.cols());
      decoded(scratch, row, x, xo, w.cols(), out);
    }
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

  /** Four rows, each added up as one alone is; of columns only those that fill 2 · LANES. */
  private static void f32(
      MemorySegment w,
      long offset,
      long rowBytes,
      float[] x,
      int xo,
      int k,
      float[] lanes,
      int out) {
    FloatVector a0 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector a1 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector b0 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector b1 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c0 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c1 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector d0 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector d1 = FloatVector.fromArray(F, Species.ZEROS, 0);
    for (int i = 0; i < k; i += 2 * LANES) {
      long at = offset + 4L * i;
      long next = at + 4L * LANES;
      FloatVector x0 = FloatVector.fromArray(F, x, xo + i);
      FloatVector x1 = FloatVector.fromArray(F, x, xo + i + LANES);
      a0 = FloatVector.fromMemorySegment(F, w, at, LITTLE_ENDIAN).fma(x0, a0);
      a1 = FloatVector.fromMemorySegment(F, w, next, LITTLE_ENDIAN).fma(x1, a1);
      b0 = FloatVector.fromMemorySegment(F, w, at + rowBytes, LITTLE_ENDIAN).fma(x0, b0);
      b1 = FloatVector.fromMemorySegment(F, w, next + rowBytes, LITTLE_ENDIAN).fma(x1, b1);
      c0 = FloatVector.fromMemorySegment(F, w, at + 2 * rowBytes, LITTLE_ENDIAN).fma(x0, c0);
      c1 = FloatVector.fromMemorySegment(F, w, next + 2 * rowBytes, LITTLE_ENDIAN).fma(x1, c1);
      d0 = FloatVector.fromMemorySegment(F, w, at + 3 * rowBytes, LITTLE_ENDIAN).fma(x0, d0);
      d1 = FloatVector.fromMemorySegment(F, w, next + 3 * rowBytes, LITTLE_ENDIAN).fma(x1, d1);
    }
    Species.expectFaults(w, offset);
    a0.add(a1).intoArray(lanes, out);
    b0.add(b1).intoArray(lanes, out + LANES);
    c0.add(c1).intoArray(lanes, out + 2 * LANES);
    d0.add(d1).intoArray(lanes, out + 3 * LANES);
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
