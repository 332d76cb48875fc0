package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.GemmMicroKernel.NR;

import dev.lanewise.kernels.Epilogue;
import dev.lanewise.kernels.MatrixView;
import dev.lanewise.kernels.Parallel;

/**
 * C = A · B for views of arrays. Rows of b that lie in one piece are read where they are, unless
 * there are so many rows of a that copying them close together is worth it.
 *
 * <p>A column-major C is computed as its transpose Bᵀ · Aᵀ, and so is a single column. A single row
 * goes to {@link SimdViewGemv}.
 */
final class SimdViewGemm extends GemmLoops {
  /** Fewest rows of a block: four tiles. */
  private static final int MIN_ROWS = 32;

  /**
   * From this many rows on b is packed, which costs about as much as eight rows. On a processor of
   * Intel 64 rows times 384 × 384 or 576 × 1,536 numbers took a sixth longer in place.
   */
  private static final int PACKING_ROWS = 24;

  /** From this many, if b stays in the first-level cache all the time. */
  private static final int PACKING_ROWS_OF_CACHED = 96;

  /**
   * From this many, if the rows of b are whole pages apart: these compete for the same places in
   * the caches. 16 rows times 1,024 × 1,024 numbers took a third longer in place there, 32 times
   * 768 × 3,072 four fifths.
   */
  private static final int PACKING_ROWS_OF_PAGES = 16;

  /** Most floats of a b that stays in the first-level cache: 48 KiB. */
  private static final int CACHED = 3 << 12;

  /** Floats of a page. */
  private static final int PAGE = 1024;

  private final SimdViewGemv gemv;
  private final GemmOperand b = new GemmOperand();
  private final GemmOperand c = new GemmOperand();

  // The operation in progress.
  private Epilogue epilogue;
  private boolean transposed;
  private int n;

  SimdViewGemm(Parallel team) {
    super(team);
    gemv = new SimdViewGemv(team);
  }

  void run(MatrixView left, MatrixView right, MatrixView out, Epilogue epilogue) {
    if (out.batch() == 0 || out.rows() == 0 || out.cols() == 0) {
      return;
    }
    boolean columnMajor = out.columnStride() != 1 && out.rowStride() == 1;
    transposed = out.rows() > 1 && (columnMajor || out.cols() == 1);
    a.set(transposed ? right : left, transposed);
    b.set(transposed ? left : right, transposed);
    c.set(out, transposed);
    this.epilogue = epilogue;
    int m = transposed ? out.cols() : out.rows();
    n = transposed ? out.rows() : out.cols();
    int k = left.cols();
    if (gemv.suits(b, m)) {
      gemv.run(a, b, c, epilogue, transposed, out.batch(), m, n, k);
    } else {
      boolean shared = out.batch() == 1 || a.batchStride == 0;
      multiply(out.batch(), shared, m, k, 1, MIN_ROWS);
    }
    this.epilogue = null;
    release();
    b.clear();
    c.clear();
  }

  @Override
  int columns(int product) {
    return n;
  }

  @Override
  void output(int product, GemmStore store) {
    int from = c.at(product, 0, 0);
    store.set(c.data, from, c.rowStride, c.columnStride, epilogue, transposed);
  }

  @Override
  void operand(
      int product,
      int column,
      int columns,
      int k0,
      int k,
      int rows,
      int worker,
      GemmMacroKernel to) {
    boolean wholeTiles = columns % NR == 0;
    boolean cached = (long) k * n <= CACHED;
    if (b.columnStride == 1 && wholeTiles && rows < packingRows(cached)) {
      to.inPlace(b.data, b.at(product, k0, column), b.rowStride, !cached);
    } else {
      GemmPacking.packColumns(b, product, k0, k, column, columns, to.packed(columns, k));
    }
  }

  private int packingRows(boolean cached) {
    if (cached) {
      return PACKING_ROWS_OF_CACHED;
    }
    return b.rowStride % PAGE == 0 ? PACKING_ROWS_OF_PAGES : PACKING_ROWS;
  }
}
