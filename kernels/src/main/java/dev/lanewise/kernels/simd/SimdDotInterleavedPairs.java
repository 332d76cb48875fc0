package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.quant.Interleaved.ROWS;
import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.I;
import static dev.lanewise.kernels.simd.Species.LANES;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.quant.Interleaved;
import dev.lanewise.kernels.quant.InterleavedFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * {@link SimdDot} for {@link Interleaved} rows of 16-bit floats: a row in every lane, of which a
 * word holds two columns.
 *
 * <p>bfloat16: a shift and a mask. float16: the 15 bits below the sign, moved to the place of a
 * float's, are the number times 2⁻¹¹², also a subnormal one; x is multiplied by a power of two
 * beforehand, and the sums by what it lacks of 2¹¹². The layout keeps out what is not finite.
 * Vector operations for 16 weights, loads aside: 3.5, and 2 for bfloat16.
 *
 * <p>Four vectors of rows are multiplied at once, in streams as in {@link SimdDotInterleaved}. On
 * one processor of Intel weights in memory were multiplied 1.5 to 1.7 times as fast as group by
 * group. Where a stream has ended its vectors are those of the last one again.
 */
final class SimdDotInterleavedPairs {
  private static final long WORD = InterleavedFormat.WORD;

  /** The exponent of the gain of float16. */
  private static final int GAIN = 112;

  /** x as float16 wants it. */
  private float[] scaled = {};

  /** What sums lack. */
  private float missing;

  /**
   * Takes k columns of x for rows of float16. As much of the gain is left out as would make
   * infinities of large numbers.
   *
   * @param largest magnitude of them
   */
  void prepare(float[] x, int xo, int k, float largest) {
    if (scaled.length < k) {
      scaled = new float[k];
    }
    int exponent = Math.min(GAIN, Float.MAX_EXPONENT - 1 - Math.getExponent(largest));
    float gain = Math.scalb(1f, exponent);
    missing = Math.scalb(1f, GAIN - exponent);
    for (int i = 0; i < k; i++) {
      scaled[i] = x[xo + i] * gain;
    }
  }

  /**
   * y[yo + r] = row r of w · x, for r in {@code [from, to)}, {@code from} the first of a group.
   *
   * @param x of bfloat16; for float16 it is the prepared one
   * @param lanes scratch for the sums of four vectors of rows
   */
  void rows(Matrix w, int from, int to, float[] x, int xo, float[] lanes, float[] y, int yo) {
    int groups = Math.ceilDiv(to - from, ROWS);
    int distance = Math.ceilDiv(groups, SimdDotInterleaved.STREAMS);
    long streamBytes = distance * w.rowBytes();
    for (int g = 0; g < distance; g++) {
      int streams = Math.ceilDiv(groups - g, distance);
      int row = from + g * ROWS;
      long at = row / ROWS * w.rowBytes();
      if (w.dtype() == DType.F16) {
        halves(w.data(), at, streamBytes, streams, w.cols(), scaled, missing, lanes);
      } else {
        brains(w.data(), at, streamBytes, streams, w.cols(), x, xo, lanes);
      }
      for (int s = 0; s < streams; s++, row += distance * ROWS) {
        System.arraycopy(lanes, s * ROWS, y, yo + row, Math.min(ROWS, to - row));
      }
    }
  }

  /**
   * Rows of float16.
   *
   * @param group where the first of the groups lies that are multiplied at once
   * @param streamBytes from each of them to the next
   * @param streams how many there are, at most {@link SimdDotInterleaved#STREAMS}
   */
  private static void halves(
      MemorySegment w,
      long group,
      long streamBytes,
      int streams,
      int k,
      float[] x,
      float missing,
      float[] lanes) {
    long words0 = group;
    long words1 = group + SimdDotInterleaved.vector(1, streamBytes, streams);
    long words2 = group + SimdDotInterleaved.vector(2, streamBytes, streams);
    long words3 = group + SimdDotInterleaved.vector(3, streamBytes, streams);
    FloatVector even0 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector even1 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector even2 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector even3 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector odd0 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector odd1 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector odd2 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector odd3 = FloatVector.fromArray(F, Species.ZEROS, 0);
    for (long i = 0; i < k / 2; i++) { // an int would have it unrolled
      long word = i * WORD;
      int xi = 2 * (int) i;
      FloatVector x0 = FloatVector.broadcast(F, x[xi]);
      FloatVector x1 = FloatVector.broadcast(F, x[xi + 1]);
      IntVector q0 = IntVector.fromMemorySegment(I, w, words0 + word, LITTLE_ENDIAN);
      even0 =
          q0.lanewise(LSHL, 16)
              .lanewise(ASHR, 3)
              .and(0x8FFFFFFF)
              .reinterpretAsFloats()
              .fma(x0, even0);
      odd0 = q0.lanewise(ASHR, 3).and(0x8FFFE000).reinterpretAsFloats().fma(x1, odd0);
      IntVector q1 = IntVector.fromMemorySegment(I, w, words1 + word, LITTLE_ENDIAN);
      even1 =
          q1.lanewise(LSHL, 16)
              .lanewise(ASHR, 3)
              .and(0x8FFFFFFF)
              .reinterpretAsFloats()
              .fma(x0, even1);
      odd1 = q1.lanewise(ASHR, 3).and(0x8FFFE000).reinterpretAsFloats().fma(x1, odd1);
      IntVector q2 = IntVector.fromMemorySegment(I, w, words2 + word, LITTLE_ENDIAN);
      even2 =
          q2.lanewise(LSHL, 16)
              .lanewise(ASHR, 3)
              .and(0x8FFFFFFF)
              .reinterpretAsFloats()
              .fma(x0, even2);
      odd2 = q2.lanewise(ASHR, 3).and(0x8FFFE000).reinterpretAsFloats().fma(x1, odd2);
      IntVector q3 = IntVector.fromMemorySegment(I, w, words3 + word, LITTLE_ENDIAN);
      even3 =
          q3.lanewise(LSHL, 16)
              .lanewise(ASHR, 3)
              .and(0x8FFFFFFF)
              .reinterpretAsFloats()
              .fma(x0, even3);
      odd3 = q3.lanewise(ASHR, 3).and(0x8FFFE000).reinterpretAsFloats().fma(x1, odd3);
    }
    byte _ = w.get(ValueLayout.JAVA_BYTE, words0); // as Species.expectFaults does
    even0.add(odd0).mul(missing).intoArray(lanes, 0);
    even1.add(odd1).mul(missing).intoArray(lanes, LANES);
    even2.add(odd2).mul(missing).intoArray(lanes, 2 * LANES);
    even3.add(odd3).mul(missing).intoArray(lanes, 3 * LANES);
  }

  /** Rows of bfloat16, likewise. */
  private static void brains(
      MemorySegment w,
      long group,
      long streamBytes,
      int streams,
      int k,
      float[] x,
      int xo,
      float[] lanes) {
    long words0 = group;
    long words1 = group + SimdDotInterleaved.vector(1, streamBytes, streams);
    long words2 = group + SimdDotInterleaved.vector(2, streamBytes, streams);
    long words3 = group + SimdDotInterleaved.vector(3, streamBytes, streams);
    FloatVector even0 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector even1 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector even2 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector even3 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector odd0 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector odd1 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector odd2 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector odd3 = FloatVector.fromArray(F, Species.ZEROS, 0);
    for (long i = 0; i < k / 2; i++) { // an int would have it unrolled
      long word = i * WORD;
      int xi = xo + 2 * (int) i;
      FloatVector x0 = FloatVector.broadcast(F, x[xi]);
      FloatVector x1 = FloatVector.broadcast(F, x[xi + 1]);
      IntVector q0 = IntVector.fromMemorySegment(I, w, words0 + word, LITTLE_ENDIAN);
      even0 = q0.lanewise(LSHL, 16).reinterpretAsFloats().fma(x0, even0);
      odd0 = q0.and(0xFFFF0000).reinterpretAsFloats().fma(x1, odd0);
      IntVector q1 = IntVector.fromMemorySegment(I, w, words1 + word, LITTLE_ENDIAN);
      even1 = q1.lanewise(LSHL, 16).reinterpretAsFloats().fma(x0, even1);
      odd1 = q1.and(0xFFFF0000).reinterpretAsFloats().fma(x1, odd1);
      IntVector q2 = IntVector.fromMemorySegment(I, w, words2 + word, LITTLE_ENDIAN);
      even2 = q2.lanewise(LSHL, 16).reinterpretAsFloats().fma(x0, even2);
      odd2 = q2.and(0xFFFF0000).reinterpretAsFloats().fma(x1, odd2);
      IntVector q3 = IntVector.fromMemorySegment(I, w, words3 + word, LITTLE_ENDIAN);
      even3 = q3.lanewise(LSHL, 16).reinterpretAsFloats().fma(x0, even3);
      odd3 = q3.and(0xFFFF0000).reinterpretAsFloats().fma(x1, odd3);
    }
    byte _ = w.get(ValueLayout.JAVA_BYTE, words0); // as Species.expectFaults does
    even0.add(odd0).intoArray(lanes, 0);
    even1.add(odd1).intoArray(lanes, LANES);
    even2.add(odd2).intoArray(lanes, 2 * LANES);
    even3.add(odd3).intoArray(lanes, 3 * LANES);
  }
}
