package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.LANES;

import dev.lanewise.kernels.Epilogue;
import dev.lanewise.kernels.Parallel;

/**
 * C = A · B for views whose A has too few rows to be worth packing B: row by row, each a matter of
 * reading B. Threads share out the columns, and each sum belongs to one of them.
 */
final class SimdViewGemv {
  /** From this many rows on packing columns of b costs less than reading them for each row. */
  private static final int PACKING_ROWS = 6;

  /** Multiply-adds that are worth a piece: the bandwidth of memory allows some 10 per ns. */
  private static final int PIECE = 1 << 17;

  /** Most columns of a piece: their sums stay in the first-level cache. */
  private static final int MAX_COLUMNS = 2048;

  private final Parallel team;
  private final GemmStore[] stores;
  private final float[][] sums;
  private final float[][] gathered;
  private final float[][] lanes;
  private final Parallel.Task piece = this::piece;

  // The operation in progress.
  private GemmOperand a;
  private GemmOperand b;
  private GemmOperand c;
  private Epilogue epilogue;
  private boolean transposed;
  private int m;
  private int n;
  private int k;
  private int width;
  private int perMatrix;
  private int total;
  private int perPiece;

  SimdViewGemv(Parallel team) {
    this.team = team;
    stores = new GemmStore[team.threads()];
    sums = new float[team.threads()][MAX_COLUMNS];
    gathered = new float[team.threads()][0];
    lanes = new float[team.threads()][GemvKernel.COLUMNS * LANES];
    for (int i = 0; i < stores.length; i++) {
      stores[i] = new GemmStore();
    }
  }

  /** Whether this is the way for m rows and such a b. */
  boolean suits(GemmOperand b, int m) {
    return b.columnStride == 1 ? m == 1 : b.rowStride == 1 && m < PACKING_ROWS;
  }

  /**
   * Multiplies m rows of each of a batch.
   *
   * @param transposed if c is the transpose of the caller's, whose columns the bias belongs to
   */
  void run(
      GemmOperand a,
      GemmOperand b,
      GemmOperand c,
      Epilogue epilogue,
      boolean transposed,
      int batch,
      int m,
      int n,
      int k) {
    this.a = a;
    this.b = b;
    this.c = c;
    this.epilogue = epilogue;
    this.transposed = transposed;
    this.m = m;
    this.n = n;
    this.k = k;
    long work = (long) batch * m * n * k;
    int pieces = Math.clamp(work / PIECE, 1, team.threads());
    int even = Math.ceilDiv(n, Math.ceilDiv(pieces, batch) * LANES) * LANES;
    width = Math.min(even, MAX_COLUMNS);
    perMatrix = Math.ceilDiv(n, width);
    total = Math.multiplyExact(batch, perMatrix);
    perPiece = Math.ceilDiv(total, Math.clamp(work / PIECE, 1, Parallel.MAX_COUNT));
    team.run(Math.ceilDiv(total, perPiece), piece);
    for (GemmStore store : stores) {
      store.clear();
    }
    this.a = null;
    this.b = null;
    this.c = null;
    this.epilogue = null;
  }

  private void piece(int index, int worker) {
    int end = (int) Math.min(total, (index + 1L) * perPiece);
    for (int i = index * perPiece; i < end; i++) {
      int matrix = i / perMatrix;
      int column = i % perMatrix * width;
      GemmStore store = stores[worker];
      store.set(c.data, c.at(matrix, 0, 0), c.rowStride, c.columnStride, epilogue, transposed);
      for (int row = 0; row < m; row++) {
        row(matrix, row, column, Math.min(width, n - column), worker);
      }
    }
  }

  private void row(int matrix, int row, int column, int columns, int worker) {
    float[] x = a.data;
    int xo = a.at(matrix, row, 0);
    if (a.columnStride != 1) {
      x = gather(xo, worker);
      xo = 0;
    }
    float[] y = sums[worker];
    int bo = b.at(matrix, 0, column);
    if (b.columnStride == 1) {
      GemvKernel.rows(x, xo, b.data, bo, b.rowStride, k, y, columns);
    } else {
      GemvKernel.columns(x, xo, b.data, bo, b.columnStride, k, y, columns, lanes[worker]);
    }
    stores[worker].finish(y, columns, row, column, 1, columns);
  }

  /** A row of a whose elements lie apart. */
  private float[] gather(int from, int worker) {
    if (gathered[worker].length < k) {
      gathered[worker] = new float[k];
    }
    float[] x = gathered[worker];
    for (int p = 0; p < k; p++) {
      x[p] = a.data[from + p * a.columnStride];
    }
    return x;
  }
}
