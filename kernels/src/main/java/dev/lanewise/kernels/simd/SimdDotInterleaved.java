package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.quant.Interleaved.ROWS;
import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.I;
import static dev.lanewise.kernels.simd.Species.LANES;
import static dev.lanewise.kernels.simd.Species.S;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.S2I;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.quant.Interleaved;
import dev.lanewise.kernels.quant.InterleavedFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
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
 * nibbles (and, convert, multiply-add) and no sum across lanes. The upper half of a word is loaded
 * from two bytes further on, so that its nibbles lie as those of the lower one: the same code
 * serves both, and what comes into the lane with it is masked out.
 *
 * <p>Numbers of five and six bits lie five or six in a word, and what is left of it piles up, two
 * bits of each word, to the last ones of a block. The loop over those of a word is kept from being
 * unrolled by its counter: unrolled, C2 brings what it computes forward until there are more
 * vectors than registers, and it took 1.2 to 1.4 times as long; of nibbles, whose loads of two
 * halves are few enough, 0.9 to 0.95 times. Vector operations for 16 weights, loads aside: 3 for
 * nibbles, 3.5 for all others, and 0.1 to 0.4 for scales and minima. The 15 bits below the sign of
 * a float16 scale, moved to the place of a float's, are the scale times 2⁻¹¹², also of a subnormal
 * one; infinities are kept out of the layout.
 *
 * <p>Four vectors of rows are multiplied at once, of as many groups where vectors have 512 bits:
 * the rows are cut into four streams, and each vector goes through one of them from end to end. How
 * far ahead a processor reads is bounded for each stream, and each that begins takes it a while to
 * notice. On one of Intel, weights that lie in memory were multiplied 1.2 to 1.7 times as fast as
 * group by group. With groups next to each other, where a stream ends with each, one of AMD (family
 * 25) took 1.3 times as long for rows of 576 columns. Of two groups nibbles gained nothing; blocks
 * of four groups in turn gained a tenth from memory and lost as much from the cache; reading ahead
 * by hand changed nothing.
 *
 * <p>What C2 needs for a loop grows with its calls and with the vectors that live through it, and
 * the first words wait for it: so there is one sum for each vector, those of the rows wait in an
 * array, and float16 scales are decoded in a loop over the vectors. With two sums each, scaled next
 * to each other, it took 0.36 s instead of 0.1; with those of the rows in registers, a tenth longer
 * for all of a program's first words. Sums with scales of float32 go without that loop: a sixth
 * faster for blocks of 16 columns. A method of its own for scaling cost 6 to 20 per cent, one call
 * for 8 or 32 blocks a tenth from memory.
 *
 * <p>The loops call the Vector API and nothing else: beyond so many nodes HotSpot inlines no other
 * methods; vectors that these return or take would become objects, and even a call for an address
 * cost a fifth.
 */
final class SimdDotInterleaved {
  /** By how much sums are too large. */
  private static final float GAIN = 0x1p24f;

  /** The same where numbers are packed: the uppermost of five bits begin there. */
  private static final float PACKED_GAIN = 0x1p25f;

  /** The numbers of a word that are packed. */
  private static final int[] FIVE_BITS = masks(5, 6);

  private static final int[] SIX_BITS = masks(6, 5);

  /** Vectors of rows that are multiplied at once. */
  private static final int VECTORS = 4;

  /** Groups of rows that these belong to. */
  static final int STREAMS = VECTORS * LANES / ROWS;

  /** Where the sums of a block wait for their scales, behind those of the rows. */
  private static final int SUMS = VECTORS * LANES;

  private static final long WORD = InterleavedFormat.WORD;

  /** Bytes of half a word, and of a scale of float16. */
  private static final long HALF = 2;

  /** The factor of each column of a block: nibbles of 16 and of 32, and packed numbers. */
  private static final float[][] FACTORS = {
    factors(16), factors(32), packedFactors(DType.Q5_0), packedFactors(DType.Q6_K)
  };

  /** Ways to prepare x, which depend on the format of rows. */
  static final int WAYS = FACTORS.length;

  private SimdDotInterleaved() {}

  private static float[] factors(int columns) {
    float[] factors = new float[columns];
    for (int c = 0; c < columns; c++) {
      int nibble = 2 * (c % 2) + c / (columns / 2);
      factors[c] = Math.scalb(GAIN, -4 * nibble);
    }
    return factors;
  }

  private static float[] packedFactors(DType dtype) {
    InterleavedFormat format = InterleavedFormat.of(dtype);
    int inWords = format.words() * format.perWord();
    float[] factors = new float[format.columns()];
    for (int c = 0; c < factors.length; c++) {
      int number = c < inWords ? c % format.perWord() : c - inWords;
      factors[c] = Math.scalb(PACKED_GAIN, -format.bits() * number);
    }
    return factors;
  }

  private static int[] masks(int bits, int perWord) {
    int[] masks = new int[perWord];
    for (int n = 0; n < perWord; n++) {
      masks[n] = ((1 << bits) - 1) << (bits * n);
    }
    return masks;
  }

  /** The masks of the numbers of a word that are packed. */
  static int[] masks(InterleavedFormat format) {
    return format.bits() == 5 ? FIVE_BITS : SIX_BITS;
  }

  /** The way that a format of fewer than eight bits wants, below {@link #WAYS}. */
  static int way(InterleavedFormat format) {
    return format.isPacked() ? format.bits() - 3 : format.columns() / 32;
  }

  /** Floats that {@link #prepare} writes for k columns. */
  static int preparedLength(int k) {
    return k + k / 16;
  }

  /**
   * Writes what all rows share: x with the factor of each number, [k], and the sums of x over the
   * columns of every block, [k / columns]. Rows of bytes do without.
   */
  static void prepare(float[] x, int xo, int k, InterleavedFormat format, float[] prepared) {
    int columns = format.columns();
    float[] factors = FACTORS[way(format)];
    for (int b = 0; b < k; b += columns) {
      for (int i = 0; i < columns; i += LANES) {
        FloatVector.fromArray(F, x, xo + b + i)
            .mul(FloatVector.fromArray(F, factors, i))
            .intoArray(prepared, b + i);
      }
      float sum = 0f;
      for (int i = 0; i < columns; i += 4) {
        int at = xo + b + i;
        sum += (x[at] + x[at + 1]) + (x[at + 2] + x[at + 3]);
      }
      prepared[k + b / columns] = sum;
    }
  }

  /**
   * y[yo + r] = row r of w · x, for r in {@code [from, to)}, {@code from} the first of a group.
   *
   * @param prepared what {@link #prepare} made of x for w's format
   * @param lanes scratch for two numbers of every row that is multiplied at once
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
    int groups = Math.ceilDiv(to - from, ROWS);
    int distance = Math.ceilDiv(groups, STREAMS);
    long streamBytes = distance * w.rowBytes();
    for (int g = 0; g < distance; g++) {
      int streams = Math.ceilDiv(groups - g, distance);
      int row = from + g * ROWS;
      long at = row / ROWS * w.rowBytes();
      Arrays.fill(lanes, 0, SUMS, 0f);
      switch (format.bits()) {
        case 4 -> nibbles(data, format, at, streamBytes, streams, k, prepared, lanes);
        case 5, 6 -> packed(data, format, at, streamBytes, streams, k, prepared, lanes);
        default -> bytes(data, format, at, streamBytes, streams, k, x, xo, lanes);
      }
      for (int s = 0; s < streams; s++, row += distance * ROWS) {
        System.arraycopy(lanes, s * ROWS, y, yo + row, Math.min(ROWS, to - row));
      }
    }
  }

  /**
   * From the first vector of rows that are multiplied at once to another of them: to the last one,
   * where there are fewer streams than vectors go through.
   *
   * @param streamBytes from a stream's group to the next one's
   */
  static long vector(int number, long streamBytes, int streams) {
    int lane = Math.min(number * LANES, streams * ROWS - LANES);
    return Interleaved.offset(lane, streamBytes, Integer.BYTES);
  }

  /**
   * Rows of nibbles: the products of four vectors to {@code lanes}.
   *
   * @param group where the first of the groups lies that are multiplied at once
   * @param streamBytes from each of them to the next
   * @param streams how many there are: where fewer than {@link #STREAMS}, the last is multiplied
   *     again
   */
  private static void nibbles(
      MemorySegment w,
      InterleavedFormat format,
      long group,
      long streamBytes,
      int streams,
      int k,
      float[] x,
      float[] lanes) {
    long words0 = group;
    long words1 = group + vector(1, streamBytes, streams);
    long words2 = group + vector(2, streamBytes, streams);
    long words3 = group + vector(3, streamBytes, streams);
    int columns = format.columns();
    int words = format.words();
    boolean halves = format.halfScales();
    boolean minima = format.minima();
    float offset = -format.offset();
    long scalesAt = format.scalesAt();
    long minimaAt = scalesAt + format.scaleBytes();
    int end = streams * ROWS;
    int blockBytes = format.blockBytes();
    IntVector low0 = IntVector.broadcast(I, 0xF);
    IntVector low1 = IntVector.broadcast(I, 0xF0);
    IntVector low2 = IntVector.broadcast(I, 0xF00);
    IntVector low3 = IntVector.broadcast(I, 0xF000);
    FloatVector gain = FloatVector.broadcast(F, 1 / GAIN);
    FloatVector zero = FloatVector.fromArray(F, Species.ZEROS, 0);
    for (int b = 0; b < k / columns; b++) {
      long block = (long) b * blockBytes;
      FloatVector sum0 = zero;
      FloatVector sum1 = zero;
      FloatVector sum2 = zero;
      FloatVector sum3 = zero;
      for (int i = 0; i < 2 * words; i++) {
        long half = block + i / 2 * WORD + i % 2 * HALF;
        IntVector q0 = IntVector.fromMemorySegment(I, w, words0 + half, LITTLE_ENDIAN);
        IntVector q1 = IntVector.fromMemorySegment(I, w, words1 + half, LITTLE_ENDIAN);
        IntVector q2 = IntVector.fromMemorySegment(I, w, words2 + half, LITTLE_ENDIAN);
        IntVector q3 = IntVector.fromMemorySegment(I, w, words3 + half, LITTLE_ENDIAN);
        int left = b * columns + 2 * i;
        int right = left + columns / 2;
        FloatVector x0 = FloatVector.broadcast(F, x[left]);
        sum0 = ((FloatVector) q0.and(low0).convertShape(I2F, F, 0)).fma(x0, sum0);
        sum1 = ((FloatVector) q1.and(low0).convertShape(I2F, F, 0)).fma(x0, sum1);
        sum2 = ((FloatVector) q2.and(low0).convertShape(I2F, F, 0)).fma(x0, sum2);
        sum3 = ((FloatVector) q3.and(low0).convertShape(I2F, F, 0)).fma(x0, sum3);
        FloatVector x1 = FloatVector.broadcast(F, x[right]);
        sum0 = ((FloatVector) q0.and(low1).convertShape(I2F, F, 0)).fma(x1, sum0);
        sum1 = ((FloatVector) q1.and(low1).convertShape(I2F, F, 0)).fma(x1, sum1);
        sum2 = ((FloatVector) q2.and(low1).convertShape(I2F, F, 0)).fma(x1, sum2);
        sum3 = ((FloatVector) q3.and(low1).convertShape(I2F, F, 0)).fma(x1, sum3);
        FloatVector x2 = FloatVector.broadcast(F, x[left + 1]);
        sum0 = ((FloatVector) q0.and(low2).convertShape(I2F, F, 0)).fma(x2, sum0);
        sum1 = ((FloatVector) q1.and(low2).convertShape(I2F, F, 0)).fma(x2, sum1);
        sum2 = ((FloatVector) q2.and(low2).convertShape(I2F, F, 0)).fma(x2, sum2);
        sum3 = ((FloatVector) q3.and(low2).convertShape(I2F, F, 0)).fma(x2, sum3);
        FloatVector x3 = FloatVector.broadcast(F, x[right + 1]);
        sum0 = ((FloatVector) q0.and(low3).convertShape(I2F, F, 0)).fma(x3, sum0);
        sum1 = ((FloatVector) q1.and(low3).convertShape(I2F, F, 0)).fma(x3, sum1);
        sum2 = ((FloatVector) q2.and(low3).convertShape(I2F, F, 0)).fma(x3, sum2);
        sum3 = ((FloatVector) q3.and(low3).convertShape(I2F, F, 0)).fma(x3, sum3);
      }
      float sum = x[k + b];
      float offsets = minima ? 0f : offset * sum; // a sum may be infinite, and 0 times it no number
      if (halves) {
        sum0.intoArray(lanes, SUMS);
        sum1.intoArray(lanes, SUMS + LANES);
        sum2.intoArray(lanes, SUMS + 2 * LANES);
        sum3.intoArray(lanes, SUMS + 3 * LANES);
        for (int lane = 0; lane < end; lane += LANES) {
          long scales = words0 + block + lane / ROWS * streamBytes + lane % ROWS * HALF;
          FloatVector product =
              FloatVector.fromArray(F, lanes, SUMS + lane)
                  .fma(gain, FloatVector.broadcast(F, offsets));
          FloatVector acc =
              ((IntVector)
                      ShortVector.fromMemorySegment(S, w, scales + scalesAt, LITTLE_ENDIAN)
                          .convertShape(S2I, I, 0))
                  .lanewise(LSHL, 13)
                  .and(0x8FFFE000)
                  .reinterpretAsFloats()
                  .mul(0x1p112f)
                  .fma(product, FloatVector.fromArray(F, lanes, lane));
          if (minima) {
            acc =
                ((IntVector)
                        ShortVector.fromMemorySegment(S, w, scales + minimaAt, LITTLE_ENDIAN)
                            .convertShape(S2I, I, 0))
                    .lanewise(LSHL, 13)
                    .and(0x8FFFE000)
                    .reinterpretAsFloats()
                    .mul(0x1p112f)
                    .fma(FloatVector.broadcast(F, sum), acc);
          }
          acc.intoArray(lanes, lane);
        }
      } else {
        FloatVector acc0 =
            FloatVector.fromMemorySegment(F, w, words0 + block + scalesAt, LITTLE_ENDIAN)
                .fma(
                    sum0.fma(gain, FloatVector.broadcast(F, offsets)),
                    FloatVector.fromArray(F, lanes, 0));
        FloatVector acc1 =
            FloatVector.fromMemorySegment(F, w, words1 + block + scalesAt, LITTLE_ENDIAN)
                .fma(
                    sum1.fma(gain, FloatVector.broadcast(F, offsets)),
                    FloatVector.fromArray(F, lanes, LANES));
        FloatVector acc2 =
            FloatVector.fromMemorySegment(F, w, words2 + block + scalesAt, LITTLE_ENDIAN)
                .fma(
                    sum2.fma(gain, FloatVector.broadcast(F, offsets)),
                    FloatVector.fromArray(F, lanes, 2 * LANES));
        FloatVector acc3 =
            FloatVector.fromMemorySegment(F, w, words3 + block + scalesAt, LITTLE_ENDIAN)
                .fma(
                    sum3.fma(gain, FloatVector.broadcast(F, offsets)),
                    FloatVector.fromArray(F, lanes, 3 * LANES));
        if (minima) {
          FloatVector all = FloatVector.broadcast(F, sum);
          acc0 =
              FloatVector.fromMemorySegment(F, w, words0 + block + minimaAt, LITTLE_ENDIAN)
                  .fma(all, acc0);
          acc1 =
              FloatVector.fromMemorySegment(F, w, words1 + block + minimaAt, LITTLE_ENDIAN)
                  .fma(all, acc1);
          acc2 =
              FloatVector.fromMemorySegment(F, w, words2 + block + minimaAt, LITTLE_ENDIAN)
                  .fma(all, acc2);
          acc3 =
              FloatVector.fromMemorySegment(F, w, words3 + block + minimaAt, LITTLE_ENDIAN)
                  .fma(all, acc3);
        }
        acc0.intoArray(lanes, 0);
        acc1.intoArray(lanes, LANES);
        acc2.intoArray(lanes, 2 * LANES);
        acc3.intoArray(lanes, 3 * LANES);
      }
    }
    byte _ = w.get(ValueLayout.JAVA_BYTE, words0); // as Species.expectFaults does
  }

  /** Likewise, of packed numbers. */
  private static void packed(
      MemorySegment w,
      InterleavedFormat format,
      long group,
      long streamBytes,
      int streams,
      int k,
      float[] x,
      float[] lanes) {
    long words0 = group;
    long words1 = group + vector(1, streamBytes, streams);
    long words2 = group + vector(2, streamBytes, streams);
    long words3 = group + vector(3, streamBytes, streams);
    int columns = format.columns();
    int words = format.words();
    boolean halves = format.halfScales();
    boolean minima = format.minima();
    float offset = -format.offset();
    long scalesAt = format.scalesAt();
    long minimaAt = scalesAt + format.scaleBytes();
    int end = streams * ROWS;
    int blockBytes = format.blockBytes();
    int[] masks = masks(format);
    int perWord = masks.length;
    int left = format.left();
    int pileAt = Integer.SIZE - 2 * words;
    IntVector top = IntVector.broadcast(I, 0xC0000000);
    FloatVector gain = FloatVector.broadcast(F, 1 / PACKED_GAIN);
    FloatVector zero = FloatVector.fromArray(F, Species.ZEROS, 0);
    for (int b = 0; b < k / columns; b++) {
      long block = (long) b * blockBytes;
      int xi = b * columns;
      FloatVector sum0 = zero;
      FloatVector sum1 = zero;
      FloatVector sum2 = zero;
      FloatVector sum3 = zero;
      IntVector pile0 = zero.reinterpretAsInts();
      IntVector pile1 = zero.reinterpretAsInts();
      IntVector pile2 = zero.reinterpretAsInts();
      IntVector pile3 = zero.reinterpretAsInts();
      for (int i = 0; i < words; i++) {
        long word = block + i * WORD;
        IntVector q0 = IntVector.fromMemorySegment(I, w, words0 + word, LITTLE_ENDIAN);
        IntVector q1 = IntVector.fromMemorySegment(I, w, words1 + word, LITTLE_ENDIAN);
        IntVector q2 = IntVector.fromMemorySegment(I, w, words2 + word, LITTLE_ENDIAN);
        IntVector q3 = IntVector.fromMemorySegment(I, w, words3 + word, LITTLE_ENDIAN);
        pile0 = pile0.lanewise(LSHR, 2).or(q0.and(top));
        pile1 = pile1.lanewise(LSHR, 2).or(q1.and(top));
        pile2 = pile2.lanewise(LSHR, 2).or(q2.and(top));
        pile3 = pile3.lanewise(LSHR, 2).or(q3.and(top));
        for (long n = 0; n < perWord; n++) {
          IntVector mask = IntVector.broadcast(I, masks[(int) n]);
          FloatVector xn = FloatVector.broadcast(F, x[xi + (int) n]);
          sum0 = ((FloatVector) q0.and(mask).convertShape(I2F, F, 0)).fma(xn, sum0);
          sum1 = ((FloatVector) q1.and(mask).convertShape(I2F, F, 0)).fma(xn, sum1);
          sum2 = ((FloatVector) q2.and(mask).convertShape(I2F, F, 0)).fma(xn, sum2);
          sum3 = ((FloatVector) q3.and(mask).convertShape(I2F, F, 0)).fma(xn, sum3);
        }
        xi += perWord;
      }
      pile0 = pile0.lanewise(LSHR, pileAt);
      pile1 = pile1.lanewise(LSHR, pileAt);
      pile2 = pile2.lanewise(LSHR, pileAt);
      pile3 = pile3.lanewise(LSHR, pileAt);
      for (long n = 0; n < left; n++) {
        IntVector mask = IntVector.broadcast(I, masks[(int) n]);
        FloatVector xn = FloatVector.broadcast(F, x[xi + (int) n]);
        sum0 = ((FloatVector) pile0.and(mask).convertShape(I2F, F, 0)).fma(xn, sum0);
        sum1 = ((FloatVector) pile1.and(mask).convertShape(I2F, F, 0)).fma(xn, sum1);
        sum2 = ((FloatVector) pile2.and(mask).convertShape(I2F, F, 0)).fma(xn, sum2);
        sum3 = ((FloatVector) pile3.and(mask).convertShape(I2F, F, 0)).fma(xn, sum3);
      }
      float sum = x[k + b];
      float offsets = minima ? 0f : offset * sum; // a sum may be infinite, and 0 times it no number
      if (halves) {
        sum0.intoArray(lanes, SUMS);
        sum1.intoArray(lanes, SUMS + LANES);
        sum2.intoArray(lanes, SUMS + 2 * LANES);
        sum3.intoArray(lanes, SUMS + 3 * LANES);
        for (int lane = 0; lane < end; lane += LANES) {
          long scales = words0 + block + lane / ROWS * streamBytes + lane % ROWS * HALF;
          FloatVector product =
              FloatVector.fromArray(F, lanes, SUMS + lane)
                  .fma(gain, FloatVector.broadcast(F, offsets));
          FloatVector acc =
              ((IntVector)
                      ShortVector.fromMemorySegment(S, w, scales + scalesAt, LITTLE_ENDIAN)
                          .convertShape(S2I, I, 0))
                  .lanewise(LSHL, 13)
                  .and(0x8FFFE000)
                  .reinterpretAsFloats()
                  .mul(0x1p112f)
                  .fma(product, FloatVector.fromArray(F, lanes, lane));
          if (minima) {
            acc =
                ((IntVector)
                        ShortVector.fromMemorySegment(S, w, scales + minimaAt, LITTLE_ENDIAN)
                            .convertShape(S2I, I, 0))
                    .lanewise(LSHL, 13)
                    .and(0x8FFFE000)
                    .reinterpretAsFloats()
                    .mul(0x1p112f)
                    .fma(FloatVector.broadcast(F, sum), acc);
          }
          acc.intoArray(lanes, lane);
        }
      } else {
        FloatVector acc0 =
            FloatVector.fromMemorySegment(F, w, words0 + block + scalesAt, LITTLE_ENDIAN)
                .fma(
                    sum0.fma(gain, FloatVector.broadcast(F, offsets)),
                    FloatVector.fromArray(F, lanes, 0));
        FloatVector acc1 =
            FloatVector.fromMemorySegment(F, w, words1 + block + scalesAt, LITTLE_ENDIAN)
                .fma(
                    sum1.fma(gain, FloatVector.broadcast(F, offsets)),
                    FloatVector.fromArray(F, lanes, LANES));
        FloatVector acc2 =
            FloatVector.fromMemorySegment(F, w, words2 + block + scalesAt, LITTLE_ENDIAN)
                .fma(
                    sum2.fma(gain, FloatVector.broadcast(F, offsets)),
                    FloatVector.fromArray(F, lanes, 2 * LANES));
        FloatVector acc3 =
            FloatVector.fromMemorySegment(F, w, words3 + block + scalesAt, LITTLE_ENDIAN)
                .fma(
                    sum3.fma(gain, FloatVector.broadcast(F, offsets)),
                    FloatVector.fromArray(F, lanes, 3 * LANES));
        if (minima) {
          FloatVector all = FloatVector.broadcast(F, sum);
          acc0 =
              FloatVector.fromMemorySegment(F, w, words0 + block + minimaAt, LITTLE_ENDIAN)
                  .fma(all, acc0);
          acc1 =
              FloatVector.fromMemorySegment(F, w, words1 + block + minimaAt, LITTLE_ENDIAN)
                  .fma(all, acc1);
          acc2 =
              FloatVector.fromMemorySegment(F, w, words2 + block + minimaAt, LITTLE_ENDIAN)
                  .fma(all, acc2);
          acc3 =
              FloatVector.fromMemorySegment(F, w, words3 + block + minimaAt, LITTLE_ENDIAN)
                  .fma(all, acc3);
        }
        acc0.intoArray(lanes, 0);
        acc1.intoArray(lanes, LANES);
        acc2.intoArray(lanes, 2 * LANES);
        acc3.intoArray(lanes, 3 * LANES);
      }
    }
    byte _ = w.get(ValueLayout.JAVA_BYTE, words0); // as Species.expectFaults does
  }

  /** Likewise, of bytes. */
  private static void bytes(
      MemorySegment w,
      InterleavedFormat format,
      long group,
      long streamBytes,
      int streams,
      int k,
      float[] x,
      int xo,
      float[] lanes) {
    long words0 = group;
    long words1 = group + vector(1, streamBytes, streams);
    long words2 = group + vector(2, streamBytes, streams);
    long words3 = group + vector(3, streamBytes, streams);
    int columns = format.columns();
    int words = format.words();
    boolean halves = format.halfScales();
    long scalesAt = format.scalesAt();
    int end = streams * ROWS;
    int blockBytes = format.blockBytes();
    IntVector top = IntVector.broadcast(I, 0xFF000000);
    FloatVector zero = FloatVector.fromArray(F, Species.ZEROS, 0);
    for (int b = 0; b < k / columns; b++) {
      long block = (long) b * blockBytes;
      FloatVector sum0 = zero;
      FloatVector sum1 = zero;
      FloatVector sum2 = zero;
      FloatVector sum3 = zero;
      for (int i = 0; i < words; i++) {
        long word = block + i * WORD;
        IntVector q0 = IntVector.fromMemorySegment(I, w, words0 + word, LITTLE_ENDIAN);
        IntVector q1 = IntVector.fromMemorySegment(I, w, words1 + word, LITTLE_ENDIAN);
        IntVector q2 = IntVector.fromMemorySegment(I, w, words2 + word, LITTLE_ENDIAN);
        IntVector q3 = IntVector.fromMemorySegment(I, w, words3 + word, LITTLE_ENDIAN);
        int xi = xo + b * columns + 4 * i;
        FloatVector x0 = FloatVector.broadcast(F, x[xi]);
        sum0 = ((FloatVector) q0.lanewise(LSHL, 24).convertShape(I2F, F, 0)).fma(x0, sum0);
        sum1 = ((FloatVector) q1.lanewise(LSHL, 24).convertShape(I2F, F, 0)).fma(x0, sum1);
        sum2 = ((FloatVector) q2.lanewise(LSHL, 24).convertShape(I2F, F, 0)).fma(x0, sum2);
        sum3 = ((FloatVector) q3.lanewise(LSHL, 24).convertShape(I2F, F, 0)).fma(x0, sum3);
        FloatVector x1 = FloatVector.broadcast(F, x[xi + 1]);
        sum0 = ((FloatVector) q0.lanewise(LSHL, 16).and(top).convertShape(I2F, F, 0)).fma(x1, sum0);
        sum1 = ((FloatVector) q1.lanewise(LSHL, 16).and(top).convertShape(I2F, F, 0)).fma(x1, sum1);
        sum2 = ((FloatVector) q2.lanewise(LSHL, 16).and(top).convertShape(I2F, F, 0)).fma(x1, sum2);
        sum3 = ((FloatVector) q3.lanewise(LSHL, 16).and(top).convertShape(I2F, F, 0)).fma(x1, sum3);
        FloatVector x2 = FloatVector.broadcast(F, x[xi + 2]);
        sum0 = ((FloatVector) q0.lanewise(LSHL, 8).and(top).convertShape(I2F, F, 0)).fma(x2, sum0);
        sum1 = ((FloatVector) q1.lanewise(LSHL, 8).and(top).convertShape(I2F, F, 0)).fma(x2, sum1);
        sum2 = ((FloatVector) q2.lanewise(LSHL, 8).and(top).convertShape(I2F, F, 0)).fma(x2, sum2);
        sum3 = ((FloatVector) q3.lanewise(LSHL, 8).and(top).convertShape(I2F, F, 0)).fma(x2, sum3);
        FloatVector x3 = FloatVector.broadcast(F, x[xi + 3]);
        sum0 = ((FloatVector) q0.and(top).convertShape(I2F, F, 0)).fma(x3, sum0);
        sum1 = ((FloatVector) q1.and(top).convertShape(I2F, F, 0)).fma(x3, sum1);
        sum2 = ((FloatVector) q2.and(top).convertShape(I2F, F, 0)).fma(x3, sum2);
        sum3 = ((FloatVector) q3.and(top).convertShape(I2F, F, 0)).fma(x3, sum3);
      }
      if (halves) {
        sum0.intoArray(lanes, SUMS);
        sum1.intoArray(lanes, SUMS + LANES);
        sum2.intoArray(lanes, SUMS + 2 * LANES);
        sum3.intoArray(lanes, SUMS + 3 * LANES);
        for (int lane = 0; lane < end; lane += LANES) {
          long scales = words0 + block + lane / ROWS * streamBytes + lane % ROWS * HALF;
          FloatVector product = FloatVector.fromArray(F, lanes, SUMS + lane).mul(1 / GAIN);
          FloatVector acc =
              ((IntVector)
                      ShortVector.fromMemorySegment(S, w, scales + scalesAt, LITTLE_ENDIAN)
                          .convertShape(S2I, I, 0))
                  .lanewise(LSHL, 13)
                  .and(0x8FFFE000)
                  .reinterpretAsFloats()
                  .mul(0x1p112f)
                  .fma(product, FloatVector.fromArray(F, lanes, lane));
          acc.intoArray(lanes, lane);
        }
      } else {
        FloatVector acc0 =
            FloatVector.fromMemorySegment(F, w, words0 + block + scalesAt, LITTLE_ENDIAN)
                .fma(sum0.mul(1 / GAIN), FloatVector.fromArray(F, lanes, 0));
        FloatVector acc1 =
            FloatVector.fromMemorySegment(F, w, words1 + block + scalesAt, LITTLE_ENDIAN)
                .fma(sum1.mul(1 / GAIN), FloatVector.fromArray(F, lanes, LANES));
        FloatVector acc2 =
            FloatVector.fromMemorySegment(F, w, words2 + block + scalesAt, LITTLE_ENDIAN)
                .fma(sum2.mul(1 / GAIN), FloatVector.fromArray(F, lanes, 2 * LANES));
        FloatVector acc3 =
            FloatVector.fromMemorySegment(F, w, words3 + block + scalesAt, LITTLE_ENDIAN)
                .fma(sum3.mul(1 / GAIN), FloatVector.fromArray(F, lanes, 3 * LANES));
        acc0.intoArray(lanes, 0);
        acc1.intoArray(lanes, LANES);
        acc2.intoArray(lanes, 2 * LANES);
        acc3.intoArray(lanes, 3 * LANES);
      }
    }
    byte _ = w.get(ValueLayout.JAVA_BYTE, words0); // as Species.expectFaults does
  }
}
