package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.lanewise.kernels.quant.Interleaved;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * {@link GemmMicroKernel} for columns of b that lie outside the heap as {@link Interleaved} rows of
 * float32 do: weights that are read in place, and what {@link GemmPacking} makes of any other b.
 * Its own class, because a load that has seen mapped files as well as other memory takes a fifth
 * longer, and this one only ever sees copies.
 *
 * <p>Every sum starts from 0, or from what waits for more of k, goes through k in order, whatever
 * the tile, and ends with the bias: the same bits for any number of rows.
 */
final class PanelMicroKernel {
  /** Rows of the larger tile. */
  static final int MR = GemmMicroKernel.MR;

  /** Rows of the smaller tile, for products and remainders of few rows. */
  static final int SHORT_MR = GemmShortMicroKernel.MR;

  /** Columns of a tile: two vectors. */
  static final int NR = GemmMicroKernel.NR;

  /**
   * Bytes from one value of k to the next: a constant, or the compiler would check every load of b
   * against the bounds of its memory.
   */
  private static final long STEP = (long) Interleaved.ROWS * Float.BYTES;

  private PanelMicroKernel() {}

  /**
   * c = a · b + bias for a tile of {@link #MR} × {@link #NR}, which is written whole.
   *
   * @param a value (i, p) lies at {@code ao + i * lda + p}
   * @param last the last row of a; those behind it are it again
   * @param b value (p, j) of the tile's first vector lies at byte {@code b0 + p * STEP + 4 * j}, of
   *     the second likewise
   * @param b0 first byte of the first vector
   * @param b1 first byte of the second vector
   * @param k length of the sums
   * @param bias [NR], from {@code bo} on
   * @param c value (i, j) goes to {@code co + i * ldc + j}
   */
  static void run(
      float[] a,
      int ao,
      int lda,
      int last,
      MemorySegment b,
      long b0,
      long b1,
      int k,
      float[] bias,
      int bo,
      float[] c,
      int co,
      int ldc) {
    if (!GemmMicroKernel.WHOLE) {
      int next = last - SHORT_MR;
      runShort(a, ao, lda, Math.min(last, SHORT_MR - 1), b, b0, b1, k, bias, bo, c, co, ldc);
      ao += SHORT_MR * lda;
      co += SHORT_MR * ldc;
      runShort(a, ao, lda, next, b, b0, b1, k, bias, bo, c, co, ldc);
      return;
    }
    requireCopy(b.isMapped());
    int a1 = ao + Math.min(1, last) * lda;
    int a2 = ao + Math.min(2, last) * lda;
    int a3 = ao + Math.min(3, last) * lda;
    int a4 = ao + Math.min(4, last) * lda;
    int a5 = ao + Math.min(5, last) * lda;
    int a6 = ao + Math.min(6, last) * lda;
    int a7 = ao + Math.min(7, last) * lda;
    FloatVector c00 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c01 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c10 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c11 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c20 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c21 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c30 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c31 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c40 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c41 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c50 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c51 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c60 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c61 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c70 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c71 = FloatVector.fromArray(F, Species.ZEROS, 0);
    for (int p = 0; p < k; p++) {
      long at = p * STEP;
      FloatVector left = FloatVector.fromMemorySegment(F, b, b0 + at, LITTLE_ENDIAN);
      FloatVector right = FloatVector.fromMemorySegment(F, b, b1 + at, LITTLE_ENDIAN);
      FloatVector x = FloatVector.broadcast(F, a[ao + p]);
      c00 = x.fma(left, c00);
      c01 = x.fma(right, c01);
      x = FloatVector.broadcast(F, a[a1 + p]);
      c10 = x.fma(left, c10);
      c11 = x.fma(right, c11);
      x = FloatVector.broadcast(F, a[a2 + p]);
      c20 = x.fma(left, c20);
      c21 = x.fma(right, c21);
      x = FloatVector.broadcast(F, a[a3 + p]);
      c30 = x.fma(left, c30);
      c31 = x.fma(right, c31);
      x = FloatVector.broadcast(F, a[a4 + p]);
      c40 = x.fma(left, c40);
      c41 = x.fma(right, c41);
      x = FloatVector.broadcast(F, a[a5 + p]);
      c50 = x.fma(left, c50);
      c51 = x.fma(right, c51);
      x = FloatVector.broadcast(F, a[a6 + p]);
      c60 = x.fma(left, c60);
      c61 = x.fma(right, c61);
      x = FloatVector.broadcast(F, a[a7 + p]);
      c70 = x.fma(left, c70);
      c71 = x.fma(right, c71);
    }
    FloatVector left = FloatVector.fromArray(F, bias, bo);
    FloatVector right = FloatVector.fromArray(F, bias, bo + LANES);
    c00.add(left).intoArray(c, co);
    c01.add(right).intoArray(c, co + LANES);
    c10.add(left).intoArray(c, co + ldc);
    c11.add(right).intoArray(c, co + ldc + LANES);
    c20.add(left).intoArray(c, co + 2 * ldc);
    c21.add(right).intoArray(c, co + 2 * ldc + LANES);
    c30.add(left).intoArray(c, co + 3 * ldc);
    c31.add(right).intoArray(c, co + 3 * ldc + LANES);
    c40.add(left).intoArray(c, co + 4 * ldc);
    c41.add(right).intoArray(c, co + 4 * ldc + LANES);
    c50.add(left).intoArray(c, co + 5 * ldc);
    c51.add(right).intoArray(c, co + 5 * ldc + LANES);
    c60.add(left).intoArray(c, co + 6 * ldc);
    c61.add(right).intoArray(c, co + 6 * ldc + LANES);
    c70.add(left).intoArray(c, co + 7 * ldc);
    c71.add(right).intoArray(c, co + 7 * ldc + LANES);
  }

  /**
   * As {@link #run}, with a in a micropanel, and sums that start with a tile instead of 0. On the
   * way it reads a byte here and there of weights that will be wanted later, so that they come from
   * memory meanwhile: at {@code ahead + p * pace}. The processor fetches ahead of so slow a stream,
   * and hardly anything waits; if a line is wanted every 32 cycles instead of every 64, or a dozen
   * lines at once, everything does. In the loop of {@link #run}, which holds the addresses of eight
   * rows, there are no registers left for it; nor are there here for reading this tile ahead too,
   * which took a fifth longer.
   *
   * @param a micropanel: value (i, p) lies at {@code ao + p * MR + i}
   * @param ahead first byte of b to read
   * @param pace bytes from one such byte to the next, or 0 to read nothing ahead: unasked for, each
   *     step took a twentieth longer
   * @param start value (i, j) lies at {@code so + i * lds + j}
   * @return a number that means nothing, without which the compiler would leave out the reading
   */
  static int runPacked(
      float[] a,
      int ao,
      MemorySegment b,
      long b0,
      long b1,
      long ahead,
      long pace,
      int k,
      float[] start,
      int so,
      int lds,
      float[] bias,
      int bo,
      float[] c,
      int co,
      int ldc) {
    requireCopy(b.isMapped());
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
      long at = p * STEP;
      int ap = ao + p * MR;
      if (pace != 0) {
        touched ^= b.get(ValueLayout.JAVA_BYTE, ahead + p * pace);
      }
      FloatVector left = FloatVector.fromMemorySegment(F, b, b0 + at, LITTLE_ENDIAN);
      FloatVector right = FloatVector.fromMemorySegment(F, b, b1 + at, LITTLE_ENDIAN);
      FloatVector x = FloatVector.broadcast(F, a[ap]);
      c00 = x.fma(left, c00);
      c01 = x.fma(right, c01);
      x = FloatVector.broadcast(F, a[ap + 1]);
      c10 = x.fma(left, c10);
      c11 = x.fma(right, c11);
      x = FloatVector.broadcast(F, a[ap + 2]);
      c20 = x.fma(left, c20);
      c21 = x.fma(right, c21);
      x = FloatVector.broadcast(F, a[ap + 3]);
      c30 = x.fma(left, c30);
      c31 = x.fma(right, c31);
      x = FloatVector.broadcast(F, a[ap + 4]);
      c40 = x.fma(left, c40);
      c41 = x.fma(right, c41);
      x = FloatVector.broadcast(F, a[ap + 5]);
      c50 = x.fma(left, c50);
      c51 = x.fma(right, c51);
      x = FloatVector.broadcast(F, a[ap + 6]);
      c60 = x.fma(left, c60);
      c61 = x.fma(right, c61);
      x = FloatVector.broadcast(F, a[ap + 7]);
      c70 = x.fma(left, c70);
      c71 = x.fma(right, c71);
    }
    FloatVector left = FloatVector.fromArray(F, bias, bo);
    FloatVector right = FloatVector.fromArray(F, bias, bo + LANES);
    c00.add(left).intoArray(c, co);
    c01.add(right).intoArray(c, co + LANES);
    c10.add(left).intoArray(c, co + ldc);
    c11.add(right).intoArray(c, co + ldc + LANES);
    c20.add(left).intoArray(c, co + 2 * ldc);
    c21.add(right).intoArray(c, co + 2 * ldc + LANES);
    c30.add(left).intoArray(c, co + 3 * ldc);
    c31.add(right).intoArray(c, co + 3 * ldc + LANES);
    c40.add(left).intoArray(c, co + 4 * ldc);
    c41.add(right).intoArray(c, co + 4 * ldc + LANES);
    c50.add(left).intoArray(c, co + 5 * ldc);
    c51.add(right).intoArray(c, co + 5 * ldc + LANES);
    c60.add(left).intoArray(c, co + 6 * ldc);
    c61.add(right).intoArray(c, co + 6 * ldc + LANES);
    c70.add(left).intoArray(c, co + 7 * ldc);
    c71.add(right).intoArray(c, co + 7 * ldc + LANES);
    return touched;
  }

  /**
   * As {@link #runPacked}, for a tile of {@link #SHORT_MR} × {@link #NR}, without bias or reading
   * ahead.
   */
  static void runPackedShort(
      float[] a,
      int ao,
      MemorySegment b,
      long b0,
      long b1,
      int k,
      float[] start,
      int so,
      int lds,
      float[] c,
      int co,
      int ldc) {
    requireCopy(b.isMapped());
    FloatVector c00 = FloatVector.fromArray(F, start, so);
    FloatVector c01 = FloatVector.fromArray(F, start, so + LANES);
    FloatVector c10 = FloatVector.fromArray(F, start, so + lds);
    FloatVector c11 = FloatVector.fromArray(F, start, so + lds + LANES);
    FloatVector c20 = FloatVector.fromArray(F, start, so + 2 * lds);
    FloatVector c21 = FloatVector.fromArray(F, start, so + 2 * lds + LANES);
    FloatVector c30 = FloatVector.fromArray(F, start, so + 3 * lds);
    FloatVector c31 = FloatVector.fromArray(F, start, so + 3 * lds + LANES);
    for (int p = 0; p < k; p++) {
      long at = p * STEP;
      int ap = ao + p * MR;
      FloatVector left = FloatVector.fromMemorySegment(F, b, b0 + at, LITTLE_ENDIAN);
      FloatVector right = FloatVector.fromMemorySegment(F, b, b1 + at, LITTLE_ENDIAN);
      FloatVector x = FloatVector.broadcast(F, a[ap]);
      c00 = x.fma(left, c00);
      c01 = x.fma(right, c01);
      x = FloatVector.broadcast(F, a[ap + 1]);
      c10 = x.fma(left, c10);
      c11 = x.fma(right, c11);
      x = FloatVector.broadcast(F, a[ap + 2]);
      c20 = x.fma(left, c20);
      c21 = x.fma(right, c21);
      x = FloatVector.broadcast(F, a[ap + 3]);
      c30 = x.fma(left, c30);
      c31 = x.fma(right, c31);
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

  /** As {@link #run}, for a tile of {@link #SHORT_MR} × {@link #NR}. */
  static void runShort(
      float[] a,
      int ao,
      int lda,
      int last,
      MemorySegment b,
      long b0,
      long b1,
      int k,
      float[] bias,
      int bo,
      float[] c,
      int co,
      int ldc) {
    requireCopy(b.isMapped());
    int a1 = ao + Math.min(1, last) * lda;
    int a2 = ao + Math.min(2, last) * lda;
    int a3 = ao + Math.min(3, last) * lda;
    FloatVector c00 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c01 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c10 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c11 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c20 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c21 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c30 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c31 = FloatVector.fromArray(F, Species.ZEROS, 0);
    for (int p = 0; p < k; p++) {
      long at = p * STEP;
      FloatVector left = FloatVector.fromMemorySegment(F, b, b0 + at, LITTLE_ENDIAN);
      FloatVector right = FloatVector.fromMemorySegment(F, b, b1 + at, LITTLE_ENDIAN);
      FloatVector x = FloatVector.broadcast(F, a[ao + p]);
      c00 = x.fma(left, c00);
      c01 = x.fma(right, c01);
      x = FloatVector.broadcast(F, a[a1 + p]);
      c10 = x.fma(left, c10);
      c11 = x.fma(right, c11);
      x = FloatVector.broadcast(F, a[a2 + p]);
      c20 = x.fma(left, c20);
      c21 = x.fma(right, c21);
      x = FloatVector.broadcast(F, a[a3 + p]);
      c30 = x.fma(left, c30);
      c31 = x.fma(right, c31);
    }
    FloatVector left = FloatVector.fromArray(F, bias, bo);
    FloatVector right = FloatVector.fromArray(F, bias, bo + LANES);
    c00.add(left).intoArray(c, co);
    c01.add(right).intoArray(c, co + LANES);
    c10.add(left).intoArray(c, co + ldc);
    c11.add(right).intoArray(c, co + ldc + LANES);
    c20.add(left).intoArray(c, co + 2 * ldc);
    c21.add(right).intoArray(c, co + 2 * ldc + LANES);
    c30.add(left).intoArray(c, co + 3 * ldc);
    c31.add(right).intoArray(c, co + 3 * ldc + LANES);
  }

  /** As {@link #run}, for one row: the product of a single token, which waits for memory alone. */
  static void runRow(
      float[] a,
      int ao,
      MemorySegment b,
      long b0,
      long b1,
      int k,
      float[] bias,
      int bo,
      float[] c,
      int co) {
    requireCopy(b.isMapped());
    FloatVector c0 = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c1 = FloatVector.fromArray(F, Species.ZEROS, 0);
    for (int p = 0; p < k; p++) {
      long at = p * STEP;
      FloatVector x = FloatVector.broadcast(F, a[ao + p]);
      c0 = x.fma(FloatVector.fromMemorySegment(F, b, b0 + at, LITTLE_ENDIAN), c0);
      c1 = x.fma(FloatVector.fromMemorySegment(F, b, b1 + at, LITTLE_ENDIAN), c1);
    }
    c0.add(FloatVector.fromArray(F, bias, bo)).intoArray(c, co);
    c1.add(FloatVector.fromArray(F, bias, bo + LANES)).intoArray(c, co + LANES);
  }

  /**
   * Refuses mapped files. That the caller has asked its memory is what matters: the compiler then
   * knows of which kind it is, and reads it without looking again. Without, the whole of MiniLM
   * took a third longer.
   */
  private static void requireCopy(boolean mapped) {
    if (mapped) {
      throw new IllegalArgumentException("panels must be a copy, not a mapped file");
    }
  }

  /** Copies rows of a tile of {@link #NR} columns to where c has them. */
  static void copy(float[] tile, int rows, float[] c, int co, int ldc) {
    for (int i = 0; i < rows; i++) {
      FloatVector.fromArray(F, tile, i * NR).intoArray(c, co + i * ldc);
      FloatVector.fromArray(F, tile, i * NR + LANES).intoArray(c, co + i * ldc + LANES);
    }
  }
}
