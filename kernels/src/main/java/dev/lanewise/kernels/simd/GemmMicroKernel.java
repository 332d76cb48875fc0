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

  private GemmMicroKernel() {}

  /**
   * c = a · b.
   *
   * <p>The tile goes to contiguous scratch, whole even where the matrix ends inside it: edges, sums
   * over blocks of k and whatever is fused into the store are the caller's, which keeps this method
   * within the compiler's inlining budget.
   *
   * @param a micropanel: value (i, p) lies at {@code ao + p * lda + i}
   * @param b micropanel: value (p, j) lies at {@code bo + p * ldb + j}
   * @param k length of the sums
   * @param c tile: value (i, j) lies at {@code co + i * NR + j}
   */
  static void run(
      float[] a, int ao, int lda, float[] b, int bo, int ldb, int k, float[] c, int co) {
    FloatVector c00 = FloatVector.zero(F);
    FloatVector c01 = c00;
    FloatVector c10 = c00;
    FloatVector c11 = c00;
    FloatVector c20 = c00;
    FloatVector c21 = c00;
    FloatVector c30 = c00;
    FloatVector c31 = c00;
    FloatVector c40 = c00;
    FloatVector c41 = c00;
    FloatVector c50 = c00;
    FloatVector c51 = c00;
    FloatVector c60 = c00;
    FloatVector c61 = c00;
    FloatVector c70 = c00;
    FloatVector c71 = c00;
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
    c10.intoArray(c, co + NR);
    c11.intoArray(c, co + NR + LANES);
    c20.intoArray(c, co + 2 * NR);
    c21.intoArray(c, co + 2 * NR + LANES);
    c30.intoArray(c, co + 3 * NR);
    c31.intoArray(c, co + 3 * NR + LANES);
    c40.intoArray(c, co + 4 * NR);
    c41.intoArray(c, co + 4 * NR + LANES);
    c50.intoArray(c, co + 5 * NR);
    c51.intoArray(c, co + 5 * NR + LANES);
    c60.intoArray(c, co + 6 * NR);
    c61.intoArray(c, co + 6 * NR + LANES);
    c70.intoArray(c, co + 7 * NR);
    c71.intoArray(c, co + 7 * NR + LANES);
  }
}
