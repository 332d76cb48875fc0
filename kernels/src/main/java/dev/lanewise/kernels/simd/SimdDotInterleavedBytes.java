package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.I;
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
 * The loops of {@link SimdDotInterleaved} over blocks of bytes: each is moved to the top of its
 * lane, and is q · 2²⁴ there.
 */
final class SimdDotInterleavedBytes {
  private static final float GAIN = SimdDotInterleaved.GAIN;

  private static final int TOP_BYTE = 0xFF000000;

  private static final long WORD = InterleavedFormat.WORD;

  private SimdDotInterleavedBytes() {}

  /** Blocks of 32 bytes. */
  static void of32(
      MemorySegment w,
      InterleavedFormat format,
      long group,
      int lane,
      int k,
      float[] x,
      int xo,
      float[] lanes) {
    FloatVector acc = FloatVector.fromArray(F, Species.ZEROS, 0);
    boolean halves = format.halfScales();
    long words = group + 4L * lane;
    long scalesAt = 8 * WORD + (halves ? 2L : 4L) * lane - 4L * lane;
    int blockBytes = format.blockBytes();
    for (int b = 0; b < k / 32; b++) {
      long at = words + (long) b * blockBytes;
      FloatVector even = FloatVector.fromArray(F, Species.ZEROS, 0);
      FloatVector odd = FloatVector.fromArray(F, Species.ZEROS, 0);
      for (int i = 0; i < 8; i++) {
        IntVector q = IntVector.fromMemorySegment(I, w, at + i * WORD, LITTLE_ENDIAN);
        int xi = xo + b * 32 + 4 * i;
        even =
            ((FloatVector) q.lanewise(LSHL, 24).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi]), even);
        odd =
            ((FloatVector) q.lanewise(LSHL, 16).and(TOP_BYTE).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 1]), odd);
        even =
            ((FloatVector) q.lanewise(LSHL, 8).and(TOP_BYTE).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 2]), even);
        odd =
            ((FloatVector) q.and(TOP_BYTE).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 3]), odd);
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
    }
    byte _ = w.get(ValueLayout.JAVA_BYTE, group); // as Species.expectFaults does
    acc.intoArray(lanes, lane);
  }

  /** Blocks of 16 bytes. */
  static void of16(
      MemorySegment w,
      InterleavedFormat format,
      long group,
      int lane,
      int k,
      float[] x,
      int xo,
      float[] lanes) {
    FloatVector acc = FloatVector.fromArray(F, Species.ZEROS, 0);
    long words = group + 4L * lane;
    long scalesAt = 4 * WORD;
    int blockBytes = format.blockBytes();
    for (int b = 0; b < k / 16; b++) {
      long at = words + (long) b * blockBytes;
      FloatVector even = FloatVector.fromArray(F, Species.ZEROS, 0);
      FloatVector odd = FloatVector.fromArray(F, Species.ZEROS, 0);
      for (int i = 0; i < 4; i++) {
        IntVector q = IntVector.fromMemorySegment(I, w, at + i * WORD, LITTLE_ENDIAN);
        int xi = xo + b * 16 + 4 * i;
        even =
            ((FloatVector) q.lanewise(LSHL, 24).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi]), even);
        odd =
            ((FloatVector) q.lanewise(LSHL, 16).and(TOP_BYTE).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 1]), odd);
        even =
            ((FloatVector) q.lanewise(LSHL, 8).and(TOP_BYTE).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 2]), even);
        odd =
            ((FloatVector) q.and(TOP_BYTE).convertShape(I2F, F, 0))
                .fma(FloatVector.broadcast(F, x[xi + 3]), odd);
      }
      FloatVector scale = FloatVector.fromMemorySegment(F, w, at + scalesAt, LITTLE_ENDIAN);
      acc = scale.fma(even.add(odd).mul(1 / GAIN), acc);
    }
    byte _ = w.get(ValueLayout.JAVA_BYTE, group); // as Species.expectFaults does
    acc.intoArray(lanes, lane);
  }
}
