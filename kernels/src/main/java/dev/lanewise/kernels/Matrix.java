package dev.lanewise.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;

/**
 * An immutable row-major matrix of weights.
 *
 * <p>The data always lies outside the Java heap (a mapped file or native memory), so that kernels
 * see one kind of memory and compile to one kind of load.
 *
 * @param data the encoded rows, one after the other, little-endian
 * @param rows number of rows (output features of a linear layer)
 * @param cols number of columns (input features), a multiple of the type's block size
 * @param dtype how the elements are encoded
 */
public record Matrix(MemorySegment data, int rows, int cols, DType dtype) {
  /**
   * Checks that data, shape and type agree.
   *
   * @throws IllegalArgumentException if they do not
   */
  public Matrix {
    if (rows <= 0 || cols <= 0) {
      throw new IllegalArgumentException("matrix of " + rows + " x " + cols + ": both must be > 0");
    }
    if (cols % dtype.blockSize() != 0) {
      throw new IllegalArgumentException(
          cols + " columns are no multiple of the " + dtype + " block of " + dtype.blockSize());
    }
    if (!data.isNative()) {
      throw new IllegalArgumentException("matrix data must lie outside the heap; use Matrix.of");
    }
    long rowBytes = dtype.bytes(cols);
    if (rowBytes > data.byteSize() / rows) {
      throw new IllegalArgumentException(
          "%s matrix of %d x %d needs %s bytes, got %d"
              .formatted(
                  dtype,
                  rows,
                  cols,
                  BigInteger.valueOf(rowBytes).multiply(BigInteger.valueOf(rows)),
                  data.byteSize()));
    }
    data = data.asSlice(0, rows * rowBytes).asReadOnly();
  }

  /** Copies {@code rows x cols} row-major values into a float32 matrix. */
  public static Matrix of(float[] values, int rows, int cols) {
    if (values.length != (long) rows * cols) {
      throw new IllegalArgumentException(
          values.length + " values do not fill a matrix of " + rows + " x " + cols);
    }
    MemorySegment data = Arena.ofAuto().allocate(Math.max(4L, 4L * values.length), 64);
    MemorySegment.copy(values, 0, data, ValueLayout.JAVA_FLOAT, 0, values.length);
    return new Matrix(data, rows, cols, DType.F32);
  }

  /** Bytes of one row. */
  public long rowBytes() {
    return dtype.bytes(cols);
  }

  /** Decodes one row into {@code target[targetOffset ..]}: the gather of an embedding. */
  public void row(int row, float[] target, int targetOffset) {
    if (row < 0 || row >= rows) {
      throw new IndexOutOfBoundsException("row " + row + " of a matrix with " + rows + " rows");
    }
    dtype.format().dequantise(data, row * rowBytes(), target, targetOffset, cols);
  }
}
