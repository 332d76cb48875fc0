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
   * Steps of k that are unpacked at a time: NR · 64 floats, 8 KiB, stay in the first-level cache.
   */
  private static final int STEP = 64;

  /** Floats of scratch that {@link #packWeights} needs. */
  static final int SCRATCH = NR * 256;

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
    for (int j = 0; j < columns; j += NR) {
      int from = b.at(matrix, k0, column + j);
      int n = Math.min(NR, columns - j);
      if (n < NR) {
        Arrays.fill(strip, j * k, (j + NR) * k, 0f);
      }
      if (b.columnStride == 1) {
        copyRows(b.data, from, b.rowStride, k, n, strip, j * k);
      } else if (b.rowStride == 1) {
        transpose(b.data, from, b.columnStride, k, n, strip, j * k);
      } else {
        copy(b.data, from, b.columnStride, b.rowStride, n, k, strip, j * k, NR);
      }
    }
  }

  private static void copyRows(
      float[] b, int from, int stride, int k, int columns, float[] panel, int po) {
    for (int p = 0; p < k; p++) {
      if (columns == NR) {
        FloatVector.fromArray(F, b, from + p * stride).intoArray(panel, po + p * NR);
        FloatVector.fromArray(F, b, from + p * stride + LANES)
            .intoArray(panel, po + p * NR + LANES);
      } else {
        System.arraycopy(b, from + p * stride, panel, po + p * NR, columns);
      }
    }
  }

  /** Few columns at a time, which may lie so that they compete for places in the cache. */
  private static void transpose(
      float[] b, int from, int stride, int k, int columns, float[] panel, int po) {
    for (int p = 0; p < k; p += STEP) {
      int steps = Math.min(STEP, k - p);
      for (int j = 0; j < columns; j += MR) {
        int n = Math.min(MR, columns - j);
        Transposition.run(b, from + p + j * stride, stride, n, steps, panel, po + p * NR + j, NR);
      }
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
   */
  static void packWeights(
      Matrix w, int row, int k0, int kc, float[] panel, int po, float[] scratch) {
    if (w.layout() == Matrix.Layout.INTERLEAVED) {
      packInterleaved(w, row, k0, kc, panel, po);
      return;
    }
    DType dtype = w.dtype();
    int step = Math.max(STEP, dtype.blockSize());
    int rows = Math.min(NR, w.rows() - row);
    if (rows < NR) {
      Arrays.fill(scratch, 0f);
    }
    long rowBytes = w.rowBytes();
    for (int p0 = 0; p0 < kc; p0 += step) {
      int n = Math.min(step, kc - p0);
      long offset = row * rowBytes + dtype.bytes(k0 + p0);
      for (int j = 0; j < rows; j++) {
        SimdDequantise.run(dtype, w.data(), offset + j * rowBytes, scratch, j * step, n);
      }
      Transposition.run(scratch, 0, step, NR, n, panel, po + p0 * NR, NR);
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
