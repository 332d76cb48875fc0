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
 * {@link SimdDotInterleaved} for numbers of eight bits. A byte is moved to the top of its lane, and
 * is q · 2²⁴ there.
 */
final class SimdDotInterleavedBytes {
  private static final float GAIN = 0x1p24f;

  private SimdDotInterleavedBytes() {}

  /**
   * The products of four vectors to {@code lanes}.
   *
   * @param group where the first of the groups lies that are multiplied at once
   * @param streamBytes from each of them to the next
   * @param streams how many there are: where fewer than {@link SimdDotInterleaved#STREAMS}, the
   *     last is multiplied again
   */
  static void products(
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
