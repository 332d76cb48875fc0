package dev.lanewise.kernels.reference;

import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.Parallel;
import java.util.Arrays;

/**
 * Every operation as a plain loop over its formula.
 *
 * <p>Threads share the work but never a sum: each output element is computed by one thread in one
 * order, so the bits do not depend on their number. Dot products add up in float, as any
 * implementation that is to be fast must; sums of a whole row of a norm or a softmax add up in
 * double, because there it costs nothing.
 */
public final class ReferenceKernels implements Kernels {
  /** Fewest rows of weights per piece of work: enough to outweigh handing it to a thread. */
  private static final int MIN_ROWS_PER_PIECE = 16;

  private final Parallel team;
  private final float[][] scratch;

  /**
   * Kernels that run on a team.
   *
   * @param team shared with no one else while an operation runs
   */
  public ReferenceKernels(Parallel team) {
    this.team = team;
    this.scratch = new float[team.threads()][0];
  }

  @Override
  public String description() {
    return "reference";
  }

  /** y[t, j] = Σ_l x[t, l] · w[j, l]: row j of w is decoded once and meets all m rows of x. */
  @Override
  public void gemm(float[] x, Matrix[] w, float[][] y, int m) {
    Checks.gemm(x, w, y, m);
    for (int i = 0; i < w.length; i++) {
      gemm(x, w[i], y[i], m);
    }
  }

  private void gemm(float[] x, Matrix w, float[] y, int m) {
    int n = w.rows();
    int k = w.cols();
    int rowsPerPiece = Math.max(MIN_ROWS_PER_PIECE, Math.ceilDiv(n, Parallel.MAX_COUNT));
    team.run(
        Math.ceilDiv(n, rowsPerPiece),
        (piece, worker) -> {
          float[] row = scratch(worker, k);
          int first = piece * rowsPerPiece;
          int end = first + Math.min(rowsPerPiece, n - first);
          for (int j = first; j < end; j++) {
            w.row(j, row, 0);
            for (int t = 0; t < m; t++) {
              y[t * n + j] = dot(x, t * k, row, 0, k);
            }
          }
        });
  }

  /** y = x / √(mean(x²) + ε) · weight. */
  @Override
  public void rmsNorm(float[] x, float[] weight, float epsilon, float[] y, int rows, int n) {
    Checks.rmsNorm(x, weight, y, rows, n);
    for (int t = 0; t < rows; t++) {
      rmsNormRow(x, t * n, weight, epsilon, y, n);
    }
  }

  /** One row of {@link #rmsNorm}, at the same place of x and y; no float overflows on the way. */
  public static void rmsNormRow(
      float[] x, int offset, float[] weight, float epsilon, float[] y, int n) {
    double sum = 0;
    for (int j = 0; j < n; j++) {
      sum += (double) x[offset + j] * x[offset + j];
    }
    double scale = 1 / Math.sqrt(sum / n + epsilon);
    for (int j = 0; j < n; j++) {
      y[offset + j] = (float) (x[offset + j] * scale) * weight[j];
    }
  }

  /** Pairs (2j, 2j + 1). */
  @Override
  public void ropeAdjacent(
      float[] x, float[] cos, float[] sin, int rows, int heads, int headDim, int rotaryDim) {
    Checks.rope(x, cos, sin, rows, heads, headDim, rotaryDim);
    int pairs = rotaryDim / 2;
    for (int t = 0; t < rows; t++) {
      for (int h = 0; h < heads; h++) {
        int head = (t * heads + h) * headDim;
        for (int j = 0; j < pairs; j++) {
          rotate(x, head + 2 * j, head + 2 * j + 1, cos[t * pairs + j], sin[t * pairs + j]);
        }
      }
    }
  }

  /** Pairs (j, j + rotaryDim / 2). */
  @Override
  public void ropeHalf(
      float[] x, float[] cos, float[] sin, int rows, int heads, int headDim, int rotaryDim) {
    Checks.rope(x, cos, sin, rows, heads, headDim, rotaryDim);
    int pairs = rotaryDim / 2;
    for (int t = 0; t < rows; t++) {
      for (int h = 0; h < heads; h++) {
        int head = (t * heads + h) * headDim;
        for (int j = 0; j < pairs; j++) {
          rotate(x, head + j, head + pairs + j, cos[t * pairs + j], sin[t * pairs + j]);
        }
      }
    }
  }

  /** Turns the vector (x[a], x[b]) by an angle. */
  private static void rotate(float[] x, int a, int b, float cos, float sin) {
    float xa = x[a];
    float xb = x[b];
    x[a] = xa * cos - xb * sin;
    x[b] = xa * sin + xb * cos;
  }

  /** y = gate / (1 + e^−gate) · up. */
  @Override
  public void swiglu(float[] gate, float[] up, float[] y, int n) {
    Checks.swiglu(gate, up, y, n);
    for (int i = 0; i < n; i++) {
      y[i] = (float) (gate[i] / (1 + Math.exp(-gate[i])) * up[i]);
    }
  }

  /** y = y + x. */
  @Override
  public void add(float[] x, float[] y, int n) {
    Checks.add(x, y, n);
    for (int i = 0; i < n; i++) {
      y[i] += x[i];
    }
  }

  /** y = e^(x − max x) / Σ e^(x − max x). */
  @Override
  public void softmax(float[] x, float[] y, int rows, int n) {
    Checks.softmax(x, y, rows, n);
    for (int t = 0; t < rows; t++) {
      softmaxRow(x, y, t * n, n);
    }
  }

  /** One row of {@link #softmax}, at the same place of x and y. */
  private static void softmaxRow(float[] x, float[] y, int offset, int n) {
    float max = Float.NEGATIVE_INFINITY;
    for (int j = offset; j < offset + n; j++) {
      max = Math.max(max, x[j]);
    }
    if (max == Float.NEGATIVE_INFINITY) { // all masked: x − max would be −∞ + ∞, not a number
      Arrays.fill(y, offset, offset + n, 0);
      return;
    }
    double sum = 0;
    for (int j = offset; j < offset + n; j++) {
      y[j] = (float) Math.exp(x[j] - max);
      sum += y[j];
    }
    for (int j = offset; j < offset + n; j++) {
      y[j] = (float) (y[j] / sum);
    }
  }

  /** y[i, h] = Σ_j p_j · v[j], p = softmax_j(q[i, h] · k[j] · scale), j = 0 … position + i. */
  @Override
  public void attention(
      float[] q, float[] k, float[] v, float[] y, AttentionShape shape, int rows, int position) {
    Checks.attention(q, k, v, y, shape, rows, position);
    int nHeads = shape.nHeads();
    int headDim = shape.headDim();
    int kvWidth = shape.kvWidth();
    team.run(
        nHeads,
        (h, worker) -> {
          float[] p = scratch(worker, position + rows);
          int kvHead = h / shape.groupSize() * headDim;
          for (int i = 0; i < rows; i++) {
            int query = (i * nHeads + h) * headDim;
            int nKeys = position + i + 1;
            for (int j = 0; j < nKeys; j++) {
              p[j] = dot(q, query, k, j * kvWidth + kvHead, headDim) * shape.scale();
            }
            softmaxRow(p, p, 0, nKeys);
            Arrays.fill(y, query, query + headDim, 0);
            for (int j = 0; j < nKeys; j++) {
              axpy(p[j], v, j * kvWidth + kvHead, y, query, headDim);
            }
          }
        });
  }

  /**
   * Σ a_i · b_i in eight partial sums. They break the chain of additions, so that a core can work
   * on eight at once, and divide its rounding error by eight.
   */
  private static float dot(float[] a, int aOffset, float[] b, int bOffset, int n) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    float s4 = 0;
    float s5 = 0;
    float s6 = 0;
    float s7 = 0;
    int i = 0;
    for (; i <= n - 8; i += 8) {
      s0 += a[aOffset + i] * b[bOffset + i];
      s1 += a[aOffset + i + 1] * b[bOffset + i + 1];
      s2 += a[aOffset + i + 2] * b[bOffset + i + 2];
      s3 += a[aOffset + i + 3] * b[bOffset + i + 3];
      s4 += a[aOffset + i + 4] * b[bOffset + i + 4];
      s5 += a[aOffset + i + 5] * b[bOffset + i + 5];
      s6 += a[aOffset + i + 6] * b[bOffset + i + 6];
      s7 += a[aOffset + i + 7] * b[bOffset + i + 7];
    }
    float sum = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
    for (; i < n; i++) {
      sum += a[aOffset + i] * b[bOffset + i];
    }
    return sum;
  }

  /** y = y + α · x. */
  private static void axpy(float alpha, float[] x, int xOffset, float[] y, int yOffset, int n) {
    for (int i = 0; i < n; i++) {
      y[yOffset + i] += alpha * x[xOffset + i];
    }
  }

  /** This worker's own buffer of at least {@code length}; its content is arbitrary. */
  private float[] scratch(int worker, int length) {
    if (scratch[worker].length < length) {
      scratch[worker] = new float[length];
    }
    return scratch[worker];
  }
}
