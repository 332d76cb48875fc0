package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.GemmBlocking.NC;
import static dev.lanewise.kernels.simd.GemmMicroKernel.MR;
import static dev.lanewise.kernels.simd.GemmMicroKernel.NR;
import static dev.lanewise.kernels.simd.GemmMicroKernel.ZEROS;

import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.Parallel;

/**
 * Y = X · Wᵀ for many rows of X: the loops around {@link GemmMicroKernel}.
 *
 * <p>X is packed once. Then each piece of work takes a strip of {@link GemmBlocking#NC} columns of
 * Y, unpacks the weights of that strip block by block into float32 micropanels, and multiplies them
 * with all of X, so that the cost of unpacking is shared by all rows. Every element of Y is summed
 * in the same order whatever the strips, hence the same bits for any number of threads.
 */
final class SimdGemm {
  private final Parallel team;
  private final float[][] bPanels;
  private final float[][] scratch;
  private final float[][] tiles;
  private final Parallel.Task packPiece = this::pack;
  private final Parallel.Task stripPiece = this::strip;

  private float[] aPanels = {};

  // The operation in progress.
  private float[] x;
  private Matrix[] w;
  private float[][] y;
  private int m;
  private int k;

  SimdGemm(Parallel team) {
    this.team = team;
    int threads = team.threads();
    bPanels = new float[threads][];
    scratch = new float[threads][];
    tiles = new float[threads][];
  }

  void run(float[] x, Matrix[] w, float[][] y, int m) {
    this.x = x;
    this.w = w;
    this.y = y;
    this.m = m;
    k = w[0].cols();
    int panels = (m + MR - 1) / MR;
    int needed = Math.multiplyExact(panels * MR, k);
    if (aPanels.length < needed) {
      aPanels = new float[needed];
    }
    int strips = 0;
    for (Matrix matrix : w) {
      strips += strips(matrix);
    }
    team.run(panels, packPiece);
    team.run(strips, stripPiece);
    this.x = null;
    this.w = null;
    this.y = null;
  }

  private static int strips(Matrix matrix) {
    return (matrix.rows() + NC - 1) / NC;
  }

  private void pack(int panel, int worker) {
    GemmPacking.packRows(x, m, k, panel * MR, aPanels, panel * MR * k);
  }

  private void strip(int index, int worker) {
    if (tiles[worker] == null) {
      tiles[worker] = new float[MR * NR];
      scratch[worker] = new float[GemmPacking.SCRATCH];
      bPanels[worker] = new float[(NC + NR) * (GemmBlocking.KC + 256)];
    }
    int i = 0;
    while (index >= strips(w[i])) {
      index -= strips(w[i++]);
    }
    strip(w[i], y[i], index * NC, worker);
  }

  private void strip(Matrix matrix, float[] out, int column, int worker) {
    int columns = Math.min(NC, matrix.rows() - column);
    float[] b = bPanels[worker];
    float[] tile = tiles[worker];
    int kc = GemmBlocking.kc(k, matrix.dtype().blockSize());
    for (int k0 = 0; k0 < k; k0 += kc) {
      int n = Math.min(kc, k - k0);
      for (int j = 0; j < columns; j += NR) {
        GemmPacking.packWeights(matrix, column + j, k0, n, b, j * n, scratch[worker]);
      }
      for (int i = 0; i < m; i += MR) {
        for (int j = 0; j < columns; j += NR) {
          int rows = Math.min(MR, m - i);
          int at = i * matrix.rows() + column + j;
          multiply(i, b, j * n, k0, n, rows, columns - j, out, at, matrix.rows(), tile);
        }
      }
    }
  }

  /** y += a · b, or y = a · b in the first block of k, for one tile. */
  private void multiply(
      int i,
      float[] b,
      int bo,
      int k0,
      int n,
      int rows,
      int columns,
      float[] y,
      int at,
      int ldy,
      float[] tile) {
    boolean whole = rows == MR && columns >= NR;
    float[] start = ZEROS;
    int so = 0;
    int lds = 0;
    float[] c = whole ? y : tile;
    int co = whole ? at : 0;
    int ldc = whole ? ldy : NR;
    if (k0 > 0) {
      if (!whole) {
        copy(y, at, ldy, tile, 0, NR, rows, Math.min(NR, columns));
      }
      start = c;
      so = co;
      lds = ldc;
    }
    GemmMicroKernel.run(aPanels, i * k + k0 * MR, MR, b, bo, NR, n, start, so, lds, c, co, ldc);
    if (!whole) {
      copy(tile, 0, NR, y, at, ldy, rows, Math.min(NR, columns));
    }
  }

  private static void copy(
      float[] from, int fo, int ldf, float[] to, int at, int ldt, int rows, int columns) {
    for (int i = 0; i < rows; i++) {
      System.arraycopy(from, fo + i * ldf, to, at + i * ldt, columns);
    }
  }
}
