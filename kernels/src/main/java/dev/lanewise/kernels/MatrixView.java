package dev.lanewise.kernels;

import java.util.Objects;

/**
 * A float32 matrix, or a batch of them, inside an array that the caller owns: element (i, j) of
 * matrix b lies at {@code offset + b · batchStride + i · rowStride + j · columnStride}.
 *
 * <p>The leading dimension of BLAS is the row stride; a transposed matrix has its strides swapped.
 * A batch stride of 0 uses one matrix for the whole batch.
 *
 * @param data the elements
 * @param offset of element (0, 0) of the first matrix
 * @param batch number of matrices
 * @param batchStride distance from one matrix to the next
 * @param rows rows of each matrix
 * @param cols columns of each matrix
 * @param rowStride distance from one row to the next
 * @param columnStride distance from one column to the next
 */
public record MatrixView(
    float[] data,
    int offset,
    int batch,
    int batchStride,
    int rows,
    int cols,
    int rowStride,
    int columnStride) {
  /**
   * Checks that every element lies in the array.
   *
   * @throws IllegalArgumentException if a size or a stride is negative, or an element lies outside
   */
  public MatrixView {
    Objects.requireNonNull(data, "data");
    if (offset < 0 || batch < 0 || rows < 0 || cols < 0) {
      throw new IllegalArgumentException(
          "offset %d, %d matrices of %d x %d: none may be negative"
              .formatted(offset, batch, rows, cols));
    }
    if (batchStride < 0 || rowStride < 0 || columnStride < 0) {
      throw new IllegalArgumentException(
          "strides %d (matrices), %d (rows), %d (columns): none may be negative"
              .formatted(batchStride, rowStride, columnStride));
    }
    if (batch > 0 && rows > 0 && cols > 0) {
      // Each product fits in 62 bits, so that the sum of three of them may overflow: in two steps.
      long last = offset + (batch - 1L) * batchStride;
      last = last < data.length ? last + (rows - 1L) * rowStride : last;
      last = last < data.length ? last + (cols - 1L) * columnStride : last;
      if (last >= data.length) {
        throw new IllegalArgumentException(
            "%d matrices of %d x %d from %d on, with strides %d, %d, %d, do not fit an array of %d"
                .formatted(
                    batch, rows, cols, offset, batchStride, rowStride, columnStride, data.length));
      }
    }
  }

  /**
   * One matrix, row by row from the start of the array.
   *
   * @throws IllegalArgumentException if it does not fit the array, or a size is negative
   */
  public static MatrixView of(float[] data, int rows, int cols) {
    return new MatrixView(data, 0, 1, 0, rows, cols, cols, 1);
  }

  /**
   * Matrices one after the other, row by row, from the start of the array.
   *
   * @throws IllegalArgumentException if they do not fit the array, or a size is negative
   */
  public static MatrixView ofBatch(float[] data, int batch, int rows, int cols) {
    // What no array holds is refused as that, not for its stride.
    int stride = Math.clamp((long) rows * cols, 0, Integer.MAX_VALUE);
    return new MatrixView(data, 0, batch, stride, rows, cols, cols, 1);
  }

  /** The same elements with rows and columns exchanged; nothing is copied. */
  public MatrixView transposed() {
    return new MatrixView(data, offset, batch, batchStride, cols, rows, columnStride, rowStride);
  }

  /**
   * {@code rows} rows from row {@code from} on.
   *
   * @throws IllegalArgumentException if there are no such rows
   */
  public MatrixView rows(int from, int rows) {
    checkRange("rows", from, rows, this.rows);
    return new MatrixView(
        data, offset + from * rowStride, batch, batchStride, rows, cols, rowStride, columnStride);
  }

  /**
   * {@code cols} columns from column {@code from} on.
   *
   * @throws IllegalArgumentException if there are no such columns
   */
  public MatrixView columns(int from, int cols) {
    checkRange("columns", from, cols, this.cols);
    return new MatrixView(
        data,
        offset + from * columnStride,
        batch,
        batchStride,
        rows,
        cols,
        rowStride,
        columnStride);
  }

  /**
   * This matrix for each of a batch of products.
   *
   * @throws IllegalArgumentException if it is a batch already
   */
  public MatrixView repeated(int batch) {
    if (this.batch != 1) {
      throw new IllegalArgumentException("a batch of " + this.batch + " cannot be repeated");
    }
    return new MatrixView(data, offset, batch, 0, rows, cols, rowStride, columnStride);
  }

  private static void checkRange(String what, int from, int n, int of) {
    if (from < 0 || n < 0 || n > of - from) {
      throw new IllegalArgumentException(
          "%s %d to %d of a matrix with %d".formatted(what, from, (long) from + n, of));
    }
  }
}
