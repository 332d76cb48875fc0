package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.GemmMicroKernel.MR;

import dev.lanewise.kernels.Parallel;
import java.util.Arrays;

/**
 * The outer loops of a matrix product, whatever its operands are.
 *
 * <p>A product is cut into strips of columns, and these into blocks of rows, which are the pieces
 * of work. First the threads pack a into micropanels that all pieces read; then each piece goes
 * through k block by block, with its strip of b in the second-level cache. As much of a is packed
 * at a time as {@link GemmBlocking#packedPanels} allows. Every element of c is summed in the same
 * order whatever the pieces, hence the same bits for any number of threads.
 */
abstract class GemmLoops {
  /** The left operand. */
  final GemmOperand a = new GemmOperand();

  private final Parallel team;
  private final GemmMacroKernel[] workers;
  private final PackedRows packedRows;
  private final Parallel.Task multiplyPiece = this::multiplyPiece;

  /** Rows {@code [row, row + rows)} of matrices of a in micropanels, all of k, one by one. */
  private float[] aPanels;

  /** The number of each product's first strip, and of all strips at the end. */
  private int[] starts = {};

  // The operation in progress.
  private int k;
  private int kc;
  private boolean shared;

  // The part of it whose a is packed.
  private int product;
  private int products;
  private int row;
  private int rows;
  private int rowBlocks;
  private int perPiece;
  private int total;

  GemmLoops(Parallel team) {
    this.team = team;
    packedRows = new PackedRows(team);
    workers = new GemmMacroKernel[team.threads()];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new GemmMacroKernel();
    }
  }

  /** Columns of one of the products. */
  abstract int columns(int product);

  /** Says where a product goes to. */
  abstract void output(int product, GemmStore store);

  /**
   * Provides steps {@code [k0, k0 + k)} of columns of b, packed or in place.
   *
   * @param rows how many rows will be multiplied with them
   */
  abstract void operand(
      int product,
      int column,
      int columns,
      int k0,
      int k,
      int rows,
      int worker,
      GemmMacroKernel to);

  /**
   * Multiplies {@code m} rows of a, or of each matrix of a, with b.
   *
   * @param products how many, at least one, with at least one column each
   * @param shared whether they share one matrix of a
   * @param block the blocks that k is cut into are multiples of this
   * @param minRows fewest rows that are worth a pass over b
   */
  final void multiply(int products, boolean shared, int m, int k, int block, int minRows) {
    this.k = k;
    this.shared = shared;
    kc = k == 0 ? 1 : GemmBlocking.kc(m, k, block);
    countStrips(products);
    int panels = GemmBlocking.packedPanels(m, k);
    int matrices = shared ? products : GemmBlocking.packedMatrices(m, k, products);
    for (product = 0; product < products; product += matrices) {
      this.products = Math.min(matrices, products - product);
      for (row = 0; row < m; row += panels * MR) {
        rows = Math.min(panels * MR, m - row);
        aPanels = packedRows.pack(a, product, shared ? 1 : this.products, row, rows, k);
        multiplyPacked(minRows);
      }
    }
  }

  /** Lets go of what the product was made of. */
  final void release() {
    a.clear();
    for (GemmMacroKernel worker : workers) {
      worker.clear();
    }
  }

  private void countStrips(int products) {
    if (starts.length <= products) {
      starts = new int[products + 1];
    }
    for (int i = 0; i < products; i++) {
      starts[i + 1] = Math.addExact(starts[i], GemmBlocking.strips(columns(i)));
    }
  }

  private void multiplyPacked(int minRows) {
    long columns = 0;
    for (int i = 0; i < products; i++) {
      columns += columns(product + i);
    }
    long work = rows * columns * k;
    int strips = starts[product + products] - starts[product];
    rowBlocks = GemmBlocking.rowBlocks(rows, minRows, strips, work, team.threads());
    total = Math.multiplyExact(strips, rowBlocks);
    perPiece = GemmBlocking.grouped(total, work);
    team.run(Math.ceilDiv(total, perPiece), multiplyPiece);
  }

  private void multiplyPiece(int piece, int worker) {
    int end = (int) Math.min(total, (piece + 1L) * perPiece);
    for (int i = piece * perPiece; i < end; i++) {
      int strip = starts[product] + i / rowBlocks;
      int found = Arrays.binarySearch(starts, product, product + products, strip);
      int of = found < 0 ? -found - 2 : found;
      strip(of, strip - starts[of], i % rowBlocks, worker);
    }
  }

  private void strip(int of, int strip, int rowBlock, int worker) {
    int panels = GemmBlocking.panels(rows);
    int from = (int) ((long) panels * rowBlock / rowBlocks);
    int to = (int) ((long) panels * (rowBlock + 1) / rowBlocks);
    int height = Math.min(rows, to * MR) - from * MR;
    int n = columns(of);
    int column = GemmBlocking.column(strip, n);
    int width = GemmBlocking.column(strip + 1, n) - column;
    int ao = ((shared ? 0 : (of - product) * panels) + from) * MR * k;
    GemmMacroKernel kernel = workers[worker];
    output(of, kernel.store);
    int k0 = 0;
    do {
      int length = Math.min(kc, k - k0);
      boolean last = k0 + length == k;
      operand(of, column, width, k0, length, height, worker, kernel);
      kernel.run(
          aPanels,
          ao + k0 * MR,
          MR * k,
          length,
          k0 == 0,
          last,
          row + from * MR,
          height,
          column,
          width);
      k0 += length;
    } while (k0 < k);
  }
}
