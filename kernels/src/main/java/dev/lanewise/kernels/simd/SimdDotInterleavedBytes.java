package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.I;
import static dev.lanewise.kernels.simd.Species.LANES;
import static dev.lanewise.kernels.simd.Species.S;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.S2I;

import dev.lanewise.kernels.quant.Interleaved;
import dev.lanewise.kernels.quant.InterleavedFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/**
 * The loops of {@link SimdDotInterleaved} over blocks of bytes: each is moved to the top of its
 * lane, and is q · 2²⁴ there.
 */
final class SimdDotInterleavedBytes {
  private static final float GAIN = SimdDotInterleaved.GAIN;

  private static final int TOP_BYTE = 0xFF000000;

  /**
   * Vectors of rows that are multiplied at once: two streams from memory, and half the loads of x.
   * Four were another tenth faster on a processor of Intel, but take C2 two and a half times as
   * long, for which the first words wait.
   */
  static final int VECTORS = 2;

  private static final long WORD = InterleavedFormat.WORD;

  private SimdDotInterleavedBytes() {}

  /**
   * The sums of two vectors of rows.
   *
   * @param row the first of two vectors of rows
   * @param last the first of the last vector, which is taken once more where there is no second
   */
  static void run(
      MemorySegment w,
      InterleavedFormat format,
      int row,
      int last,
      long groupBytes,
      int k,
      float[] x,
      int xo,
      float[] lanes) {
    long words0 = Interleaved.offset(row, groupBytes, Integer.BYTES);
    long words1 = Interleaved.offset(Math.min(row + LANES, last), groupBytes, Integer.BYTES);
    int columns = format.columns();
    int wordsOfBlock = format.lowWords();
    boolean halves = format.halfScales();
    int scaleSize = format.scaleBytes() / Interleaved.ROWS;
    long scales0 = Interleaved.offset(row, groupBytes, scaleSize) + format.scalesAt();
    long scales1 =
        Interleaved.offset(Math.min(row + LANES, last), groupBytes, scaleSize) + format.scalesAt();
    int blockBytes = format.blockBytes();
    FloatVector acc0 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector acc1 = FloatVector.fromArray(F, Species.ZEROS, 0);
    for (int b = 0; b < k / columns; b++) {
      long block = (long) b * blockBytes;
      FloatVector even0 = FloatVector.fromArray(F, Species.ZEROS, 0);
      FloatVector even1 = FloatVector.fromArray(F, Species.ZEROS, 0);
      FloatVector odd0 = FloatVector.fromArray(F, Species.ZEROS, 0);
      FloatVector odd1 = FloatVector.fromArray(F, Species.ZEROS, 0);
      for (int i = 0; i < wordsOfBlock; i++) {
        long word = block + i * WORD;
        IntVector q0 = IntVector.fromMemorySegment(I, w, words0 + word, LITTLE_ENDIAN);
        IntVector q1 = IntVector.fromMemorySegment(I, w, words1 + word, LITTLE_ENDIAN);
        int xi = xo + b * columns + 4 * i;
        FloatVector x0 = FloatVector.broadcast(F, x[xi]);
        even0 = ((FloatVector) q0.lanewise(LSHL, 24).convertShape(I2F, F, 0)).fma(x0, even0);
        even1 = ((FloatVector) q1.lanewise(LSHL, 24).convertShape(I2F, F, 0)).fma(x0, even1);
        FloatVector x1 = FloatVector.broadcast(F, x[xi + 1]);
        odd0 =
            ((FloatVector) q0.lanewise(LSHL, 16).and(TOP_BYTE).convertShape(I2F, F, 0))
                .fma(x1, odd0);
        odd1 =
            ((FloatVector) q1.lanewise(LSHL, 16).and(TOP_BYTE).convertShape(I2F, F, 0))
                .fma(x1, odd1);
        FloatVector x2 = FloatVector.broadcast(F, x[xi + 2]);
        even0 =
            ((FloatVector) q0.lanewise(LSHL, 8).and(TOP_BYTE).convertShape(I2F, F, 0))
                .fma(x2, even0);
        even1 =
            ((FloatVector) q1.lanewise(LSHL, 8).and(TOP_BYTE).convertShape(I2F, F, 0))
                .fma(x2, even1);
        FloatVector x3 = FloatVector.broadcast(F, x[xi + 3]);
        odd0 = ((FloatVector) q0.and(TOP_BYTE).convertShape(I2F, F, 0)).fma(x3, odd0);
        odd1 = ((FloatVector) q1.and(TOP_BYTE).convertShape(I2F, F, 0)).fma(x3, odd1);
      }
      FloatVector scale0 =
          halves
              ? ((IntVector)
                      ShortVector.fromMemorySegment(S, w, scales0 + block, LITTLE_ENDIAN)
                          .convertShape(S2I, I, 0))
                  .lanewise(LSHL, 13)
                  .and(0x8FFFE000)
                  .reinterpretAsFloats()
                  .mul(0x1p112f)
              : FloatVector.fromMemorySegment(F, w, scales0 + block, LITTLE_ENDIAN);
      acc0 = scale0.fma(even0.add(odd0).mul(1 / GAIN), acc0);
      FloatVector scale1 =
          halves
              ? ((IntVector)
                      ShortVector.fromMemorySegment(S, w, scales1 + block, LITTLE_ENDIAN)
                          .convertShape(S2I, I, 0))
                  .lanewise(LSHL, 13)
                  .and(0x8FFFE000)
                  .reinterpretAsFloats()
                  .mul(0x1p112f)
              : FloatVector.fromMemorySegment(F, w, scales1 + block, LITTLE_ENDIAN);
      acc1 = scale1.fma(even1.add(odd1).mul(1 / GAIN), acc1);
    }
    byte _ = w.get(ValueLayout.JAVA_BYTE, words0); // as Species.expectFaults does
    acc0.intoArray(lanes, 0);
    acc1.intoArray(lanes, LANES);
  }
}
