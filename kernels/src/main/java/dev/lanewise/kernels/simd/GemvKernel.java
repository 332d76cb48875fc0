package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/** The product of a row vector x and a matrix b in an array, by b's rows or by its columns. */
final class GemvKernel {
  private GemvKernel() {}

  /**
   * y[j] = Σ_p x[p] · b[p, j], in the order of p, for n columns of a row-major b. Four rows at a
   * time, so that y is loaded and stored once for four loads of b; eight were no faster.
   *
   * @param b value (p, j) lies at {@code bo + p * ldb + j}
   */
  static void rows(float[] x, int xo, float[] b, int bo, int ldb, int k, float[] y, int n) {
    Arrays.fill(y, 0, n, 0f);
    int p = 0;
    for (; p <= k - 4; p += 4) {
      fourRows(x, xo + p, b, bo + p * ldb, ldb, y, n);
    }
    for (; p < k; p++) {
      row(x[xo + p], b, bo + p * ldb, y, n);
    }
  }

  private static void fourRows(float[] x, int xo, float[] b, int bo, int ldb, float[] y, int n) {
    FloatVector x0 = FloatVector.broadcast(F, x[xo]);
    FloatVector x1 = FloatVector.broadcast(F, x[xo + 1]);
    FloatVector x2 = FloatVector.broadcast(F, x[xo + 2]);
    FloatVector x3 = FloatVector.broadcast(F, x[xo + 3]);
    int j = 0;
    for (; j <= n - LANES; j += LANES) {
      FloatVector sum = FloatVector.fromArray(F, y, j);
      sum = x0.fma(FloatVector.fromArray(F, b, bo + j), sum);
      sum = x1.fma(FloatVector.fromArray(F, b, bo + ldb + j), sum);
      sum = x2.fma(FloatVector.fromArray(F, b, bo + 2 * ldb + j), sum);
      sum = x3.fma(FloatVector.fromArray(F, b, bo + 3 * ldb + j), sum);
      sum.intoArray(y, j);
    }
    for (; j < n; j++) {
      float sum = Math.fma(x[xo], b[bo + j], y[j]);
      sum = Math.fma(x[xo + 1], b[bo + ldb + j], sum);
      sum = Math.fma(x[xo + 2], b[bo + 2 * ldb + j], sum);
      y[j] = Math.fma(x[xo + 3], b[bo + 3 * ldb + j], sum);
    }
  }

  private static void row(float x, float[] b, int bo, float[] y, int n) {
    int j = 0;
    for (; j <= n - LANES; j += LANES) {
      FloatVector.broadcast(F, x)
          .fma(FloatVector.fromArray(F, b, bo + j), FloatVector.fromArray(F, y, j))
          .intoArray(y, j);
    }
    for (; j < n; j++) {
      y[j] = Math.fma(x, b[bo + j], y[j]);
    }
  }

  /**
   * y[j] = Σ_p x[p] · b[p, j] for n columns of a column-major b. Four columns at a time share the
   * loads of x.
   *
   * @param b value (p, j) lies at {@code bo + j * ldb + p}
   * @param lanes scratch for four vectors
   */
  static void columns(
      float[] x, int xo, float[] b, int bo, int ldb, int k, float[] y, int n, float[] lanes) {
    int j = 0;
    for (; j <= n - 4; j += 4) {
      fourColumns(x, xo, b, bo + j * ldb, ldb, k, lanes, 0);
      for (int i = 0; i < 4; i++) {
        y[j + i] = LaneSums.of(lanes, i * LANES);
      }
    }
    for (; j < n; j++) {
      column(x, xo, b, bo + j * ldb, k, lanes);
      y[j] = LaneSums.of(lanes, 0);
    }
    int tail = k % LANES;
    if (tail > 0) {
      addTails(x, xo + k - tail, b, bo + k - tail, ldb, tail, y, n);
    }
  }

  /**
   * Leaves the products of x and four columns in 4 · LANES lanes, whole vectors of k numbers each.
   *
   * @param b value (p, j) lies at {@code bo + j * ldb + p}
   */
  static void fourColumns(
      float[] x, int xo, float[] b, int bo, int ldb, int k, float[] lanes, int out) {
    FloatVector s0 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector s1 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector s2 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector s3 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    for (int p = 0; p <= k - LANES; p += LANES) {
      FloatVector xp = FloatVector.fromArray(F, x, xo + p);
      s0 = xp.fma(FloatVector.fromArray(F, b, bo + p), s0);
      s1 = xp.fma(FloatVector.fromArray(F, b, bo + ldb + p), s1);
      s2 = xp.fma(FloatVector.fromArray(F, b, bo + 2 * ldb + p), s2);
      s3 = xp.fma(FloatVector.fromArray(F, b, bo + 3 * ldb + p), s3);
    }
    s0.intoArray(lanes, out);
    s1.intoArray(lanes, out + LANES);
    s2.intoArray(lanes, out + 2 * LANES);
    s3.intoArray(lanes, out + 3 * LANES);
  }

  private static void column(float[] x, int xo, float[] b, int bo, int k, float[] lanes) {
    FloatVector sum = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    for (int p = 0; p <= k - LANES; p += LANES) {
      sum = FloatVector.fromArray(F, x, xo + p).fma(FloatVector.fromArray(F, b, bo + p), sum);
    }
    sum.intoArray(lanes, 0);
  }

  private static void addTails(
      float[] x, int xo, float[] b, int bo, int ldb, int tail, float[] y, int n) {
    for (int j = 0; j < n; j++) {
      for (int p = 0; p < tail; p++) {
        y[j] = Math.fma(x[xo + p], b[bo + j * ldb + p], y[j]);
      }
    }
  }
}
