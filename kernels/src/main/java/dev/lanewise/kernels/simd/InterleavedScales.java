package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.LANES;
import static jdk.incubator.vector.VectorOperators.LSHL;

import dev.lanewise.kernels.quant.InterleavedFormat;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/** The scales and minima of {@link dev.lanewise.kernels.quant.Interleaved} rows as float32. */
final class InterleavedScales {
  private InterleavedScales() {}

  /** Floats that {@link #decode} writes for k columns, at most. */
  static int length(int k) {
    return k / 16 * 2 * LANES;
  }

  /**
   * Writes, for n blocks of LANES rows, a vector of scales and one of minima; without minima, the
   * scales times −offset.
   *
   * @param lanes where the first of the rows lies in the first word of its group
   * @param first the first block
   * @param k columns of a row
   */
  static void decode(
      MemorySegment w,
      InterleavedFormat format,
      long lanes,
      int first,
      int n,
      int k,
      float[] y,
      int yo) {
    if (format.paired()) {
      paired(w, format, lanes, first, n, k, y, yo);
    } else if (format.halfScales()) {
      halves(w, format, lanes, first, n, k, y, yo);
    } else {
      floats(w, format, lanes, first, n, k, y, yo);
    }
    Species.expectFaults(w, lanes);
  }

  /** Two blocks share a word. */
  private static void paired(
      MemorySegment w,
      InterleavedFormat format,
      long lanes,
      int first,
      int n,
      int k,
      float[] y,
      int yo) {
    float offset = -format.offset();
    for (int b = 0; b < n; b++) {
      int shift = 16 - 16 * ((first + b) % 2);
      IntVector word = Species.ints(w, lanes + format.scalesAt(first + b, k)).lanewise(LSHL, shift);
      FloatVector scale = SimdDequantise.upperHalves(word);
      scale.intoArray(y, yo + 2 * LANES * b);
      scale.mul(offset).intoArray(y, yo + 2 * LANES * b + LANES);
    }
  }

  /** A word is scale and minimum. */
  private static void halves(
      MemorySegment w,
      InterleavedFormat format,
      long lanes,
      int first,
      int n,
      int k,
      float[] y,
      int yo) {
    for (int b = 0; b < n; b++) {
      IntVector word = Species.ints(w, lanes + format.scalesAt(first + b, k));
      SimdDequantise.upperHalves(word.lanewise(LSHL, 16)).intoArray(y, yo + 2 * LANES * b);
      SimdDequantise.upperHalves(word).intoArray(y, yo + 2 * LANES * b + LANES);
    }
  }

  private static void floats(
      MemorySegment w,
      InterleavedFormat format,
      long lanes,
      int first,
      int n,
      int k,
      float[] y,
      int yo) {
    // Without minima, the scales themselves take their place.
    int minimaAfter = format.minimaAfter();
    float factor = format.minima() ? 1 : -format.offset();
    for (int b = 0; b < n; b++) {
      long at = lanes + format.scalesAt(first + b, k);
      Species.floats(w, at).intoArray(y, yo + 2 * LANES * b);
      Species.floats(w, at + minimaAfter).mul(factor).intoArray(y, yo + 2 * LANES * b + LANES);
    }
  }
}
