package dev.lanewise.kernels.simd;

import dev.lanewise.kernels.MatrixView;

/**
 * An operand of the product in progress: what a {@link MatrixView} says, in an object that is used
 * again for every product.
 */
final class GemmOperand {
  float[] data;
  int offset;
  int batchStride;
  int rowStride;
  int columnStride;

  /** Takes over a view, or its transpose. */
  void set(MatrixView view, boolean transposed) {
    data = view.data();
    offset = view.offset();
    batchStride = view.batchStride();
    rowStride = transposed ? view.columnStride() : view.rowStride();
    columnStride = transposed ? view.rowStride() : view.columnStride();
  }

  /** Takes over one row-major matrix, from {@code offset} on. */
  void set(float[] data, int offset, int cols) {
    this.data = data;
    this.offset = offset;
    batchStride = 0;
    rowStride = cols;
    columnStride = 1;
  }

  /** Lets go of the array. */
  void clear() {
    data = null;
  }

  /** Where element (row, column) of a matrix of the batch lies. */
  int at(int matrix, int row, int column) {
    return offset + matrix * batchStride + row * rowStride + column * columnStride;
  }
}
