package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.GemmMicroKernel.MR;
import static dev.lanewise.kernels.simd.GemmMicroKernel.NR;
import static dev.lanewise.kernels.simd.Species.LANES;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import java.util.Arrays;

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
   * Packs rows {@code [row, row + MR)} of x: value (i, p) goes to {@code po + p * MR + i}.
   *
   * @param x [m × k]
   */
  static void packRows(float[] x, int m, int k, int row, float[] panel, int po) {
    int rows = Math.min(MR, m - row);
    if (rows < MR) {
      Arrays.fill(panel, po, po + MR * k, 0f);
    }
    Transposition.run(x, row * k, k, rows, k, panel, po, MR);
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
