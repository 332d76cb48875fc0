package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import jdk.incubator.vector.FloatVector;

/**
 * {@link GemmMicroKernel} with half the rows, for products of few rows and for what is left below
 * the last full tile. Twice the columns make up for it where there are as many; two rows would gain
 * nothing, as the loads of b are then the limit.
 */
final class GemmShortMicroKernel {
  /** Rows of the tile. */
  static final int MR = 4;

  /** Columns of the wider tile: four vectors. */
  static final int NR = 2 * GemmMicroKernel.NR;

  private GemmShortMicroKernel() {}

  /** As {@link GemmMicroKernel#run}, for a tile of {@link #MR} × {@link GemmMicroKernel#NR}. */
  static void run(
      float[] a,
      int ao,
      float[] b,
      int bo,
      int ldb,
      int k,
      float[] start,
      int so,
      int lds,
      float[] c,
      int co,
      int ldc) {
    FloatVector c00 = FloatVector.fromArray(F, start, so);
    FloatVector c01 = FloatVector.fromArray(F, start, so + LANES);
    FloatVector c10 = FloatVector.fromArray(F, start, so + lds);
    FloatVector c11 = FloatVector.fromArray(F, start, so + lds + LANES);
    FloatVector c20 = FloatVector.fromArray(F, start, so + 2 * lds);
    FloatVector c21 = FloatVector.fromArray(F, start, so + 2 * lds + LANES);
    FloatVector c30 = FloatVector.fromArray(F, start, so + 3 * lds);
    FloatVector c31 = FloatVector.fromArray(F, start, so + 3 * lds + LANES);
    for (int p = 0; p < k; p++) {
      int bp = bo + p * ldb;
      FloatVector b0 = FloatVector.fromArray(F, b, bp);
      FloatVector b1 = FloatVector.fromArray(F, b, bp + LANES);
      int ap = ao + p * GemmMicroKernel.MR;
      FloatVector a0 = FloatVector.broadcast(F, a[ap]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = FloatVector.broadcast(F, a[ap + 1]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = FloatVector.broadcast(F, a[ap + 2]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = FloatVector.broadcast(F, a[ap + 3]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
    }
    c00.intoArray(c, co);
    c01.intoArray(c, co + LANES);
    c10.intoArray(c, co + ldc);
    c11.intoArray(c, co + ldc + LANES);
    c20.intoArray(c, co + 2 * ldc);
    c21.intoArray(c, co + 2 * ldc + LANES);
    c30.intoArray(c, co + 3 * ldc);
    c31.intoArray(c, co + 3 * ldc + LANES);
  }

  /** As {@link GemmMicroKernel#run}, for a tile of {@link #MR} × {@link #NR}. */
  static void wide(
      float[] a,
      int ao,
      float[] b,
      int bo,
      int ldb,
      int k,
      float[] start,
      int so,
      int lds,
      float[] c,
      int co,
      int ldc) {
    if (!GemmMicroKernel.WHOLE) {
      int half = GemmMicroKernel.NR;
      run(a, ao, b, bo, ldb, k, start, so, lds, c, co, ldc);
      run(a, ao, b, bo + half, ldb, k, start, so + half, lds, c, co + half, ldc);
      return;
    }
    FloatVector c00 = FloatVector.fromArray(F, start, so);
    FloatVector c01 = FloatVector.fromArray(F, start, so + LANES);
    FloatVector c02 = FloatVector.fromArray(F, start, so + 2 * LANES);
    FloatVector c03 = FloatVector.fromArray(F, start, so + 3 * LANES);
    FloatVector c10 = FloatVector.fromArray(F, start, so + lds);
    FloatVector c11 = FloatVector.fromArray(F, start, so + lds + LANES);
    FloatVector c12 = FloatVector.fromArray(F, start, so + lds + 2 * LANES);
    FloatVector c13 = FloatVector.fromArray(F, start, so + lds + 3 * LANES);
    FloatVector c20 = FloatVector.fromArray(F, start, so + 2 * lds);
    FloatVector c21 = FloatVector.fromArray(F, start, so + 2 * lds + LANES);
    FloatVector c22 = FloatVector.fromArray(F, start, so + 2 * lds + 2 * LANES);
    FloatVector c23 = FloatVector.fromArray(F, start, so + 2 * lds + 3 * LANES);
    FloatVector c30 = FloatVector.fromArray(F, start, so + 3 * lds);
    FloatVector c31 = FloatVector.fromArray(F, start, so + 3 * lds + LANES);
    FloatVector c32 = FloatVector.fromArray(F, start, so + 3 * lds + 2 * LANES);
    FloatVector c33 = FloatVector.fromArray(F, start, so + 3 * lds + 3 * LANES);
    for (int p = 0; p < k; p++) {
      int bp = bo + p * ldb;
      FloatVector b0 = FloatVector.fromArray(F, b, bp);
      FloatVector b1 = FloatVector.fromArray(F, b, bp + LANES);
      FloatVector b2 = FloatVector.fromArray(F, b, bp + 2 * LANES);
      FloatVector b3 = FloatVector.fromArray(F, b, bp + 3 * LANES);
      int ap = ao + p * GemmMicroKernel.MR;
      FloatVector a0 = FloatVector.broadcast(F, a[ap]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      c02 = a0.fma(b2, c02);
      c03 = a0.fma(b3, c03);
      FloatVector a1 = FloatVector.broadcast(F, a[ap + 1]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      c12 = a1.fma(b2, c12);
      c13 = a1.fma(b3, c13);
      FloatVector a2 = FloatVector.broadcast(F, a[ap + 2]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      c22 = a2.fma(b2, c22);
      c23 = a2.fma(b3, c23);
      FloatVector a3 = FloatVector.broadcast(F, a[ap + 3]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      c32 = a3.fma(b2, c32);
      c33 = a3.fma(b3, c33);
    }
    c00.intoArray(c, co);
    c01.intoArray(c, co + LANES);
    c02.intoArray(c, co + 2 * LANES);
    c03.intoArray(c, co + 3 * LANES);
    c10.intoArray(c, co + ldc);
    c11.intoArray(c, co + ldc + LANES);
    c12.intoArray(c, co + ldc + 2 * LANES);
    c13.intoArray(c, co + ldc + 3 * LANES);
    c20.intoArray(c, co + 2 * ldc);
    c21.intoArray(c, co + 2 * ldc + LANES);
    c22.intoArray(c, co + 2 * ldc + 2 * LANES);
    c23.intoArray(c, co + 2 * ldc + 3 * LANES);
    c30.intoArray(c, co + 3 * ldc);
    c31.intoArray(c, co + 3 * ldc + LANES);
    c32.intoArray(c, co + 3 * ldc + 2 * LANES);
    c33.intoArray(c, co + 3 * ldc + 3 * LANES);
  }
}
