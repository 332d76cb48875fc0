package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import jdk.incubator.vector.FloatVector;

/**
 * The innermost loop of every matrix product: a tile of {@link #MR} × {@link #NR} sums that stays
 * in registers for the whole of k.
 *
 * <p>Per step of k: one row of b (2 vectors) times MR broadcast values of a, 2·MR multiply-adds for
 * MR + 2 loads. After Goto and van de Geijn 2008, doi:10.1145/1356052.1356053, and BLIS.
 */
final class GemmMicroKernel {
  /** Rows of the tile. With 2 vectors each, 8 × 2 sums hide the latency of a multiply-add. */
  static final int MR = 8;

  /** Columns of the tile: two vectors. */
  static final int NR = 2 * LANES;

  /**
   * Whether there are registers for the tile: one for each vector of sums, two for b and one for a.
   * A processor with 16 does it in halves: 8 sums are what keeps two multiply-adds of four cycles
   * busy, and in registers they are half as fast again as 16 that are not.
   */
  static final boolean WHOLE = Species.REGISTERS >= 2 * MR + 3;

  /** To start from nothing, with a distance of 0 between the rows; for the widest tile. */
  static final float[] ZEROS = new float[GemmShortMicroKernel.NR];

  private GemmMicroKernel() {}

  /**
   * c = start + a · b.
   *
   * <p>The tile is written whole, even where the matrix ends inside it: edges go to scratch, and
   * are the caller's, which keeps this method within the compiler's inlining budget.
   *
   * @param a micropanel: value (i, p) lies at {@code ao + p * lda + i}
   * @param b micropanel: value (p, j) lies at {@code bo + p * ldb + j}
   * @param k length of the sums
   * @param start value (i, j) lies at {@code so + i * lds + j}; may be c, or {@link #ZEROS}
   * @param c tile: value (i, j) lies at {@code co + i * ldc + j}
   */
  static void run(
      float[] a,
      int ao,
      int lda,
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
    if (!WHOLE) {
      int half = GemmShortMicroKernel.MR;
      GemmShortMicroKernel.run(a, ao, lda, b, bo, ldb, k, start, so, lds, c, co, ldc);
      so += half * lds;
      co += half * ldc;
      GemmShortMicroKernel.run(a, ao + half, lda, b, bo, ldb, k, start, so, lds, c, co, ldc);
      return;
    }
    FloatVector c00 = FloatVector.fromArray(F, start, so);
    FloatVector c01 = FloatVector.fromArray(F, start, so + LANES);
    FloatVector c10 = FloatVector.fromArray(F, start, so + lds);
    FloatVector c11 = FloatVector.fromArray(F, start, so + lds + LANES);
    FloatVector c20 = FloatVector.fromArray(F, start, so + 2 * lds);
    FloatVector c21 = FloatVector.fromArray(F, start, so + 2 * lds + LANES);
    FloatVector c30 = FloatVector.fromArray(F, start, so + 3 * lds);
    FloatVector c31 = FloatVector.fromArray(F, start, so + 3 * lds + LANES);
    FloatVector c40 = FloatVector.fromArray(F, start, so + 4 * lds);
    FloatVector c41 = FloatVector.fromArray(F, start, so + 4 * lds + LANES);
    FloatVector c50 = FloatVector.fromArray(F, start, so + 5 * lds);
    FloatVector c51 = FloatVector.fromArray(F, start, so + 5 * lds + LANES);
    FloatVector c60 = FloatVector.fromArray(F, start, so + 6 * lds);
    FloatVector c61 = FloatVector.fromArray(F, start, so + 6 * lds + LANES);
    FloatVector c70 = FloatVector.fromArray(F, start, so + 7 * lds);
    FloatVector c71 = FloatVector.fromArray(F, start, so + 7 * lds + LANES);
    for (int p = 0; p < k; p++) {
      FloatVector b0 = FloatVector.fromArray(F, b, bo + p * ldb);
      FloatVector b1 = FloatVector.fromArray(F, b, bo + p * ldb + LANES);
      int ap = ao + p * lda;
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
      FloatVector a4 = FloatVector.broadcast(F, a[ap + 4]);
      c40 = a4.fma(b0, c40);
      c41 = a4.fma(b1, c41);
      FloatVector a5 = FloatVector.broadcast(F, a[ap + 5]);
      c50 = a5.fma(b0, c50);
      c51 = a5.fma(b1, c51);
      FloatVector a6 = FloatVector.broadcast(F, a[ap + 6]);
      c60 = a6.fma(b0, c60);
      c61 = a6.fma(b1, c61);
      FloatVector a7 = FloatVector.broadcast(F, a[ap + 7]);
      c70 = a7.fma(b0, c70);
      c71 = a7.fma(b1, c71);
    }
    c00.intoArray(c, co);
    c01.intoArray(c, co + LANES);
    c10.intoArray(c, co + ldc);
    c11.intoArray(c, co + ldc + LANES);
    c20.intoArray(c, co + 2 * ldc);
    c21.intoArray(c, co + 2 * ldc + LANES);
    c30.intoArray(c, co + 3 * ldc);
    c31.intoArray(c, co + 3 * ldc + LANES);
    c40.intoArray(c, co + 4 * ldc);
    c41.intoArray(c, co + 4 * ldc + LANES);
    c50.intoArray(c, co + 5 * ldc);
    c51.intoArray(c, co + 5 * ldc + LANES);
    c60.intoArray(c, co + 6 * ldc);
    c61.intoArray(c, co + 6 * ldc + LANES);
    c70.intoArray(c, co + 7 * ldc);
    c71.intoArray(c, co + 7 * ldc + LANES);
  }
}
