package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.Epilogue;
import jdk.incubator.vector.FloatVector;

/**
 * The way of finished sums to c: c = activation(α · sum + bias) + β · c. One thread's own, set anew
 * for each matrix.
 */
final class GemmStore {
  private float[] c;
  private int offset;
  private int rowStride;
  private int columnStride;
  private float alpha;
  private float[] bias;
  private boolean biasByRow;
  private Activation activation;
  private float beta;

  /**
   * Takes over an output.
   *
   * @param offset of element (0, 0) of c
   * @param biasByRow if c is the transpose of the caller's, whose columns the bias belongs to
   */
  void set(
      float[] c,
      int offset,
      int rowStride,
      int columnStride,
      Epilogue epilogue,
      boolean biasByRow) {
    this.c = c;
    this.offset = offset;
    this.rowStride = rowStride;
    this.columnStride = columnStride;
    this.biasByRow = biasByRow;
    alpha = epilogue.alpha();
    bias = epilogue.bias();
    activation = epilogue.activation();
    beta = epilogue.beta();
  }

  /** Lets go of the output. */
  void clear() {
    c = null;
    bias = null;
  }

  /** Whether sums may be written to c as they are. */
  boolean direct() {
    return columnStride == 1
        && alpha == 1
        && bias == null
        && activation == Activation.IDENTITY
        && beta == 0;
  }

  float[] c() {
    return c;
  }

  int at(int row, int column) {
    return offset + row * rowStride + column * columnStride;
  }

  int rowStride() {
    return rowStride;
  }

  /**
   * Finishes a tile of sums, which are overwritten on the way.
   *
   * @param sums value (i, j) lies at {@code i * lds + j}
   * @param row first row in c
   * @param column first column in c
   */
  void finish(float[] sums, int lds, int row, int column, int rows, int columns) {
    for (int i = 0; i < rows; i++) {
      int at = i * lds;
      if (bias == null) {
        scale(sums, at, alpha, columns);
      } else if (biasByRow) {
        scale(sums, at, alpha, bias[row + i], columns);
      } else {
        scale(sums, at, alpha, bias, column, columns);
      }
      if (activation != Activation.IDENTITY) {
        SimdActivation.run(activation, sums, at, sums, at, columns);
      }
      write(sums, at, at(row + i, column), columns);
    }
  }

  private void write(float[] sums, int at, int to, int columns) {
    if (columnStride == 1 && beta == 0) {
      System.arraycopy(sums, at, c, to, columns);
    } else if (columnStride == 1) {
      accumulate(sums, at, beta, c, to, columns);
    } else if (beta == 0) {
      for (int j = 0; j < columns; j++) {
        c[to + j * columnStride] = sums[at + j];
      }
    } else {
      for (int j = 0; j < columns; j++) {
        c[to + j * columnStride] = sums[at + j] + beta * c[to + j * columnStride];
      }
    }
  }

  private static void scale(float[] x, int xo, float alpha, int n) {
    if (alpha == 1) {
      return;
    }
    int j = xo;
    for (; j <= xo + n - LANES; j += LANES) {
      FloatVector.fromArray(F, x, j).mul(alpha).intoArray(x, j);
    }
    for (; j < xo + n; j++) {
      x[j] *= alpha;
    }
  }

  private static void scale(float[] x, int xo, float alpha, float bias, int n) {
    int j = xo;
    for (; j <= xo + n - LANES; j += LANES) {
      FloatVector.fromArray(F, x, j).mul(alpha).add(bias).intoArray(x, j);
    }
    for (; j < xo + n; j++) {
      x[j] = x[j] * alpha + bias;
    }
  }

  private static void scale(float[] x, int xo, float alpha, float[] bias, int bo, int n) {
    int j = 0;
    for (; j <= n - LANES; j += LANES) {
      FloatVector.fromArray(F, x, xo + j)
          .mul(alpha)
          .add(FloatVector.fromArray(F, bias, bo + j))
          .intoArray(x, xo + j);
    }
    for (; j < n; j++) {
      x[xo + j] = x[xo + j] * alpha + bias[bo + j];
    }
  }

  /** c = x + β · c. */
  private static void accumulate(float[] x, int xo, float beta, float[] c, int co, int n) {
    int j = 0;
    for (; j <= n - LANES; j += LANES) {
      FloatVector.fromArray(F, x, xo + j)
          .add(FloatVector.fromArray(F, c, co + j).mul(beta))
          .intoArray(c, co + j);
    }
    for (; j < n; j++) {
      c[co + j] = x[xo + j] + beta * c[co + j];
    }
  }
}
