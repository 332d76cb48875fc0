package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.quant.Interleaved.ROWS;
import static dev.lanewise.kernels.simd.Species.LANES;

import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.quant.Interleaved;
import dev.lanewise.kernels.quant.InterleavedFormat;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * {@link SimdDot} for {@link Interleaved} rows: a row in every lane, so that no sum goes across
 * lanes.
 *
 * <p>Numbers are not shifted down to where they belong: what a mask leaves of a word is a number
 * times a power of two, the sums are too large by a common gain, and the scale makes that good.
 * Vector operations for 16 weights, loads aside: 3 for nibbles, 3.5 for all others, and 0.1 to 0.4
 * for scales and minima. The 15 bits below the sign of a float16 scale, moved to the place of a
 * float's, are the scale times 2⁻¹¹², also of a subnormal one; infinities are kept out of the
 * layout.
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
  static final long WORD = InterleavedFormat.WORD;

  /** Bytes of half a word, and of a scale of float16. */
  static final long HALF = 2;

  /** Vectors of rows that are multiplied at once. */
  private static final int VECTORS = 4;

  /** Groups of rows that these belong to. */
  static final int STREAMS = VECTORS * LANES / ROWS;

  /** Where the sums of a block wait for their scales, behind those of the rows. */
  static final int SUMS = VECTORS * LANES;

  private SimdDotInterleaved() {}

  /**
   * y[yo + r] = row r of w · x, for r in {@code [from, to)}, {@code from} the first of a group.
   *
   * @param prepared what {@link InterleavedInput} made of x for w's format; null where it makes
   *     nothing
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
        case 4 ->
            SimdDotInterleavedNibbles.products(
                data, format, at, streamBytes, streams, k, prepared, lanes);
        case 5, 6 ->
            SimdDotInterleavedPacked.products(
                data, format, at, streamBytes, streams, k, prepared, lanes);
        default ->
            SimdDotInterleavedBytes.products(
                data, format, at, streamBytes, streams, k, x, xo, lanes);
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
}
