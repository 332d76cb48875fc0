package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import java.util.Arrays;
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

  /**
   * Steps of k that b in place is read ahead of its use, a number of each cache line, so that the
   * second-level cache has answered by then: a processor of Intel looks less far ahead by itself.
   */
  private static final int AHEAD = 8;

  /** Whether a step of b begins two cache lines: the second is then read ahead too. */
  private static final boolean TWO_LINES = NR > Prefetch.LINE;

  /** To start from nothing, with a distance of 0 between the rows; for the widest tile. */
  static final float[] ZEROS = new float[GemmShortMicroKernel.NR];

  /** What changes nothing that it is added to: −0, as 0 would make 0 of −0. */
  static final float[] NOTHING = new float[NR];

  static {
    Arrays.fill(NOTHING, -0f);
  }

  // Where the sums start and where they go. These are fields because what outlives the loop over k
  // as a local takes a register in it: with one too many, processors of Intel move a value to and
  // fro between general and vector registers in every step, which costs a fifth.
  private float[] start;
  private int so;
  private int lds;
  private float[] c;
  private int co;
  private int ldc;

  /** Lets go of both. */
  void clear() {
    start = null;
    c = null;
  }

  /** Sums start with the tile whose value (i, j) lies at {@code so + i * lds + j}. */
  void from(float[] start, int so, int lds) {
    this.start = start;
    this.so = so;
    this.lds = lds;
  }

  /**
   * Sums go to the tile whose value (i, j) lies at {@code co + i * ldc + j}; it may be the same.
   */
  void to(float[] c, int co, int ldc) {
    this.c = c;
    this.co = co;
    this.ldc = ldc;
  }

  /**
   * c = start + a · b.
   *
   * <p>The tile is written whole, even where the matrix ends inside it: edges go to scratch, and
   * are the caller's, which keeps this method within the compiler's inlining budget.
   *
   * @param a micropanel: value (i, p) lies at {@code ao + p * MR + i}
   * @param b micropanel: value (p, j) lies at {@code bo + p * NR + j}
   * @param k length of the sums
   */
  void run(float[] a, int ao, float[] b, int bo, int k) {
    if (!WHOLE) {
      int half = GemmShortMicroKernel.MR;
      GemmShortMicroKernel.run(a, ao, b, bo, NR, k, start, so, lds, c, co, ldc);
      GemmShortMicroKernel.run(
          a, ao + half, b, bo, NR, k, start, so + half * lds, lds, c, co + half * ldc, ldc);
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
      int bp = bo + p * NR;
      FloatVector b0 = FloatVector.fromArray(F, b, bp);
      FloatVector b1 = FloatVector.fromArray(F, b, bp + LANES);
      int ap = ao + p * MR;
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
    float[] to = c;
    int at = co;
    int ld = ldc;
    c00.intoArray(to, at);
    c01.intoArray(to, at + LANES);
    c10.intoArray(to, at + ld);
    c11.intoArray(to, at + ld + LANES);
    c20.intoArray(to, at + 2 * ld);
    c21.intoArray(to, at + 2 * ld + LANES);
    c30.intoArray(to, at + 3 * ld);
    c31.intoArray(to, at + 3 * ld + LANES);
    c40.intoArray(to, at + 4 * ld);
    c41.intoArray(to, at + 4 * ld + LANES);
    c50.intoArray(to, at + 5 * ld);
    c51.intoArray(to, at + 5 * ld + LANES);
    c60.intoArray(to, at + 6 * ld);
    c61.intoArray(to, at + 6 * ld + LANES);
    c70.intoArray(to, at + 7 * ld);
    c71.intoArray(to, at + 7 * ld + LANES);
  }

  /**
   * As {@link #run}, with value (p, j) of b at {@code bo + p * ldb + j}.
   *
   * @param far whether b is likely to come from beyond the first-level cache, which is what reading
   *     ahead is good for; within, it costs a twentieth
   * @return a number that means nothing, without which the compiler would not read ahead
   */
  int runInPlace(float[] a, int ao, float[] b, int bo, int ldb, int k, boolean far) {
    if (!WHOLE) {
      int half = GemmShortMicroKernel.MR;
      GemmShortMicroKernel.run(a, ao, b, bo, ldb, k, start, so, lds, c, co, ldc);
      GemmShortMicroKernel.run(
          a, ao + half, b, bo, ldb, k, start, so + half * lds, lds, c, co + half * ldc, ldc);
      return 0;
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
    int touched = 0;
    for (int p = 0; p < k; p++) {
      int bp = bo + p * ldb;
      if (far) {
        int later = bo + Math.min(p + AHEAD, k - 1) * ldb;
        touched |= Float.floatToRawIntBits(b[later]);
        if (TWO_LINES) {
          touched |= Float.floatToRawIntBits(b[later + LANES]);
        }
      }
      FloatVector b0 = FloatVector.fromArray(F, b, bp);
      FloatVector b1 = FloatVector.fromArray(F, b, bp + LANES);
      int ap = ao + p * MR;
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
    float[] to = c;
    int at = co;
    int ld = ldc;
    c00.intoArray(to, at);
    c01.intoArray(to, at + LANES);
    c10.intoArray(to, at + ld);
    c11.intoArray(to, at + ld + LANES);
    c20.intoArray(to, at + 2 * ld);
    c21.intoArray(to, at + 2 * ld + LANES);
    c30.intoArray(to, at + 3 * ld);
    c31.intoArray(to, at + 3 * ld + LANES);
    c40.intoArray(to, at + 4 * ld);
    c41.intoArray(to, at + 4 * ld + LANES);
    c50.intoArray(to, at + 5 * ld);
    c51.intoArray(to, at + 5 * ld + LANES);
    c60.intoArray(to, at + 6 * ld);
    c61.intoArray(to, at + 6 * ld + LANES);
    c70.intoArray(to, at + 7 * ld);
    c71.intoArray(to, at + 7 * ld + LANES);
    return touched;
  }
}
