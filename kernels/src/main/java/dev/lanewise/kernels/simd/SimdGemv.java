package dev.lanewise.kernels.simd;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Epilogue;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.kernels.quant.Interleaved;
import dev.lanewise.kernels.quant.InterleavedFormat;

/**
 * y = W · x for one row x: every weight is read once, so this is a matter of memory bandwidth for
 * wide types and of instructions per weight for narrow ones.
 *
 * <p>The rows of all matrices together are cut into parts; each row is summed on its own, in an
 * order that does not depend on the cut. {@link SimdDot} and {@link SimdDotInterleaved} hold the
 * loops.
 */
final class SimdGemv {
  private static final int GROUP = Interleaved.ROWS;

  /** Of a part: a thread that is held up leaves others something to take. */
  private static final int MAX_ROWS = 1024;

  /**
   * Rows of x with larger numbers are multiplied with decoded weights. Infinities would meet those
   * of the other sign in sums that offsets and minima are multiplied with; large numbers, times the
   * gains of interleaved rows (up to 2²⁸ for a product, up to 32 of them in a sum), might leave the
   * range of floats; and beside them float16 would lack so much of its gain that products below
   * 2⁻¹⁰² lose bits.
   */
  private static final float LARGE = 0x1p38f;

  private final Parallel team;
  private final Parallel.Task piece = this::piece;
  private final float[][] scratch;
  private final float[][] sums;
  private final GemmStore[] stores;

  /** x as interleaved rows of four to six bits want it, for each {@link InterleavedInput}. */
  private final float[][] prepared = new float[InterleavedInput.values().length][0];

  private final SimdDotInterleavedPairs pairs = new SimdDotInterleavedPairs();

  // The operation in progress.
  private float[] x;
  private int xo;
  private Matrix[] w;
  private Epilogue[] epilogues;
  private float[][] y;
  private int row;
  private int total;
  private int rowsPerPart;
  private int perPiece;

  /** The largest magnitude in the row of x, if any matrix asks for it. */
  private float largest;

  SimdGemv(Parallel team) {
    this.team = team;
    int threads = team.threads();
    scratch = new float[threads][0];
    sums = new float[threads][];
    stores = new GemmStore[threads];
  }

  /**
   * Whether a row of x can be multiplied here: its numbers are not too large for a matrix of w.
   * Where one is not a number all sums are none, whatever way they are made.
   */
  boolean suits(float[] x, Matrix[] w, int row) {
    boolean gains = false;
    for (Matrix matrix : w) {
      boolean interleaved = matrix.layout() == Matrix.Layout.INTERLEAVED;
      gains |= interleaved && matrix.dtype() != DType.BF16;
    }
    int k = w[0].cols();
    largest = gains ? SimdArgmax.maxMagnitude(x, row * k, k) : 0;
    return !(largest > LARGE);
  }

  /**
   * Multiplies row {@code row} of x, which {@linkplain #suits suits}, and writes row {@code row} of
   * every y.
   *
   * @param epilogues one for each matrix, or null for none
   */
  void run(float[] x, Matrix[] w, Epilogue[] epilogues, float[][] y, int row) {
    this.x = x;
    this.w = w;
    this.epilogues = epilogues;
    this.y = y;
    this.row = row;
    int k = w[0].cols();
    xo = row * k;
    prepare(k);
    total = 0;
    for (Matrix matrix : w) {
      total = Math.addExact(total, space(matrix));
    }
    // As few parts as may be, and for every thread as many: each more costs a transfer of the
    // ticket between caches, some hundred nanoseconds here. With 16 for each thread a small model's
    // decode took 1.7 times as long; parts of 256 or 512 KiB made no difference. Three parts of
    // 1024 rows took two threads 1.26 times as long as four of 768.
    int perThread = Math.ceilDiv(total, team.threads() * MAX_ROWS);
    int groups = Math.ceilDiv(total, team.threads() * perThread * GROUP);
    rowsPerPart = groups * GROUP;
    int parts = Math.ceilDiv(total, rowsPerPart);
    perPiece = Math.ceilDiv(parts, Parallel.MAX_COUNT);
    team.run(Math.ceilDiv(parts, perPiece), piece);
    if (epilogues != null) {
      for (GemmStore store : stores) {
        if (store != null) {
          store.clear();
        }
      }
    }
    this.x = null;
    this.w = null;
    this.epilogues = null;
    this.y = null;
  }

  /** Computes from x what rows share. */
  private void prepare(int k) {
    boolean anyHalves = false;
    int done = 0; // a bit for each input
    for (Matrix matrix : w) {
      if (matrix.layout() == Matrix.Layout.INTERLEAVED) {
        anyHalves |= matrix.dtype() == DType.F16;
        InterleavedFormat format = InterleavedFormat.of(matrix.dtype());
        InterleavedInput input = format == null ? null : InterleavedInput.of(format);
        if (input != null && (done >>> input.ordinal() & 1) == 0) {
          prepare(k, input);
          done |= 1 << input.ordinal();
        }
      }
    }
    if (anyHalves) {
      pairs.prepare(x, xo, k, largest);
    }
  }

  private void prepare(int k, InterleavedInput input) {
    int length = InterleavedInput.length(k);
    if (prepared[input.ordinal()].length < length) {
      prepared[input.ordinal()] = new float[length];
    }
    input.prepare(x, xo, k, prepared[input.ordinal()]);
  }

  /** Rows of a matrix and what its last group lacks: parts begin with a group. */
  private static int space(Matrix matrix) {
    return Math.multiplyExact(Math.ceilDiv(matrix.rows(), GROUP), GROUP);
  }

  private void piece(int index, int worker) {
    long from = (long) index * perPiece * rowsPerPart;
    long to = Math.min(total, from + (long) perPiece * rowsPerPart);
    for (long part = from; part < to; part += rowsPerPart) {
      part((int) part, (int) Math.min(to, part + rowsPerPart), worker);
    }
  }

  /** Rows {@code [from, to)} of all matrices, one behind the other. */
  private void part(int from, int to, int worker) {
    int start = 0;
    for (int i = 0; i < w.length && start < to; i++) {
      int end = start + space(w[i]);
      int last = Math.min(to - start, w[i].rows());
      if (end > from) {
        part(i, Math.max(0, from - start), last, worker);
      }
      start = end;
    }
  }

  /** Rows {@code [from, to)} of one of the matrices. */
  private void part(int i, int from, int to, int worker) {
    Matrix matrix = w[i];
    int yo = row * matrix.rows();
    if (epilogues == null) {
      rows(matrix, from, to, y[i], yo, worker);
    } else {
      if (sums[worker] == null) {
        sums[worker] = new float[MAX_ROWS];
        stores[worker] = new GemmStore();
      }
      rows(matrix, from, to, sums[worker], -from, worker);
      stores[worker].set(y[i], yo, matrix.rows(), 1, epilogues[i], false);
      stores[worker].finish(sums[worker], to - from, 0, from, 1, to - from);
    }
  }

  /** y[yo + r] = row r of the matrix · x, for r in {@code [from, to)}. */
  private void rows(Matrix matrix, int from, int to, float[] y, int yo, int worker) {
    switch (matrix.layout()) {
      case ROW_MAJOR -> SimdDot.rows(matrix, from, to, x, xo, scratch(worker), y, yo);
      case INTERLEAVED -> interleavedRows(matrix, from, to, y, yo, worker);
    }
  }

  private void interleavedRows(Matrix matrix, int from, int to, float[] y, int yo, int worker) {
    switch (matrix.dtype()) {
      case F16, BF16 -> pairs.rows(matrix, from, to, x, xo, scratch(worker), y, yo);
      default -> {
        InterleavedInput input = InterleavedInput.of(InterleavedFormat.of(matrix.dtype()));
        float[] own = input == null ? null : prepared[input.ordinal()];
        SimdDotInterleaved.rows(matrix, from, to, x, xo, own, scratch(worker), y, yo);
      }
    }
  }

  private float[] scratch(int worker) {
    int needed = SimdDot.scratchLength(w[0].cols());
    if (scratch[worker].length < needed) {
      scratch[worker] = new float[needed];
    }
    return scratch[worker];
  }
}
