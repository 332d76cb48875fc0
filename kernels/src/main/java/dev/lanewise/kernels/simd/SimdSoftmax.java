package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.UMAX;
import static jdk.incubator.vector.VectorOperators.UMIN;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Softmax of rows in three passes: maximum, exponentials and their sum, division. Each pass goes
 * over a few short rows before the next begins, so that the processor has other rows to go on with
 * while the last steps of one wait for each other; for the same reason lanes are added up in
 * memory. The buffers belong to one thread.
 */
final class SimdSoftmax {
  /** Most rows of a block: as many as {@link LaneSums} adds up at once. */
  private static final int BLOCK = 16;

  /** Elements of a block: 16 KiB of x and of y stay in the first-level cache. */
  private static final int ELEMENTS = 4096;

  /** Elements whose sum loses little in float32, even with the four lanes of 128 bits. */
  private static final int CHUNK = 1024;

  private static final int SIGN = Integer.MIN_VALUE;

  /** The bits of −∞; as unsigned integers, those of NaN with a sign are more. */
  private static final int MINUS_INFINITY = Float.floatToRawIntBits(Float.NEGATIVE_INFINITY);

  private final float[] lanes = new float[BLOCK * LANES];
  private final float[] tail = new float[LANES];
  private final float[] tops = new float[BLOCK]; // what to subtract
  private final float[] chunkSums = new float[BLOCK];
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
    tops(x, at, rows, n, tops);
    Arrays.fill(sums, 0, rows, 0);
    for (int left = n; left > 0; left -= CHUNK) {
      int i = n - left;
      exp(x, at + i, y, at + i, n, rows, Math.min(CHUNK, left));
    }
    for (int r = 0; r < rows; r++) {
      int from = at + r * n;
      if (Float.isNaN(tops[r])) {
        Arrays.fill(y, from, from + n, Float.NaN);
      } else if (sums[r] != 0) { // or else −∞ has become 0
        scale(y, from, n, (float) (1 / sums[r]));
      }
    }
  }

  /** y[at ..] = log softmax(x[at ..]) over n elements; a row of −∞ gives −∞. */
  void logRow(float[] x, float[] y, int at, int n) {
    tops(x, at, 1, n, tops);
    sums[0] = 0;
    for (int left = n; left > 0; left -= CHUNK) {
      exp(x, at + n - left, chunk, 0, n, 1, Math.min(CHUNK, left));
    }
    subtract(x, y, at, n, tops[0], sums[0] == 0 ? 0 : (float) Math.log(sums[0]));
  }

  /**
   * What to subtract from each element of a row: the largest; 0 where that is −∞, NaN where the
   * result is, because the largest is ∞ or an element is NaN.
   *
   * <p>Compared as integers. The bits of floats of one sign are in the order of the magnitudes, so
   * that the largest signed integer belongs to the largest float unless all are negative; the
   * smallest unsigned one does if they are. NaN stands beyond ∞ of either sign: one with a sign is
   * the largest unsigned integer. Written out for four vectors, as HotSpot compiles a method of
   * more than 325 bytes on its own: inlined, it kept vectors as objects in every other JVM.
   */
  private static void tops(float[] x, int at, int rows, int n, float[] tops) {
    for (int r = 0; r < rows; r++) {
      int from = at + r * n;
      if (n < LANES) {
        tops[r] = subtrahend(largest(x, from, n));
        continue;
      }
      int last = from + n - LANES;
      IntVector largest = FloatVector.fromArray(F, x, last).reinterpretAsInts();
      IntVector nearest = FloatVector.fromArray(F, x, last).reinterpretAsInts(); // to 0, from below
      IntVector farthest = FloatVector.fromArray(F, x, last).reinterpretAsInts();
      int i = from;
      for (; i < last - 3 * LANES; i += 4 * LANES) {
        IntVector v = FloatVector.fromArray(F, x, i).reinterpretAsInts();
        largest = largest.max(v);
        nearest = nearest.lanewise(UMIN, v);
        farthest = farthest.lanewise(UMAX, v);
        v = FloatVector.fromArray(F, x, i + LANES).reinterpretAsInts();
        largest = largest.max(v);
        nearest = nearest.lanewise(UMIN, v);
        farthest = farthest.lanewise(UMAX, v);
        v = FloatVector.fromArray(F, x, i + 2 * LANES).reinterpretAsInts();
        largest = largest.max(v);
        nearest = nearest.lanewise(UMIN, v);
        farthest = farthest.lanewise(UMAX, v);
        v = FloatVector.fromArray(F, x, i + 3 * LANES).reinterpretAsInts();
        largest = largest.max(v);
        nearest = nearest.lanewise(UMIN, v);
        farthest = farthest.lanewise(UMAX, v);
      }
      for (; i < last; i += LANES) {
        IntVector v = FloatVector.fromArray(F, x, i).reinterpretAsInts();
        largest = largest.max(v);
        nearest = nearest.lanewise(UMIN, v);
        farthest = farthest.lanewise(UMAX, v);
      }
      int most = largest.reduceLanes(MAX);
      int near = nearest.lanewise(XOR, SIGN).reduceLanes(MIN) ^ SIGN;
      int far = farthest.lanewise(XOR, SIGN).reduceLanes(MAX) ^ SIGN;
      boolean bad = Integer.compareUnsigned(far, MINUS_INFINITY) > 0;
      tops[r] = bad ? Float.NaN : subtrahend(Float.intBitsToFloat(most >= 0 ? most : near));
    }
  }

  private static float largest(float[] x, int at, int n) {
    float top = Float.NEGATIVE_INFINITY;
    for (int i = at; i < at + n; i++) {
      top = Math.max(top, x[i]);
    }
    return top;
  }

  private static float subtrahend(float top) {
    return top == Float.NEGATIVE_INFINITY ? 0 : top < Float.POSITIVE_INFINITY ? top : Float.NaN;
  }

  /**
   * y = e^(x − top) for n elements, at most {@link #CHUNK}, of each row, added to {@link #sums}.
   *
   * @param stride from one row to the next, in x and y
   */
  private void exp(float[] x, int xo, float[] y, int yo, int stride, int rows, int n) {
    ExpKernel.run(x, xo, y, yo, stride, rows, n, tops, lanes, tail);
    LaneSums.of(lanes, 0, rows, chunkSums, 0);
    for (int r = 0; r < rows; r++) {
      sums[r] += chunkSums[r];
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
