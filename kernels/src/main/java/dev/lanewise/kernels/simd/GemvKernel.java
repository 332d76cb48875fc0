package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/** The product of a row vector x and a matrix b in an array, by b's rows or by its columns. */
final class GemvKernel {
  /** Columns that {@link #eightColumns} multiplies. */
  static final int COLUMNS = 8;

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
   * y[j] = Σ_p x[p] · b[p, j] for n columns of a column-major b. Eight columns at a time share the
   * loads of x; the last eight may be partly those before them once more.
   *
   * @param b value (p, j) lies at {@code bo + j * ldb + p}
   * @param lanes scratch for {@link #COLUMNS} vectors
   */
  static void columns(
      float[] x, int xo, float[] b, int bo, int ldb, int k, float[] y, int n, float[] lanes) {
    if (n < COLUMNS) {
      for (int j = 0; j < n; j++) {
        column(x, xo, b, bo + j * ldb, k, lanes);
        y[j] = LaneSums.of(lanes, 0);
      }
    } else {
      for (int next = 0; next < n; next += COLUMNS) {
        int j = Math.min(next, n - COLUMNS);
        eightColumns(x, xo, b, bo + j * ldb, ldb, k, lanes, 0);
        for (int i = 0; i < COLUMNS; i++) {
          y[j + i] = LaneSums.of(lanes, i * LANES);
        }
      }
    }
    int tail = k % LANES;
    if (tail > 0) {
      addTails(x, xo + k - tail, b, bo + k - tail, ldb, tail, y, n);
    }
  }

  /**
   * Leaves the products of x and eight columns in 8 · LANES lanes, whole vectors of k numbers each.
   * With more than 325 bytes of bytecode it is compiled on its own: four columns, inlined into all
   * that a single row of attention needs, became objects in one JVM of twenty.
   *
   * @param b value (p, j) lies at {@code bo + j * ldb + p}
   */
  static void eightColumns(
      float[] x, int xo, float[] b, int bo, int ldb, int k, float[] lanes, int out) {
    FloatVector s0 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector s1 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector s2 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector s3 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector s4 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector s5 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector s6 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector s7 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    for (int p = 0; p <= k - LANES; p += LANES) {
      FloatVector xp = FloatVector.fromArray(F, x, xo + p);
      s0 = xp.fma(FloatVector.fromArray(F, b, bo + p), s0);
      s1 = xp.fma(FloatVector.fromArray(F, b, bo + ldb + p), s1);
      s2 = xp.fma(FloatVector.fromArray(F, b, bo + 2 * ldb + p), s2);
      s3 = xp.fma(FloatVector.fromArray(F, b, bo + 3 * ldb + p), s3);
      s4 = xp.fma(FloatVector.fromArray(F, b, bo + 4 * ldb + p), s4);
      s5 = xp.fma(FloatVector.fromArray(F, b, bo + 5 * ldb + p), s5);
      s6 = xp.fma(FloatVector.fromArray(F, b, bo + 6 * ldb + p), s6);
      s7 = xp.fma(FloatVector.fromArray(F, b, bo + 7 * ldb + p), s7);
    }
    s0.intoArray(lanes, out);
    s1.intoArray(lanes, out + LANES);
    s2.intoArray(lanes, out + 2 * LANES);
    s3.intoArray(lanes, out + 3 * LANES);
    s4.intoArray(lanes, out + 4 * LANES);
    s5.intoArray(lanes, out + 5 * LANES);
    s6.intoArray(lanes, out + 6 * LANES);
    s7.intoArray(lanes, out + 7 * LANES);
  }

  /** {@link #eightColumns} for two rows of x, which share the loads of b. */
  static void eightColumnsOfTwo(
      float[] x,
      int xo,
      int zo,
      float[] b,
      int bo,
      int ldb,
      int k,
      float[] lanes,
      int out,
      int other) {
    FloatVector s0 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector t0 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector s1 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector t1 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector s2 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector t2 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector s3 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector t3 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector s4 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector t4 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector s5 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector t5 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector s6 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector t6 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector s7 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    FloatVector t7 = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    for (int p = 0; p <= k - LANES; p += LANES) {
      FloatVector xp = FloatVector.fromArray(F, x, xo + p);
      FloatVector zp = FloatVector.fromArray(F, x, zo + p);
      FloatVector column = FloatVector.fromArray(F, b, bo + p);
      s0 = xp.fma(column, s0);
      t0 = zp.fma(column, t0);
      column = FloatVector.fromArray(F, b, bo + ldb + p);
      s1 = xp.fma(column, s1);
      t1 = zp.fma(column, t1);
      column = FloatVector.fromArray(F, b, bo + 2 * ldb + p);
      s2 = xp.fma(column, s2);
      t2 = zp.fma(column, t2);
      column = FloatVector.fromArray(F, b, bo + 3 * ldb + p);
      s3 = xp.fma(column, s3);
      t3 = zp.fma(column, t3);
      column = FloatVector.fromArray(F, b, bo + 4 * ldb + p);
      s4 = xp.fma(column, s4);
      t4 = zp.fma(column, t4);
      column = FloatVector.fromArray(F, b, bo + 5 * ldb + p);
      s5 = xp.fma(column, s5);
      t5 = zp.fma(column, t5);
      column = FloatVector.fromArray(F, b, bo + 6 * ldb + p);
      s6 = xp.fma(column, s6);
      t6 = zp.fma(column, t6);
      column = FloatVector.fromArray(F, b, bo + 7 * ldb + p);
      s7 = xp.fma(column, s7);
      t7 = zp.fma(column, t7);
    }
    s0.intoArray(lanes, out);
    s1.intoArray(lanes, out + LANES);
    s2.intoArray(lanes, out + 2 * LANES);
    s3.intoArray(lanes, out + 3 * LANES);
    s4.intoArray(lanes, out + 4 * LANES);
    s5.intoArray(lanes, out + 5 * LANES);
    s6.intoArray(lanes, out + 6 * LANES);
    s7.intoArray(lanes, out + 7 * LANES);
    t0.intoArray(lanes, other);
    t1.intoArray(lanes, other + LANES);
    t2.intoArray(lanes, other + 2 * LANES);
    t3.intoArray(lanes, other + 3 * LANES);
    t4.intoArray(lanes, other + 4 * LANES);
    t5.intoArray(lanes, other + 5 * LANES);
    t6.intoArray(lanes, other + 6 * LANES);
    t7.intoArray(lanes, other + 7 * LANES);
  }

  private static void column(float[] x, int xo, float[] b, int bo, int k, float[] lanes) {
    FloatVector sum = FloatVector.fromArray(F, GemmMicroKernel.ZEROS, 0);
    for (int p = 0; p <= k - LANES; p += LANES) {
      sum = FloatVector.fromArray(F, x, xo + p).fma(FloatVector.fromArray(F, b, bo + p), sum);
    }
    sum.intoArray(lanes, 0);
  }

  /** y[j] += Σ_p x[p] · b[p, j] for the last numbers of n columns, which fill no vector. */
  static void addTails(float[] x, int xo, float[] b, int bo, int ldb, int tail, float[] y, int n) {
    for (int j = 0; j < n; j++) {
      for (int p = 0; p < tail; p++) {
        y[j] = Math.fma(x[xo + p], b[bo + j * ldb + p], y[j]);
      }
    }
  }
}
