package dev.lanewise.kernels.simd;

/**
 * Transposes in tiles of {@link #SIZE} × {@link #SIZE}, one element at a time: 16 loads and 16
 * stores, which take no longer than the eight permutations and eight blends of four vectors.
 */
final class Transposition {
  /** Rows and columns of a tile. */
  static final int SIZE = 4;

  private Transposition() {}

  /**
   * Element (i, j) of x, at {@code xo + i * ldx + j}, goes to {@code yo + j * ldy + i}. Whole tiles
   * go first, then the rows and columns after them.
   */
  static void run(float[] x, int xo, int ldx, int rows, int cols, float[] y, int yo, int ldy) {
    int tileRows = rows - rows % SIZE;
    int tileCols = cols - cols % SIZE;
    for (int j = 0; j < tileCols; j += SIZE) {
      for (int i = 0; i < tileRows; i += SIZE) {
        tile(x, xo + i * ldx + j, ldx, y, yo + j * ldy + i, ldy);
      }
    }
    for (int i = 0; i < rows; i++) {
      for (int j = i < tileRows ? tileCols : 0; j < cols; j++) {
        y[yo + j * ldy + i] = x[xo + i * ldx + j];
      }
    }
  }

  private static void tile(float[] x, int xo, int ldx, float[] y, int yo, int ldy) {
    int y0 = yo;
    int y1 = yo + ldy;
    int y2 = yo + 2 * ldy;
    int y3 = yo + 3 * ldy;
    int x0 = xo;
    int x1 = xo + ldx;
    int x2 = xo + 2 * ldx;
    int x3 = xo + 3 * ldx;
    y[y0] = x[x0];
    y[y0 + 1] = x[x1];
    y[y0 + 2] = x[x2];
    y[y0 + 3] = x[x3];
    y[y1] = x[x0 + 1];
    y[y1 + 1] = x[x1 + 1];
    y[y1 + 2] = x[x2 + 1];
    y[y1 + 3] = x[x3 + 1];
    y[y2] = x[x0 + 2];
    y[y2 + 1] = x[x1 + 2];
    y[y2 + 2] = x[x2 + 2];
    y[y2 + 3] = x[x3 + 2];
    y[y3] = x[x0 + 3];
    y[y3 + 1] = x[x1 + 3];
    y[y3 + 2] = x[x2 + 3];
    y[y3 + 3] = x[x3 + 3];
  }
}
