package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.PanelMicroKernel.MR;
import static dev.lanewise.kernels.simd.PanelMicroKernel.NR;
import static dev.lanewise.kernels.simd.PanelMicroKernel.SHORT_MR;
import static dev.lanewise.kernels.simd.Species.LANES;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Epilogue;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.kernels.quant.Interleaved;
import java.util.Arrays;

/**
 * Y = X · Wᵀ for interleaved weights of float32, which are micropanels already: few rows are not
 * packed, so that they cost no more than their share.
 *
 * <p>Rows of x are cut into blocks that stay in the second-level cache, columns of y into pieces
 * for the threads. A tile of weights stays there too while it meets the rows of a block, and the
 * sums of a tile of y stay in registers for the whole of k, bias included.
 *
 * <p>Weights of a whole model seldom stay in a cache, and the first rows that meet a tile wait for
 * it: a tenth of the time with 128 rows. Where rows are many enough, and columns too, rows are
 * packed, and while a tile is multiplied the next one is fetched ({@link
 * PanelMicroKernel#runPacked}), which wins back a third of that. Lost: fetching without packing
 * (slower by a tenth); packing for few columns or for rows of 1,536 numbers, with or without
 * fetching; packing several blocks of rows, which all but the first find weights in the cache; huge
 * pages (nothing); for 16 to 64 rows, a part of k for all of them before the next (0.7 to 0.95).
 */
final class SimdPanelGemm {
  /** Most blocks of rows of all products together, so that there are not too many pieces. */
  private static final int MAX_BLOCKS = Parallel.MAX_COUNT / 4;

  /** Fewest columns, of all products together, that repay the packing of rows. */
  private static final int PACKED_COLUMNS = 768;

  /**
   * Fewest rows that are packed: with fewer, the next tile would have to be fetched faster than the
   * processor does it by the way.
   */
  private static final int PACKED_ROWS = 16 * MR;

  /**
   * Most floats of a block of packed rows, of a tile of weights and of the next: 768 KiB of a 1 MiB
   * second-level cache.
   */
  private static final int CACHED = 3 << 16;

  private final Parallel team;
  private final GemmOperand a = new GemmOperand();
  private final PackedRows packedRows;
  private final Parallel.Task piece = this::piece;
  private final GemmStore[] stores;
  private final float[][] tiles;

  /** The number of each product's first piece, and of all pieces at the end. */
  private int[] starts = {};

  // The operation in progress.
  private float[] x;
  private Matrix[] w;
  private Epilogue[] epilogues;
  private float[][] y;
  private int m;
  private int k;
  private float[] panels; // null where rows are not packed
  private int blockRows;
  private int blocks;

  SimdPanelGemm(Parallel team) {
    this.team = team;
    packedRows = new PackedRows(team);
    stores = new GemmStore[team.threads()];
    tiles = new float[team.threads()][MR * NR];
    for (int i = 0; i < stores.length; i++) {
      stores[i] = new GemmStore();
    }
  }

  /** Whether a matrix lies as this product wants it. */
  static boolean suits(Matrix w) {
    return w.layout() == Matrix.Layout.INTERLEAVED && w.dtype() == DType.F32;
  }

  /**
   * Multiplies m rows.
   *
   * @param w matrices that {@linkplain #suits suit}
   * @param epilogues one for each matrix, or null for none
   */
  void run(float[] x, Matrix[] w, Epilogue[] epilogues, float[][] y, int m) {
    this.x = x;
    this.w = w;
    this.epilogues = epilogues;
    this.y = y;
    this.m = m;
    k = w[0].cols();
    int mostBlocks = Math.max(1, MAX_BLOCKS / w.length);
    blockRows = Math.max(GemmBlocking.blockRows(m, k), Math.ceilDiv(m, mostBlocks));
    blocks = Math.ceilDiv(m, blockRows);
    panels = packs() ? pack() : null;
    team.run(cut(), piece);
    for (GemmStore store : stores) {
      store.clear();
    }
    panels = null;
    this.x = null;
    this.w = null;
    this.epilogues = null;
    this.y = null;
  }

  private boolean packs() {
    int columns = 0;
    for (Matrix matrix : w) {
      columns += matrix.rows();
    }
    return GemmMicroKernel.WHOLE
        && columns >= PACKED_COLUMNS
        && m >= PACKED_ROWS
        && blocks == 1
        && (blockRows + 2L * NR) * k <= CACHED;
  }

  private float[] pack() {
    a.set(x, 0, k);
    float[] packed = packedRows.pack(a, 0, 1, 0, m, k);
    a.clear();
    return packed;
  }

  /** Cuts the products into pieces and returns how many there are. */
  private int cut() {
    if (starts.length <= w.length) {
      starts = new int[w.length + 1];
    }
    int tiles = 0;
    for (Matrix matrix : w) {
      tiles += tiles(matrix);
    }
    long work = (long) tiles * NR * m * k;
    // One row waits for memory, which all threads together read faster.
    int wanted = m == 1 ? team.threads() : GemmBlocking.pieces(work, team.threads());
    int perBlock = Math.clamp(Math.ceilDiv(wanted, blocks), 1, tiles);
    int perPiece = tiles / perBlock; // whole tiles, or threads would end a tile apart
    for (int i = 0; i < w.length; i++) {
      starts[i + 1] = starts[i] + Math.ceilDiv(tiles(w[i]), perPiece) * blocks;
    }
    return starts[w.length];
  }

  private static int tiles(Matrix matrix) {
    return Math.ceilDiv(matrix.rows(), NR);
  }

  private void piece(int index, int worker) {
    int found = Arrays.binarySearch(starts, 0, w.length, index);
    int product = found < 0 ? -found - 2 : found;
    int cuts = (starts[product + 1] - starts[product]) / blocks;
    int number = index - starts[product];
    int row = number / cuts * blockRows;
    int cut = number % cuts;
    int tiles = tiles(w[product]);
    int from = (int) ((long) tiles * cut / cuts);
    int to = (int) ((long) tiles * (cut + 1) / cuts);
    Epilogue epilogue = epilogues == null ? Epilogue.NONE : epilogues[product];
    stores[worker].set(y[product], 0, w[product].rows(), 1, epilogue, false);
    for (int tile = from; tile < to; tile++) {
      column(product, epilogue, tile * NR, row, Math.min(m, row + blockRows), worker);
    }
  }

  /** NR columns, or what is left of them, of rows {@code [from, to)}. */
  private void column(int product, Epilogue epilogue, int column, int from, int to, int worker) {
    int columns = Math.min(NR, w[product].rows() - column);
    boolean plain = columns == NR && epilogue.alpha() == 1 && epilogue.beta() == 0;
    float[] tile = tiles[worker];
    for (int row = from; row < to; row += MR) {
      int rows = Math.min(MR, to - row);
      if (plain) {
        plainTile(product, epilogue, row, rows, column, tile);
      } else {
        multiply(w[product], row, rows, column, null, tile, 0, NR);
        stores[worker].finish(tile, NR, row, column, rows, columns);
      }
    }
  }

  /** A tile with whole columns, of which nothing is to be scaled and added to. */
  private void plainTile(
      int product, Epilogue epilogue, int row, int rows, int column, float[] tile) {
    float[] c = y[product];
    int ldc = w[product].rows();
    int co = row * ldc + column;
    boolean direct = epilogue.activation() == Activation.IDENTITY;
    if (direct && (rows == 1 || rows % SHORT_MR == 0)) {
      multiply(w[product], row, rows, column, epilogue.bias(), c, co, ldc);
    } else {
      multiply(w[product], row, rows, column, epilogue.bias(), tile, 0, NR);
      SimdActivation.run(epilogue.activation(), tile, 0, tile, 0, rows * NR);
      PanelMicroKernel.copy(tile, rows, c, co, ldc);
    }
  }

  /** A tile of sums and biases; rows are added to fill {@link PanelMicroKernel#SHORT_MR}. */
  private void multiply(
      Matrix w, int row, int rows, int column, float[] bias, float[] c, int co, int ldc) {
    float[] added = bias == null ? GemmMicroKernel.ZEROS : bias;
    int bo = bias == null ? 0 : column;
    int ao = row * k;
    long b0 = at(w, column);
    long b1 = at(w, Math.min(column + LANES, (w.rows() - 1) / LANES * LANES));
    if (rows == 1) {
      PanelMicroKernel.runRow(x, ao, w.data(), b0, b1, k, added, bo, c, co);
    } else if (rows <= SHORT_MR) {
      PanelMicroKernel.runShort(x, ao, k, rows - 1, w.data(), b0, b1, k, added, bo, c, co, ldc);
    } else if (panels != null) {
      packed(w, row, column, b0, b1, added, bo, c, co, ldc);
    } else {
      PanelMicroKernel.run(x, ao, k, rows - 1, w.data(), b0, b1, k, added, bo, c, co, ldc);
    }
  }

  /** As {@link #multiply}, of packed rows, while a part of the next tile of weights is fetched. */
  private void packed(
      Matrix w,
      int row,
      int column,
      long b0,
      long b1,
      float[] bias,
      int bo,
      float[] c,
      int co,
      int ldc) {
    long ahead = b0;
    long pace = 0;
    if (column + 2 * NR <= w.rows()) {
      pace = Math.ceilDiv(NR * Float.BYTES * MR, m);
      ahead = at(w, column + NR) + row / MR * pace * k;
      ahead = Math.min(ahead, w.data().byteSize() - pace * k);
    }
    int ao = row * k;
    PanelMicroKernel.runPacked(
        panels,
        ao,
        w.data(),
        b0,
        b1,
        ahead,
        pace,
        k,
        GemmMicroKernel.ZEROS,
        0,
        0,
        bias,
        bo,
        c,
        co,
        ldc);
  }

  /** The first byte of LANES rows of w from {@code row} on. */
  private static long at(Matrix w, int row) {
    return Interleaved.offset(row, w.rowBytes(), Float.BYTES);
  }
}
