package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.quant.Interleaved.ROWS;
import static dev.lanewise.kernels.simd.SimdDotInterleaved.HALF;
import static dev.lanewise.kernels.simd.SimdDotInterleaved.SUMS;
import static dev.lanewise.kernels.simd.SimdDotInterleaved.WORD;
import static dev.lanewise.kernels.simd.SimdDotInterleaved.vector;
import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.I;
import static dev.lanewise.kernels.simd.Species.LANES;
import static dev.lanewise.kernels.simd.Species.S;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.S2I;

import dev.lanewise.kernels.quant.InterleavedFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/**
 * {@link SimdDotInterleaved} for numbers of four bits.
 *
 * <p>The nibble at bit 4n is q · 2⁴ⁿ as an integer, and x is multiplied by 2²⁴⁻⁴ⁿ beforehand. That
 * leaves three instructions for as many nibbles as a vector has lanes (and, convert, multiply-add).
 * The upper half of a word is loaded from two bytes further on, so that its nibbles lie as those of
 * the lower one: the same code serves both, and what comes into the lane with it is masked out.
 */
final class SimdDotInterleavedNibbles {
  private static final float GAIN = InterleavedInput.GAIN;

  private SimdDotInterleavedNibbles() {}

  /**
   * The products of four vectors to {@code lanes}.
   *
   * @param group where the first of the groups lies that are multiplied at once
   * @param streamBytes from each of them to the next
   * @param streams how many there are: where fewer than {@link SimdDotInterleaved#STREAMS}, the
   *     last is multiplied again
   * @param x prepared
   */
  static void products(
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
}
