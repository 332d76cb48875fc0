package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Reads memory from end to end before work that reads it in another order, or with too many
 * instructions in between for the processor to look far ahead.
 */
final class Prefetch {
  /** Floats of a cache line, where it is shortest. */
  static final int LINE = 16;

  private Prefetch() {}

  /**
   * Reads whole vectors of n bytes into the cache.
   *
   * @param sink gets LANES numbers that mean nothing
   */
  static void read(MemorySegment data, long offset, long n, float[] sink, int at) {
    FloatVector a = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector b = FloatVector.fromArray(F, Species.ZEROS, 0);
    long step = 4L * LANES;
    for (long i = offset; i <= offset + n - 2 * step; i += 2 * step) {
      a = a.add(FloatVector.fromMemorySegment(F, data, i, LITTLE_ENDIAN));
      b = b.add(FloatVector.fromMemorySegment(F, data, i + step, LITTLE_ENDIAN));
    }
    Species.expectFaults(data, offset);
    a.add(b).intoArray(sink, at);
  }

  /**
   * Reads one number of every cache line of some rows, for others to find there later: at 8,192
   * tokens attention gained a twentieth. Packing itself reads a few lines at a time and waits for
   * each.
   *
   * @param stride from one row to the next
   * @param sink gets a number that means nothing
   */
  static void rows(float[] x, int xo, int stride, int rows, int cols, float[] sink, int at) {
    float sum = 0f;
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < cols; j += LINE) {
        sum += x[xo + i * stride + j];
      }
    }
    sink[at] = sum;
  }
}
