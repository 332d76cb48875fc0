package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.Parallel;
import jdk.incubator.vector.FloatVector;

/**
 * y = W · x for one row x: every weight is read once, so this is a matter of memory bandwidth for
 * wide types and of instructions per weight for narrow ones.
 *
 * <p>The rows of all matrices are cut into pieces; each row is summed on its own, in an order that
 * does not depend on the cut. {@link SimdDot} holds the loops over one row.
 */
final class SimdGemv {
  private static final int MIN_ROWS = 8;
  private static final int MAX_ROWS = 256;
  private static final int PIECES_PER_THREAD = 16;

  private final Parallel team;
  private final Parallel.Task piece = this::piece;

  private float[] sums = {};

  // The operation in progress.
  private float[] x;
  private int xo;
  private Matrix[] w;
  private float[][] y;
  private int row;
  private int rowsPerPiece;

  SimdGemv(Parallel team) {
    this.team = team;
  }

  /** Multiplies row {@code row} of x and writes row {@code row} of every y. */
  void run(float[] x, Matrix[] w, float[][] y, int row) {
    this.x = x;
    this.w = w;
    this.y = y;
    this.row = row;
    int k = w[0].cols();
    xo = row * k;
    int total = 0;
    boolean needsSums = false;
    for (Matrix matrix : w) {
      total += matrix.rows();
      needsSums |= matrix.dtype().blockSize() > 1;
    }
    if (needsSums) {
      sumBlocks(x, xo, k);
    }
    int even = total / (PIECES_PER_THREAD * team.threads());
    rowsPerPiece = Math.clamp(even & -MIN_ROWS, MIN_ROWS, MAX_ROWS);
    int pieces = 0;
    for (Matrix matrix : w) {
      pieces += pieces(matrix);
    }
    team.run(pieces, piece);
    this.x = null;
    this.w = null;
    this.y = null;
  }

  private int pieces(Matrix matrix) {
    return (matrix.rows() + rowsPerPiece - 1) / rowsPerPiece;
  }

  /**
   * Sums of x, lane by lane, over every 16 elements: a weight d·(q − 8) or d·q + m is multiplied as
   * d·(q·x) and a multiple of Σx, and Σx is the same for all rows.
   */
  private void sumBlocks(float[] x, int xo, int k) {
    int blocks = k / 16;
    if (sums.length < blocks * LANES) {
      sums = new float[blocks * LANES];
    }
    for (int b = 0; b < blocks; b++) {
      FloatVector sum = FloatVector.fromArray(F, x, xo + b * 16);
      for (int j = LANES; j < 16; j += LANES) {
        sum = sum.add(FloatVector.fromArray(F, x, xo + b * 16 + j));
      }
      sum.intoArray(sums, b * LANES);
    }
  }

  private void piece(int index, int worker) {
    int i = 0;
    while (index >= pieces(w[i])) {
      index -= pieces(w[i++]);
    }
    Matrix matrix = w[i];
    int from = index * rowsPerPiece;
    int to = Math.min(matrix.rows(), from + rowsPerPiece);
    SimdDot.rows(matrix, from, to, x, xo, sums, y[i], row * matrix.rows());
  }
}
