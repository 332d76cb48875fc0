package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.GemmBlocking.NC;
import static dev.lanewise.kernels.simd.GemmMicroKernel.MR;
import static dev.lanewise.kernels.simd.GemmMicroKernel.NOTHING;
import static dev.lanewise.kernels.simd.GemmMicroKernel.NR;
import static dev.lanewise.kernels.simd.GemmMicroKernel.WHOLE;
import static dev.lanewise.kernels.simd.GemmMicroKernel.ZEROS;
import static dev.lanewise.kernels.simd.Species.LANES;

import java.lang.foreign.MemorySegment;

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
  private MemorySegment packed = AlignedBuffer.EMPTY;
  private final float[] tile = new float[MR * NR];
  private float[] sums = {};

  // The block in progress.
  private float[] a;
  private float[] b; // null if packed
  private int bo;
  private int ldb;
  private boolean far;
  private int k;
  private boolean first;
  private boolean last;

  /**
   * Makes a strip that lies in an array the strip of b: value (p, j) at {@code bo + p * ldb + j}.
   * Its columns must fill whole tiles.
   *
   * @param far whether it is likely to lie beyond the first-level cache
   */
  void inPlace(float[] b, int bo, int ldb, boolean far) {
    this.b = b;
    this.bo = bo;
    this.ldb = ldb;
    this.far = far;
  }

  /**
   * Makes scratch the strip of b, which the caller fills with {@link GemmPacking}.
   *
   * @return an {@link AlignedBuffer}
   */
  MemorySegment packed(int columns, int k) {
    packed = AlignedBuffer.atLeast(packed, GemmPacking.stripLength(columns, k));
    b = null;
    return packed;
  }

  /** Lets go of the operands. */
  void clear() {
    a = null;
    b = null;
    store.clear();
    microKernel.clear();
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
        boolean wide = height <= GemmShortMicroKernel.MR && columns - j > NR && b != null;
        width = wide ? GemmShortMicroKernel.NR : NR;
        tile(ao, row, i, height, column, j, Math.min(columns - j, width), width);
      }
    }
  }

  private void tile(int ao, int row, int i, int height, int column, int j, int columns, int width) {
    int waiting = i * NC + j;
    float[] start = first ? ZEROS : sums;
    int so = first ? 0 : waiting;
    int lds = first ? 0 : NC;
    if (!last) {
      multiply(height, width, ao, j, start, so, lds, sums, waiting, NC);
      return;
    }
    boolean whole = columns == width && height % GemmShortMicroKernel.MR == 0;
    if (whole && store.direct()) {
      int at = store.at(row + i, column + j);
      multiply(height, width, ao, j, start, so, lds, store.c(), at, store.rowStride());
    } else {
      multiply(height, width, ao, j, start, so, lds, tile, 0, width);
      store.finish(tile, width, row + i, column + j, height, columns);
    }
  }

  private void multiply(
      int height,
      int width,
      int ao,
      int j,
      float[] start,
      int so,
      int lds,
      float[] c,
      int co,
      int ldc) {
    boolean tall = height > GemmShortMicroKernel.MR;
    if (b == null) {
      multiplyPacked(tall, ao, j, start, so, lds, c, co, ldc);
    } else if (tall) {
      microKernel.from(start, so, lds);
      microKernel.to(c, co, ldc);
      microKernel.runInPlace(a, ao, b, bo + j, ldb, k, far);
    } else if (width == NR) {
      GemmShortMicroKernel.run(a, ao, b, bo + j, ldb, k, start, so, lds, c, co, ldc);
    } else {
      GemmShortMicroKernel.wide(a, ao, b, bo + j, ldb, k, start, so, lds, c, co, ldc);
    }
  }

  private void multiplyPacked(
      boolean tall, int ao, int j, float[] start, int so, int lds, float[] c, int co, int ldc) {
    long b0 = GemmPacking.at(j, k);
    long b1 = GemmPacking.at(j + LANES, k);
    if (tall && WHOLE) {
      PanelMicroKernel.runPacked(
          a, ao, packed, b0, b1, 0, 0, k, start, so, lds, NOTHING, 0, c, co, ldc);
      return;
    }
    PanelMicroKernel.runPackedShort(a, ao, packed, b0, b1, k, start, so, lds, c, co, ldc);
    if (tall) {
      ao += GemmShortMicroKernel.MR;
      so += GemmShortMicroKernel.MR * lds;
      co += GemmShortMicroKernel.MR * ldc;
      PanelMicroKernel.runPackedShort(a, ao, packed, b0, b1, k, start, so, lds, c, co, ldc);
    }
  }
}
