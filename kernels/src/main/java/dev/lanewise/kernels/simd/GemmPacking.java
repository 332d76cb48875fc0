package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.GemmMicroKernel.MR;
import static dev.lanewise.kernels.simd.GemmMicroKernel.NR;
import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Rearranges operands into the micropanels that {@link GemmMicroKernel} reads from end to end. What
 * lies beyond the edge of a matrix is 0, so the micro-kernel knows no edges.
 */
final class GemmPacking {
  /**
   * Steps of k of a transposed b that are packed at a time: NR · 64 floats, 8 KiB, stay in the
   * first-level cache.
   */
  private static final int STEP = 64;

  /** Steps of k that weights are decoded at a time: a multiple of all their blocks. */
  private static final int WEIGHT_STEP = 256;

  /** From one row that is decoded to the next: a cache line more, so that they do not compete. */
  private static final int WEIGHT_STRIDE = WEIGHT_STEP + 16;

  /** Floats of scratch that {@link #packWeights} needs. */
  static final int SCRATCH = NR * WEIGHT_STRIDE;

  private GemmPacking() {}

  /**
   * Packs {@code rows} rows of a matrix of the batch a: value (row + i, p) goes to {@code po + p *
   * MR + i}.
   */
  static void packRows(GemmOperand a, int matrix, int row, int rows, int k, float[] panel, int po) {
    if (rows < MR) {
      Arrays.fill(panel, po, po + MR * k, 0f);
    }
    int from = a.at(matrix, row, 0);
    if (a.columnStride == 1) {
      Transposition.run(a.data, from, a.rowStride, rows, k, panel, po, MR);
    } else {
      copy(a.data, from, a.rowStride, a.columnStride, rows, k, panel, po, MR);
    }
  }

  /**
   * Packs steps {@code [k0, k0 + k)} of columns of a matrix of the batch b into micropanels: value
   * (k0 + p, column + j) goes to {@code p * NR + j} of a panel.
   */
  static void packColumns(
      GemmOperand b, int matrix, int k0, int k, int column, int columns, float[] strip) {
    if (columns % NR != 0) {
      int rest = columns - columns % NR;
      Arrays.fill(strip, rest * k, (rest + NR) * k, 0f);
    }
    if (b.columnStride == 1) {
      copyRows(b.data, b.at(matrix, k0, column), b.rowStride, k, columns, strip);
      return;
    }
    for (int j = 0; j < columns; j += NR) {
      int from = b.at(matrix, k0, column + j);
      int n = Math.min(NR, columns - j);
      if (b.rowStride == 1) {
        transpose(b.data, from, b.columnStride, k, n, strip, j * k);
      } else {
        copy(b.data, from, b.columnStride, b.rowStride, n, k, strip, j * k, NR);
      }
    }
  }

  /** Row by row: rows of a large b lie on a page each, which is looked up once so. */
  private static void copyRows(float[] b, int from, int stride, int k, int columns, float[] strip) {
    int whole = columns - columns % NR;
    for (int p = 0; p < k; p++) {
      int at = from + p * stride;
      int to = p * NR;
      for (int j = 0; j < whole; j += NR) {
        FloatVector.fromArray(F, b, at + j).intoArray(strip, to + j * k);
        FloatVector.fromArray(F, b, at + j + LANES).intoArray(strip, to + j * k + LANES);
      }
      if (whole < columns) {
        System.arraycopy(b, at + whole, strip, to + whole * k, columns - whole);
      }
    }
  }

  /** Few steps of k at a time. */
  private static void transpose(
      float[] b, int from, int stride, int k, int columns, float[] panel, int po) {
    for (int p = 0; p < k; p += STEP) {
      int steps = Math.min(STEP, k - p);
      Transposition.run(b, from + p, stride, columns, steps, panel, po + p * NR, NR);
    }
  }

  /** Element (i, j) of x, at {@code xo + i * rs + j * cs}, goes to {@code yo + j * ldy + i}. */
  private static void copy(
      float[] x, int xo, int rs, int cs, int rows, int cols, float[] y, int yo, int ldy) {
    for (int j = 0; j < cols; j++) {
      for (int i = 0; i < rows; i++) {
        y[yo + j * ldy + i] = x[xo + i * rs + j * cs];
      }
    }
  }

  /**
   * Unpacks rows {@code [row, row + NR)} of w, steps {@code [k0, k0 + kc)}, transposed: value (p,
   * j) goes to {@code po + p * NR + j}.
   *
   * <p>Rows that are not interleaved are read through beforehand: decoded a piece of each at a
   * time, they came from memory at half the speed or less.
   */
  static void packWeights(
      Matrix w, int row, int k0, int kc, float[] panel, int po, float[] scratch) {
    if (w.layout() == Matrix.Layout.INTERLEAVED) {
      packInterleaved(w, row, k0, kc, panel, po);
      return;
    }
    DType dtype = w.dtype();
    int rows = Math.min(NR, w.rows() - row);
    long rowBytes = w.rowBytes();
    long first = row * rowBytes + dtype.bytes(k0);
    if (kc == w.cols()) {
      Prefetch.read(w.data(), first, rows * rowBytes, scratch, 0);
    } else {
      for (int j = 0; j < rows; j++) {
        Prefetch.read(w.data(), first + j * rowBytes, dtype.bytes(kc), scratch, 0);
      }
    }
    if (rows < NR) {
      Arrays.fill(scratch, 0f);
    }
    for (int p0 = 0; p0 < kc; p0 += WEIGHT_STEP) {
      int n = Math.min(WEIGHT_STEP, kc - p0);
      long offset = first + dtype.bytes(p0);
      for (int j = 0; j < rows; j++) {
        SimdDequantise.run(dtype, w.data(), offset + j * rowBytes, scratch, j * WEIGHT_STRIDE, n);
      }
      Transposition.run(scratch, 0, WEIGHT_STRIDE, NR, n, panel, po + p0 * NR, NR);
    }
  }

  /** Interleaved rows are micropanels already, but for the encoding. */
  private static void packInterleaved(Matrix w, int row, int k0, int kc, float[] panel, int po) {
    for (int j = 0; j < NR; j += LANES) {
      if (row + j < w.rows()) {
        SimdDequantise.interleaved(w, row + j, k0, kc, panel, po + j, NR);
      } else {
        for (int p = 0; p < kc; p++) {
          Arrays.fill(panel, po + p * NR + j, po + p * NR + j + LANES, 0f);
        }
      }
    }
  }
}
