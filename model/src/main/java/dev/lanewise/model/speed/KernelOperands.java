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
    long longest = 0;
    for (long length : lengths) {
      longest = Math.max(longest, length);
      bytes += 4.0 * length;
    }
    String needed = "the operands take " + Sizes.text((long) bytes);
    if (longest > LONGEST_ARRAY) {
      throw new LanewiseException(
          "%s, and one of them has %d numbers, more than an array of Java can have (%d); choose smaller sizes"
              .formatted(needed, longest, LONGEST_ARRAY));
    }
    Runtime runtime = Runtime.getRuntime();
    double usable = USABLE * (runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory());
    if (bytes > usable) {
      throw new LanewiseException(
          needed
              + ", and the Java heap has "
              + Sizes.text((long) usable)
              + " for them; choose smaller sizes or a larger heap (-Xmx)");
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
    try {
      return random(type, rows, cols).interleaved();
    } catch (OutOfMemoryError e) {
      throw new LanewiseException(
          "the weights take %s in two layouts, more than there is outside of the Java heap: %s; choose smaller sizes or a larger limit (-XX:MaxDirectMemorySize)"
              .formatted(Sizes.text((long) needed), e.getMessage()),
          e);
    }
  }

  private Matrix random(DType type, int rows, int cols) {
    long bytes = rows * type.bytes(cols);
    MemorySegment data = Arena.ofAuto().allocate(bytes, 64);
    long period = Math.min(bytes, (long) PERIOD * type.format().blockBytes());
    RandomBlocks.fill(data.asSlice(0, period), type, 1, random);
    for (long at = period; at < bytes; at += period) {
      MemorySegment.copy(data, 0, data, at, Math.min(period, bytes - at));
    }
    return new Matrix(data, rows, cols, type);
  }
}
