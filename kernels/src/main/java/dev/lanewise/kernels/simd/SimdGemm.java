package dev.lanewise.kernels.simd;

import dev.lanewise.kernels.Epilogue;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.kernels.quant.Interleaved;
import java.lang.foreign.MemorySegment;

/**
 * Y = X · Wᵀ for many rows of X: weights are unpacked strip by strip, block by block, into float32,
 * so that the cost of unpacking is shared by all rows.
 */
final class SimdGemm extends GemmLoops {
  /**
   * Fewest rows of a block: as many as are packed at a time, so that rows are not cut. Each block
   * would unpack the weights again, which costs as much as multiplying some tens of rows.
   */
  private static final int MIN_ROWS = GemmBlocking.ROWS;

  private final float[][] scratch;

  // The operation in progress.
  private Matrix[] w;
  private Epilogue[] epilogues;
  private float[][] y;
  private int row;

  SimdGemm(Parallel team) {
    super(team);
    scratch = new float[team.threads()][];
  }

  /**
   * Multiplies m rows of x from {@code row} on, and writes those rows of every y.
   *
   * @param epilogues one for each matrix, or null for none
   */
  void run(float[] x, Matrix[] w, Epilogue[] epilogues, float[][] y, int row, int m) {
    int k = w[0].cols();
    int block = Interleaved.COLUMNS;
    for (Matrix matrix : w) {
      block = Math.max(block, matrix.dtype().blockSize());
    }
    this.w = w;
    this.epilogues = epilogues;
    this.y = y;
    this.row = row;
    a.set(x, row * k, k);
    multiply(w.length, true, m, k, block, MIN_ROWS);
    release();
    this.w = null;
    this.epilogues = null;
    this.y = null;
  }

  @Override
  int columns(int product) {
    return w[product].rows();
  }

  @Override
  void output(int product, GemmStore store) {
    Epilogue epilogue = epilogues == null ? Epilogue.NONE : epilogues[product];
    int n = columns(product);
    store.set(y[product], row * n, n, 1, epilogue, false);
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
    if (scratch[worker] == null) {
      scratch[worker] = new float[GemmPacking.SCRATCH];
    }
    MemorySegment strip = to.packed(columns, k);
    GemmPacking.packWeights(w[product], column, columns, k0, k, strip, scratch[worker]);
  }
}
