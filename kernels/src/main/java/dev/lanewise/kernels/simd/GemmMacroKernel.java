package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.GemmBlocking.NC;
import static dev.lanewise.kernels.simd.GemmMicroKernel.MR;
import static dev.lanewise.kernels.simd.GemmMicroKernel.NR;
import static dev.lanewise.kernels.simd.GemmMicroKernel.ZEROS;

/**
 * A strip of c for one block of k: the two loops around the micro-kernels, over the micropanels of
 * a and the tiles of a strip of b. One thread's own, with the memory that it needs.
 *
 * <p>Sums that still lack blocks of k wait in scratch, in full tiles, so that c is written once and
 * its old values stay for β. The last block goes straight to c where nothing else is to be done to
 * it, otherwise by way of a tile to {@link GemmStore}.
 */
final class GemmMacroKernel {
  /** Where results go. */
  final GemmStore store = new GemmStore();

  private final GemmMicroKernel microKernel = new GemmMicroKernel();
  private float[] packed = {};
  private final float[] tile = new float[MR * NR];
  private float[] sums = {};

  // The block in progress.
  private float[] a;
  private float[] b;
  private int bo;
  private int ldb;
  private int nextTile; // NR in place, where tiles lie beside each other
  private int k;
  private boolean first;
  private boolean last;

  /**
   * Makes a strip that lies in an array the strip of b: value (p, j) at {@code bo + p * ldb + j}.
   * Its columns must fill whole tiles.
   */
  void inPlace(float[] b, int bo, int ldb) {
    this.b = b;
    this.bo = bo;
    this.ldb = ldb;
    nextTile = NR;
  }

  /**
   * Makes scratch the strip of b, which the caller fills with micropanels of k steps: value (p, j)
   * of each at {@code p * NR + j}.
   */
  float[] packed(int k) {
    int needed = k * NC + GemmMicroKernel.SLACK;
    if (packed.length < needed) {
      packed = new float[needed];
    }
    b = packed;
    bo = 0;
    ldb = NR;
    nextTile = k * NR;
    return packed;
  }

  /**
   * c, or what waits to become c, grows by a · b.
   *
   * @param a micropanels of {@link GemmMicroKernel#MR} rows
   * @param ao start of the block in the first of them
   * @param panel distance from one micropanel to the next
   * @param k length of the block
   * @param first whether this is the first block of k
   * @param last whether it is the last
   * @param row first row in c
   * @param column first column in c
   */
  void run(
      float[] a,
      int ao,
      int panel,
      int k,
      boolean first,
      boolean last,
      int row,
      int rows,
      int column,
      int columns) {
    this.a = a;
    this.k = k;
    this.first = first;
    this.last = last;
    if (!last && sums.length < GemmBlocking.panels(rows) * MR * NC) {
      sums = new float[GemmBlocking.panels(rows) * MR * NC];
    }
    for (int i = 0; i < rows; i += MR, ao += panel) {
      int height = Math.min(MR, rows - i);
      for (int j = 0, width; j < columns; j += width) {
        boolean wide = height <= GemmShortMicroKernel.MR && columns - j > NR && nextTile == NR;
        width = wide ? GemmShortMicroKernel.NR : NR;
        tile(ao, row, i, height, column, j, Math.min(columns - j, width), width);
      }
    }
  }

  private void tile(int ao, int row, int i, int height, int column, int j, int columns, int width) {
    int waiting = i * NC + j;
    int bj = bo + j / NR * nextTile;
    float[] start = first ? ZEROS : sums;
    int so = first ? 0 : waiting;
    int lds = first ? 0 : NC;
    if (!last) {
      multiply(height, width, ao, bj, start, so, lds, sums, waiting, NC);
      return;
    }
    boolean whole = columns == width && height % GemmShortMicroKernel.MR == 0;
    if (whole && store.direct()) {
      int at = store.at(row + i, column + j);
      multiply(height, width, ao, bj, start, so, lds, store.c(), at, store.rowStride());
    } else {
      multiply(height, width, ao, bj, start, so, lds, tile, 0, width);
      store.finish(tile, width, row + i, column + j, height, columns);
    }
  }

  private void multiply(
      int height,
      int width,
      int ao,
      int bo,
      float[] start,
      int so,
      int lds,
      float[] c,
      int co,
      int ldc) {
    if (height > GemmShortMicroKernel.MR) {
      microKernel.from(start, so, lds);
      microKernel.to(c, co, ldc);
      if (nextTile == NR) {
        microKernel.runInPlace(a, ao, b, bo, ldb, k);
      } else {
        microKernel.run(a, ao, b, bo, k);
      }
    } else if (width == NR) {
      GemmShortMicroKernel.run(a, ao, b, bo, ldb, k, start, so, lds, c, co, ldc);
    } else {
      GemmShortMicroKernel.wide(a, ao, b, bo, ldb, k, start, so, lds, c, co, ldc);
    }
  }
}
