package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.I;
import static dev.lanewise.kernels.simd.Species.LANES;
import static dev.lanewise.kernels.simd.Species.S;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.S2I;

import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.quant.Interleaved;
import dev.lanewise.kernels.quant.InterleavedFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

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
 * one or two instructions more. The 15 bits below the sign of a float16 scale, moved to the place
 * of a float's, are the scale times 2⁻¹¹², also of a subnormal one; infinities are kept out of the
 * layout.
 *
 * <p>Instructions of 512 bits for 32 weights, where numbers loaded as an operand count nothing: 6.4
 * for nibbles, 8.7 for five bits, 9 for six and 7.4 for bytes, 0.3 to 0.6 of them for scales; 0.4
 * more with minima.
 *
 * <p>Of a block of nibbles the first word is read first and the last one next, so that the block
 * comes from memory at once: an eighth faster than in their order. Where the high word was read
 * before the first, the processor often took that for no stream, and rows took four times as long.
 * On a processor of Intel, weights that lie in its third-level cache are read while others are
 * computed with, and those that come from memory hardly are: nibbles then take twice as long. There
 * the order of words, a number read of each line 1 to 6 KiB ahead, or groups read through
 * beforehand changed that by less than a fifth. What does help are several groups at once, each a
 * stream that the processor follows by itself, as {@link SimdDotInterleavedBytes} and {@link
 * SimdDotInterleavedPairs} have it: four groups of nibbles, with one sum each, were multiplied 1.2
 * to 1.3 times as fast. But C2 needs 0.36 s for that loop instead of 0.08, and the first 16 tokens
 * came 0.7 s later; two groups gained nothing. Blocks of four groups in turn gained a tenth from
 * memory, and lost as much from the cache.
 *
 * <p>The loops call the Vector API and nothing else: beyond so many nodes HotSpot inlines no other
 * methods, and vectors that these return or take would become objects.
 */
final class SimdDotInterleaved {
  /** By how much sums are too large. */
  static final float GAIN = 0x1p24f;

  private static final long WORD = InterleavedFormat.WORD;

  private SimdDotInterleaved() {}

  /** Floats that {@link #prepare} writes for k columns. */
  static int preparedLength(int k) {
    return k + k / 16;
  }

  /**
   * Writes what all rows share: x in the order and with the factor of each nibble, [k], and the
   * sums of x over the columns of every block, [k / columns]. Rows of bytes do without.
   */
  static void prepare(float[] x, int xo, int k, InterleavedFormat format, float[] prepared) {
    int columns = format.columns();
    int half = columns / 2;
    for (int b = 0; b < k; b += columns) {
      float sum = 0f;
      for (int i = 0; i < half; i += 4) {
        int to = b + 2 * i;
        int low = xo + b + i;
        int high = low + half;
        prepared[to] = x[low] * 0x1p24f;
        prepared[to + 1] = x[high] * 0x1p20f;
        prepared[to + 2] = x[low + 1] * 0x1p16f;
        prepared[to + 3] = x[high + 1] * 0x1p12f;
        prepared[to + 4] = x[low + 2] * 0x1p8f;
        prepared[to + 5] = x[high + 2] * 0x1p4f;
        prepared[to + 6] = x[low + 3];
        prepared[to + 7] = x[high + 3] * 0x1p24f;
        sum += (x[low] + x[low + 1]) + (x[low + 2] + x[low + 3]);
        sum += (x[high] + x[high + 1]) + (x[high + 2] + x[high + 3]);
      }
      prepared[k + b / columns] = sum;
    }
  }

  /**
   * y[yo + r] = row r of w · x, for r in {@code [from, to)}, {@code from} the first of a group.
   *
   * @param prepared what {@link #prepare} made of x for blocks of w's columns
   * @param lanes scratch for the sums of the rows that are multiplied at once
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
    InterleavedFormat format = InterleavedFormat.of(w.dtype());
    MemorySegment data = w.data();
    int k = w.cols();
    long groupBytes = w.rowBytes();
    int last = Math.ceilDiv(to, Interleaved.ROWS) * Interleaved.ROWS - LANES;
    int step = vectors(format) * LANES;
    for (int r = from; r < to; r += step) {
      switch (format.bits()) {
        case 4 -> {
          if (format.columns() == 32) {
            nibbles(data, format, r, groupBytes, k, prepared, lanes);
          } else {
            nibblesOf16(data, format, r, groupBytes, k, prepared, lanes);
          }
        }
        case 5 -> fiveBits(data, format, r, groupBytes, k, prepared, lanes);
        case 6 -> sixBits(data, format, r, groupBytes, k, prepared, lanes);
        default -> SimdDotInterleavedBytes.run(data, format, r, last, groupBytes, k, x, xo, lanes);
      }
      System.arraycopy(lanes, 0, y, yo + r, Math.min(step, to - r));
    }
  }

  /** Vectors of rows that are multiplied at once. */
  private static int vectors(InterleavedFormat format) {
    return format.bits() == 8 ? SimdDotInterleavedBytes.VECTORS : 1;
  }

  /** Blocks of 32 nibbles. */
  private static void nibbles(
      MemorySegment w,
      InterleavedFormat format,
      int row,
      long groupBytes,
      int k,
      float[] x,
      float[] lanes) {
    FloatVector acc = FloatVector.fromArray(F, Species.ZEROS, 0);
    boolean halves = format.halfScales();
    boolean minima = format.minima();
    float offset = -GAIN * format.offset();
    long words = Interleaved.offset(row, groupBytes, Integer.BYTES);
    int scaleSize = format.scaleBytes() / Interleaved.ROWS;
    long scalesAt = Interleaved.offset(row, groupBytes, scaleSize) - words + 4 * WORD;
    long minimaAt = scalesAt + format.scaleBytes();
    int blockBytes = format.blockBytes();
    for (int b = 0; b < k / 32; b++) {
      long at = words + (long) b * blockBytes;
      float sum = x[k + b];
      FloatVector even = FloatVector.broadcast(F, minima ? 0f : offset * sum);
      FloatVector odd = FloatVector.fromArray(F, Species.ZEROS, 0);
      IntVector first = IntVector.fromMemorySegment(I, w, at, LITTLE_ENDIAN);
      IntVector last = IntVector.fromMemorySegment(I, w, at + 3 * WORD, LITTLE_ENDIAN);
      for (int i = 0; i < 4; i++) {
        IntVector q =
            i == 0
                ? first
                : i == 3 ? last : IntVector.fromMemorySegment(I, w, at + i * WORD, LITTLE_ENDIAN);
        int xi = b * 32 + 8 * i;
        even =
            ((FloatVector) q.and(0xF).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi]), even);
        odd =
            ((FloatVector) q.and(0xF0).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 1]), odd);
        even =
            ((FloatVector) q.and(0xF00).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 2]), even);
        odd =
            ((FloatVector) q.and(0xF000).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 3]), odd);
        even =
            ((FloatVector) q.and(0xF0000).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 4]), even);
        odd =
            ((FloatVector) q.and(0xF00000).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 5]), odd);
        even =
            ((FloatVector) q.and(0xF000000).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 6]), even);
        odd =
            ((FloatVector) q.lanewise(LSHR, 28).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 7]), odd);
      }
      FloatVector scale =
          halves
              ? ((IntVector)
                      ShortVector.fromMemorySegment(S, w, at + scalesAt, LITTLE_ENDIAN)
                          .convertShape(S2I, I, 0))
                  .lanewise(LSHL, 13)
                  .and(0x8FFFE000)
                  .reinterpretAsFloats()
                  .mul(0x1p112f)
              : FloatVector.fromMemorySegment(F, w, at + scalesAt, LITTLE_ENDIAN);
      acc = scale.fma(even.add(odd).mul(1 / GAIN), acc);
      if (minima) {
        FloatVector min =
            halves
                ? ((IntVector)
                        ShortVector.fromMemorySegment(S, w, at + minimaAt, LITTLE_ENDIAN)
                            .convertShape(S2I, I, 0))
                    .lanewise(LSHL, 13)
                    .and(0x8FFFE000)
                    .reinterpretAsFloats()
                    .mul(0x1p112f)
                : FloatVector.fromMemorySegment(F, w, at + minimaAt, LITTLE_ENDIAN);
        acc = min.fma(FloatVector.broadcast(F, sum), acc);
      }
    }
    byte _ = w.get(ValueLayout.JAVA_BYTE, words); // as Species.expectFaults does
    acc.intoArray(lanes, 0);
  }

  /** Blocks of 16 nibbles, with minima. */
  private static void nibblesOf16(
      MemorySegment w,
      InterleavedFormat format,
      int row,
      long groupBytes,
      int k,
      float[] x,
      float[] lanes) {
    FloatVector acc = FloatVector.fromArray(F, Species.ZEROS, 0);
    long words = Interleaved.offset(row, groupBytes, Integer.BYTES);
    long scalesAt = 2 * WORD;
    long minimaAt = 3 * WORD;
    int blockBytes = format.blockBytes();
    for (int b = 0; b < k / 16; b++) {
      long at = words + (long) b * blockBytes;
      float sum = x[k + b];
      FloatVector even = FloatVector.fromArray(F, Species.ZEROS, 0);
      FloatVector odd = FloatVector.fromArray(F, Species.ZEROS, 0);
      for (int i = 0; i < 2; i++) {
        IntVector q = IntVector.fromMemorySegment(I, w, at + i * WORD, LITTLE_ENDIAN);
        int xi = b * 16 + 8 * i;
        even =
            ((FloatVector) q.and(0xF).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi]), even);
        odd =
            ((FloatVector) q.and(0xF0).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 1]), odd);
        even =
            ((FloatVector) q.and(0xF00).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 2]), even);
        odd =
            ((FloatVector) q.and(0xF000).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 3]), odd);
        even =
            ((FloatVector) q.and(0xF0000).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 4]), even);
        odd =
            ((FloatVector) q.and(0xF00000).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 5]), odd);
        even =
            ((FloatVector) q.and(0xF000000).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 6]), even);
        odd =
            ((FloatVector) q.lanewise(LSHR, 28).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 7]), odd);
      }
      FloatVector scale = FloatVector.fromMemorySegment(F, w, at + scalesAt, LITTLE_ENDIAN);
      acc = scale.fma(even.add(odd).mul(1 / GAIN), acc);
      FloatVector min = FloatVector.fromMemorySegment(F, w, at + minimaAt, LITTLE_ENDIAN);
      acc = min.fma(FloatVector.broadcast(F, sum), acc);
    }
    byte _ = w.get(ValueLayout.JAVA_BYTE, words); // as Species.expectFaults does
    acc.intoArray(lanes, 0);
  }

  /** Blocks of 32 nibbles with a high bit each. */
  private static void fiveBits(
      MemorySegment w,
      InterleavedFormat format,
      int row,
      long groupBytes,
      int k,
      float[] x,
      float[] lanes) {
    FloatVector acc = FloatVector.fromArray(F, Species.ZEROS, 0);
    boolean halves = format.halfScales();
    boolean minima = format.minima();
    float offset = -GAIN * format.offset();
    long words = Interleaved.offset(row, groupBytes, Integer.BYTES);
    int scaleSize = format.scaleBytes() / Interleaved.ROWS;
    long scalesAt = Interleaved.offset(row, groupBytes, scaleSize) - words + 5 * WORD;
    long minimaAt = scalesAt + format.scaleBytes();
    int blockBytes = format.blockBytes();
    for (int b = 0; b < k / 32; b++) {
      long at = words + (long) b * blockBytes;
      float sum = x[k + b];
      FloatVector even = FloatVector.broadcast(F, minima ? 0f : offset * sum);
      FloatVector odd = FloatVector.fromArray(F, Species.ZEROS, 0);
      IntVector first = IntVector.fromMemorySegment(I, w, at, LITTLE_ENDIAN);
      IntVector high = IntVector.fromMemorySegment(I, w, at + 4 * WORD, LITTLE_ENDIAN);
      for (int i = 0; i < 4; i++) {
        IntVector q =
            i == 0 ? first : IntVector.fromMemorySegment(I, w, at + i * WORD, LITTLE_ENDIAN);
        int xi = b * 32 + 8 * i;
        IntVector h = high.lanewise(LSHR, i);
        even =
            ((FloatVector) q.and(0xF).or(h.and(0x10)).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi]), even);
        odd =
            ((FloatVector) q.and(0xF0).or(h.and(0x100)).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 1]), odd);
        even =
            ((FloatVector) q.and(0xF00).or(h.and(0x1000)).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 2]), even);
        odd =
            ((FloatVector) q.and(0xF000).or(h.and(0x10000)).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 3]), odd);
        even =
            ((FloatVector) q.and(0xF0000).or(h.and(0x100000)).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 4]), even);
        odd =
            ((FloatVector) q.and(0xF00000).or(h.and(0x1000000)).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 5]), odd);
        even =
            ((FloatVector) q.and(0xF000000).or(h.and(0x10000000)).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 6]), even);
        odd =
            ((FloatVector)
                    q.lanewise(LSHR, 28).or(h.lanewise(LSHL, 4).and(0x10)).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 7]), odd);
      }
      FloatVector scale =
          halves
              ? ((IntVector)
                      ShortVector.fromMemorySegment(S, w, at + scalesAt, LITTLE_ENDIAN)
                          .convertShape(S2I, I, 0))
                  .lanewise(LSHL, 13)
                  .and(0x8FFFE000)
                  .reinterpretAsFloats()
                  .mul(0x1p112f)
              : FloatVector.fromMemorySegment(F, w, at + scalesAt, LITTLE_ENDIAN);
      acc = scale.fma(even.add(odd).mul(1 / GAIN), acc);
      if (minima) {
        FloatVector min =
            halves
                ? ((IntVector)
                        ShortVector.fromMemorySegment(S, w, at + minimaAt, LITTLE_ENDIAN)
                            .convertShape(S2I, I, 0))
                    .lanewise(LSHL, 13)
                    .and(0x8FFFE000)
                    .reinterpretAsFloats()
                    .mul(0x1p112f)
                : FloatVector.fromMemorySegment(F, w, at + minimaAt, LITTLE_ENDIAN);
        acc = min.fma(FloatVector.broadcast(F, sum), acc);
      }
    }
    byte _ = w.get(ValueLayout.JAVA_BYTE, words); // as Species.expectFaults does
    acc.intoArray(lanes, 0);
  }

  /** Blocks of 16 nibbles with two high bits each, without minima. */
  private static void sixBits(
      MemorySegment w,
      InterleavedFormat format,
      int row,
      long groupBytes,
      int k,
      float[] x,
      float[] lanes) {
    FloatVector acc = FloatVector.fromArray(F, Species.ZEROS, 0);
    float offset = -GAIN * format.offset();
    long words = Interleaved.offset(row, groupBytes, Integer.BYTES);
    long scalesAt = 3 * WORD;
    int blockBytes = format.blockBytes();
    for (long b = 0; b < k / 16; b++) { // an int would have it unrolled, and out of registers
      long at = words + b * blockBytes;
      float sum = x[k + (int) b];
      FloatVector even = FloatVector.broadcast(F, offset * sum);
      FloatVector odd = FloatVector.fromArray(F, Species.ZEROS, 0);
      IntVector first = IntVector.fromMemorySegment(I, w, at, LITTLE_ENDIAN);
      IntVector high = IntVector.fromMemorySegment(I, w, at + 2 * WORD, LITTLE_ENDIAN);
      for (int i = 0; i < 2; i++) {
        IntVector q =
            i == 0 ? first : IntVector.fromMemorySegment(I, w, at + i * WORD, LITTLE_ENDIAN);
        int xi = (int) b * 16 + 8 * i;
        IntVector h = high.lanewise(LSHR, 2 * i);
        even =
            ((FloatVector) q.and(0xF).or(h.and(0x30)).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi]), even);
        odd =
            ((FloatVector) q.and(0xF0).or(h.and(0x300)).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 1]), odd);
        even =
            ((FloatVector) q.and(0xF00).or(h.and(0x3000)).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 2]), even);
        odd =
            ((FloatVector) q.and(0xF000).or(h.and(0x30000)).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 3]), odd);
        even =
            ((FloatVector) q.and(0xF0000).or(h.and(0x300000)).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 4]), even);
        odd =
            ((FloatVector) q.and(0xF00000).or(h.and(0x3000000)).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 5]), odd);
        even =
            ((FloatVector) q.and(0xF000000).or(h.and(0x30000000)).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 6]), even);
        odd =
            ((FloatVector)
                    q.lanewise(LSHR, 28).or(h.lanewise(LSHL, 4).and(0x30)).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 7]), odd);
      }
      FloatVector scale = FloatVector.fromMemorySegment(F, w, at + scalesAt, LITTLE_ENDIAN);
      acc = scale.fma(even.add(odd).mul(1 / GAIN), acc);
    }
    byte _ = w.get(ValueLayout.JAVA_BYTE, words); // as Species.expectFaults does
    acc.intoArray(lanes, 0);
  }
}
