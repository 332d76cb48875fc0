package dev.lanewise.model.speed;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.quant.Interleaved;
import dev.lanewise.kernels.quant.RandomBlocks;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.catalogue.Sizes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;

/**
 * Random operands of a kernel. Large ones repeat what they begin with, so that making them takes
 * less time than measuring; a prime period keeps rows and columns different.
 */
final class KernelOperands {
  private static final int PERIOD = 65_537;

  /** What HotSpot allows. */
  private static final long LONGEST_ARRAY = Integer.MAX_VALUE - 8L;

  /** Of the memory that is free: the rest is for the program itself, and for fragments. */
  private static final double USABLE = 0.9;

  private final SplittableRandom random = new SplittableRandom(20_260_101);

  /**
   * Refuses arrays that do not fit.
   *
   * @param lengths of all float arrays
   */
  static void requireHeap(long... lengths) {
    double bytes = 0;
    for (long length : lengths) {
      if (length > LONGEST_ARRAY) {
        throw new LanewiseException(
            "an operand of %d numbers is longer than an array of Java can be (%d); choose smaller sizes"
                .formatted(length, LONGEST_ARRAY));
      }
      bytes += 4.0 * length;
    }
    Runtime runtime = Runtime.getRuntime();
    long free = runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
    require(bytes, free, "the Java heap");
  }

  private static void require(double bytes, long free, String where) {
    double usable = USABLE * free;
    if (bytes > usable) {
      throw new LanewiseException(
          "the operands take %s, and %s has %s for them; choose smaller sizes or a larger heap (-Xmx)"
              .formatted(Sizes.text((long) bytes), where, Sizes.text((long) usable)));
    }
  }

  /** Numbers from −limit to limit. */
  float[] array(int n, float limit) {
    float[] values = new float[n];
    int period = Math.min(n, PERIOD);
    for (int i = 0; i < period; i++) {
      values[i] = random.nextFloat(-limit, limit);
    }
    for (int at = period; at < n; at += period) {
      System.arraycopy(values, 0, values, at, Math.min(period, n - at));
    }
    return values;
  }

  /** Weights of about −1 to 1, in the layout that models multiply. */
  Matrix matrix(DType type, int rows, int cols) {
    double needed = (double) rows * type.bytes(cols);
    if (Interleaved.holds(type, cols)) {
      long groupBytes = Interleaved.groupBytes(type, cols);
      if (groupBytes / 4 > LONGEST_ARRAY) { // a group is an array on its way
        throw new LanewiseException(
            cols + " columns are more than the layout of " + type + " can hold; choose fewer");
      }
      needed += (double) Math.ceilDiv(rows, Interleaved.ROWS) * groupBytes;
    }
    // By default memory outside the heap has a limit as large as the heap's.
    require(needed, Runtime.getRuntime().maxMemory(), "the memory outside the Java heap");
    long bytes = rows * type.bytes(cols);
    MemorySegment data = Arena.ofAuto().allocate(bytes, 64);
    long period = Math.min(bytes, (long) PERIOD * type.format().blockBytes());
    RandomBlocks.fill(data.asSlice(0, period), type, 1, random);
    for (long at = period; at < bytes; at += period) {
      MemorySegment.copy(data, 0, data, at, Math.min(period, bytes - at));
    }
    return new Matrix(data, rows, cols, type).interleaved();
  }
}
