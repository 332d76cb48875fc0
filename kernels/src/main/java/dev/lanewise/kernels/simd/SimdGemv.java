package dev.lanewise.kernels.simd;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.kernels.quant.Interleaved;

/**
 * y = W · x for one row x: every weight is read once, so this is a matter of memory bandwidth for
 * wide types and of instructions per weight for narrow ones.
 *
 * <p>The rows of all matrices are cut into pieces; each row is summed on its own, in an order that
 * does not depend on the cut. {@link SimdDot} and {@link SimdDotInterleaved} hold the loops.
 */
final class SimdGemv {
  /** A group of interleaved rows. */
  private static final int MIN_ROWS = Interleaved.ROWS;

  /** So many pieces, at least, that a thread that is held up leaves others something to take. */
  private static final int MAX_ROWS = 1024;

  private final Parallel team;
  private final Parallel.Task piece = this::piece;
  private final float[][] scratch;

  /** x as interleaved rows want it. */
  private float[] prepared = {};

  /** x as rows of float16 want it; null if they must do without. */
  private float[] halves;

  private float[] halvesBuffer = {};

  // The operation in progress.
  private float[] x;
  private int xo;
  private Matrix[] w;
  private float[][] y;
  private int row;
  private int rowsPerPiece;

  SimdGemv(Parallel team) {
    this.team = team;
    scratch = new float[team.threads()][0];
  }

  /** Multiplies row {@code row} of x and writes row {@code row} of every y. */
  void run(float[] x, Matrix[] w, float[][] y, int row) {
    this.x = x;
    this.w = w;
    this.y = y;
    this.row = row;
    int k = w[0].cols();
    xo = row * k;
    prepare(k);
    int total = 0;
    for (Matrix matrix : w) {
      total += matrix.rows();
    }
    // One piece per thread: each more costs a transfer of the ticket between caches, some hundred
    // nanoseconds here. With 16 pieces per thread a small model's decode took 1.7 times as long.
    int even = Math.ceilDiv(total, team.threads() * MIN_ROWS) * MIN_ROWS;
    rowsPerPiece = Math.clamp(even, MIN_ROWS, MAX_ROWS);
    int pieces = 0;
    for (Matrix matrix : w) {
      pieces += pieces(matrix);
    }
    team.run(pieces, piece);
    this.x = null;
    this.w = null;
    this.y = null;
  }

  /** Computes from x what rows share. */
  private void prepare(int k) {
    boolean anyInterleaved = false;
    boolean anyHalves = false;
    for (Matrix matrix : w) {
      anyInterleaved |= matrix.layout() == Matrix.Layout.INTERLEAVED;
      anyHalves |= matrix.dtype() == DType.F16;
    }
    if (anyInterleaved) {
      if (prepared.length < SimdDotInterleaved.preparedLength(k)) {
        prepared = new float[SimdDotInterleaved.preparedLength(k)];
      }
      SimdDotInterleaved.prepare(x, xo, k, prepared);
    }
    halves = null;
    if (anyHalves) {
      if (halvesBuffer.length < k) {
        halvesBuffer = new float[k];
      }
      halves = SimdDotHalves.prepare(x, xo, k, halvesBuffer) ? halvesBuffer : null;
    }
  }

  private int pieces(Matrix matrix) {
    return (matrix.rows() + rowsPerPiece - 1) / rowsPerPiece;
  }

  private void piece(int index, int worker) {
    int i = 0;
    while (index >= pieces(w[i])) {
      index -= pieces(w[i++]);
    }
    Matrix matrix = w[i];
    int from = index * rowsPerPiece;
    int to = Math.min(matrix.rows(), from + rowsPerPiece);
    int yo = row * matrix.rows();
    switch (matrix.layout()) {
      case ROW_MAJOR -> SimdDot.rows(matrix, from, to, x, xo, halves, scratch(worker), y[i], yo);
      case INTERLEAVED ->
          SimdDotInterleaved.rows(matrix, from, to, x, xo, prepared, scratch(worker), y[i], yo);
    }
  }

  private float[] scratch(int worker) {
    int needed = SimdDot.scratchLength(MAX_ROWS, w[0].cols());
    if (scratch[worker].length < needed) {
      scratch[worker] = new float[needed];
    }
    return scratch[worker];
  }
}
