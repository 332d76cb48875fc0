package dev.lanewise.bench;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.quant.RandomBlocks;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.random.RandomGenerator;

/** Arrays and matrices of random numbers. */
public final class RandomOperands {
  /** Rows after which a matrix repeats itself, so that large ones are soon made. */
  private static final int DISTINCT_ROWS = 1024;

  private RandomOperands() {}

  /** Numbers from −1 to 1. */
  public static float[] array(int n, RandomGenerator random) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextFloat(-1, 1);
    }
    return values;
  }

  /**
   * A matrix whose elements are at most 1/√cols in size, so that products with it neither grow nor
   * vanish from layer to layer. Large ones repeat their first {@value #DISTINCT_ROWS} rows, to be
   * made in reasonable time.
   */
  static Matrix matrix(DType type, int rows, int cols, RandomGenerator random) {
    MemorySegment data = Arena.ofAuto().allocate(type.bytes((long) rows * cols), 64);
    long distinct = type.bytes((long) Math.min(rows, DISTINCT_ROWS) * cols);
    RandomBlocks.fill(data.asSlice(0, distinct), type, (float) (1 / Math.sqrt(cols)), random);
    for (long at = distinct; at < data.byteSize(); at += distinct) {
      long bytes = Math.min(distinct, data.byteSize() - at);
      MemorySegment.copy(data, 0, data, at, bytes);
    }
    return new Matrix(data, rows, cols, type);
  }
}
