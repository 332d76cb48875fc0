package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Softmax of rows in three passes: maximum, exponentials and their sum, division. Each pass goes
 * over a few short rows before the next begins, so that the processor has other rows to go on with
 * while the last steps of one wait for each other; for the same reason lanes are added up in
 * memory, by plain code. The buffers belong to one thread.
 */
final class SimdSoftmax {
  /** Most rows of a block. */
  private static final int BLOCK = 8;

  /** Elements of a block: 16 KiB of x and of y stay in the first-level cache. */
  private static final int ELEMENTS = 4096;

  /**
   * Elements whose sum loses little in float32, even with the four lanes of 128 bits, of which
   * {@link ExpKernel} has two vectors.
   */
  private static final int CHUNK = 1024;

  /** In memory, because chains that start from constants may be compiled badly. */
  private static final float[] MINUS_INFINITY = new float[LANES];

  static {
    Arrays.fill(MINUS_INFINITY, Float.NEGATIVE_INFINITY);
  }

  private final float[] lanes = new float[BLOCK * LANES];
  private final float[] tails = new float[BLOCK * LANES];
  private final float[] tops = new float[BLOCK]; // what to subtract
  private final boolean[] hidden = new boolean[BLOCK]; // whether all is −∞ or NaN
  private final double[] sums = new double[BLOCK];
  private final float[] chunk = new float[CHUNK];

  /** y = softmax(x) for rows [rows × n] from {@code at} on; a row of −∞ gives 0. */
  void rows(float[] x, float[] y, int at, int rows, int n) {
    int block = Math.clamp(ELEMENTS / Math.max(1, n), 1, BLOCK);
    for (int r = 0; r < rows; r += block) {
      block(x, y, at + r * n, Math.min(block, rows - r), n);
    }
  }

  private void block(float[] x, float[] y, int at, int rows, int n) {
    tops(x, at, rows, n);
    Arrays.fill(sums, 0);
    for (int i = 0; i < n; i += CHUNK) {
      exp(x, at + i, y, at + i, n, rows, Math.min(CHUNK, n - i));
    }
    for (int r = 0; r < rows; r++) {
      if (!hidden[r]) { // or else −∞ has become 0, and NaN has stayed
        scale(y, at + r * n, n, (float) (1 / sums[r]));
      }
    }
  }

  /** y[at ..] = log softmax(x[at ..]) over n elements; a row of −∞ gives −∞. */
  void logRow(float[] x, float[] y, int at, int n) {
    tops(x, at, 1, n);
    if (hidden[0]) {
      for (int i = at; i < at + n; i++) {
        y[i] = Float.isNaN(x[i]) ? Float.NaN : Float.NEGATIVE_INFINITY;
      }
      return;
    }
    sums[0] = 0;
    for (int i = 0; i < n; i += CHUNK) {
      exp(x, at + i, chunk, 0, n, 1, Math.min(CHUNK, n - i));
    }
    subtract(x, y, at, n, tops[0], (float) Math.log(sums[0]));
  }

  /** The largest element; NaN elements are passed over. */
  float max(float[] x, int at, int n) {
    tops(x, at, 1, n);
    return hidden[0] ? Float.NEGATIVE_INFINITY : tops[0];
  }

  /** The largest element of each row; NaN elements are passed over, they come back in the sum. */
  private void tops(float[] x, int at, int rows, int n) {
    maxima(x, at, rows, n, lanes);
    for (int r = 0; r < rows; r++) {
      float top = Float.NEGATIVE_INFINITY;
      for (int i = r * LANES; i < (r + 1) * LANES; i++) {
        top = lanes[i] > top ? lanes[i] : top;
      }
      int end = at + (r + 1) * n;
      for (int i = end - n % LANES; i < end; i++) {
        top = x[i] > top ? x[i] : top;
      }
      hidden[r] = top == Float.NEGATIVE_INFINITY;
      tops[r] = hidden[r] ? 0 : top;
    }
  }

  /** The largest elements of the whole vectors of each row, in LANES lanes. */
  private static void maxima(float[] x, int at, int rows, int n, float[] lanes) {
    for (int r = 0; r < rows; r++) {
      int xo = at + r * n;
      FloatVector a = FloatVector.fromArray(F, MINUS_INFINITY, 0);
      FloatVector b = FloatVector.fromArray(F, MINUS_INFINITY, 0);
      FloatVector c = FloatVector.fromArray(F, MINUS_INFINITY, 0);
      FloatVector d = FloatVector.fromArray(F, MINUS_INFINITY, 0);
      int i = 0;
      for (; i <= n - 4 * LANES; i += 4 * LANES) {
        FloatVector v = FloatVector.fromArray(F, x, xo + i);
        a = a.blend(v, a.lt(v));
        v = FloatVector.fromArray(F, x, xo + i + LANES);
        b = b.blend(v, b.lt(v));
        v = FloatVector.fromArray(F, x, xo + i + 2 * LANES);
        c = c.blend(v, c.lt(v));
        v = FloatVector.fromArray(F, x, xo + i + 3 * LANES);
        d = d.blend(v, d.lt(v));
      }
      for (; i <= n - LANES; i += LANES) {
        FloatVector v = FloatVector.fromArray(F, x, xo + i);
        a = a.blend(v, a.lt(v));
      }
      a = a.blend(b, a.lt(b));
      c = c.blend(d, c.lt(d));
      a.blend(c, a.lt(c)).intoArray(lanes, r * LANES);
    }
  }

  /**
   * y = e^(x − top) for n elements, at most {@link #CHUNK}, of each row, added to {@link #sums}.
   * What fills no vector makes one with −∞.
   *
   * @param stride from one row to the next, in x and y
   */
  private void exp(float[] x, int xo, float[] y, int yo, int stride, int rows, int n) {
    int tail = n % LANES;
    int whole = n - tail;
    ExpKernel.run(x, xo, y, yo, stride, rows, whole, tops, lanes);
    addSums(rows);
    if (tail > 0) {
      Arrays.fill(tails, Float.NEGATIVE_INFINITY);
      for (int r = 0; r < rows; r++) {
        System.arraycopy(x, xo + r * stride + whole, tails, r * LANES, tail);
      }
      ExpKernel.run(tails, 0, tails, 0, LANES, rows, LANES, tops, lanes);
      addSums(rows);
      for (int r = 0; r < rows; r++) {
        System.arraycopy(tails, r * LANES, y, yo + r * stride + whole, tail);
      }
    }
  }

  private void addSums(int rows) {
    for (int r = 0; r < rows; r++) {
      sums[r] += LaneSums.of(lanes, r * LANES);
    }
  }

  private static void scale(float[] y, int at, int n, float factor) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      FloatVector.fromArray(F, y, at + i).mul(factor).intoArray(y, at + i);
    }
    for (; i < n; i++) {
      y[at + i] *= factor;
    }
  }

  /** y = x − max − log. In two steps, as max may be so large that their sum is little but max. */
  private static void subtract(float[] x, float[] y, int at, int n, float max, float log) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      FloatVector.fromArray(F, x, at + i).sub(max).sub(log).intoArray(y, at + i);
    }
    for (; i < n; i++) {
      y[at + i] = x[at + i] - max - log;
    }
  }
}
