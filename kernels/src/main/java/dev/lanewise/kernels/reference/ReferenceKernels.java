package dev.lanewise.kernels.reference;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.Epilogue;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.MatrixView;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.kernels.PatchShape;

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

  @Override
  public Parallel team() {
    return team;
  }

  /** y[t, j] = Σ_l x[t, l] · w[j, l]: row j of w is decoded once and meets all m rows of x. */
  @Override
  public void gemm(float[] x, Matrix[] w, float[][] y, int m) {
    Checks.gemm(x, w, y, m);
    for (int i = 0; i < w.length; i++) {
      gemm(x, w[i], Epilogue.NONE, y[i], m);
    }
  }

  @Override
  public void gemm(float[] x, Matrix[] w, Epilogue[] epilogues, float[][] y, int m) {
    Checks.gemm(x, w, epilogues, y, m);
    for (int i = 0; i < w.length; i++) {
      gemm(x, w[i], epilogues[i], y[i], m);
    }
  }

  private void gemm(float[] x, Matrix w, Epilogue epilogue, float[] y, int m) {
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
              float sum = dot(x, t * k, row, 0, k);
              y[t * n + j] = ReferenceActivation.finish(epilogue, sum, j, y[t * n + j]);
            }
          }
        });
  }

  /** c[i, j] = Σ_p a[i, p] · b[p, j]: a row of a and a column of b side by side in scratch. */
  @Override
  public void gemm(MatrixView a, MatrixView b, MatrixView c, Epilogue epilogue) {
    Checks.gemm(a, b, c, epilogue);
    if (c.rows() == 0) {
      return;
    }
    int k = a.cols();
    int columns = Math.multiplyExact(c.batch(), c.cols());
    int perPiece = Math.max(MIN_ROWS_PER_PIECE, Math.ceilDiv(columns, Parallel.MAX_COUNT));
    team.run(
        Math.ceilDiv(columns, perPiece),
        (piece, worker) -> {
          float[] lines = scratch(worker, 2 * k);
          int first = piece * perPiece;
          int end = first + Math.min(perPiece, columns - first);
          for (int column = first; column < end; column++) {
            int batch = column / c.cols();
            int j = column % c.cols();
            int from = b.offset() + batch * b.batchStride() + j * b.columnStride();
            copy(b.data(), from, b.rowStride(), lines, k, k);
            for (int i = 0; i < c.rows(); i++) {
              from = a.offset() + batch * a.batchStride() + i * a.rowStride();
              copy(a.data(), from, a.columnStride(), lines, 0, k);
              float sum = dot(lines, 0, lines, k, k);
              int to =
                  c.offset() + batch * c.batchStride() + i * c.rowStride() + j * c.columnStride();
              c.data()[to] = ReferenceActivation.finish(epilogue, sum, j, c.data()[to]);
            }
          }
        });
  }

  private static void copy(float[] from, int fo, int stride, float[] to, int at, int n) {
    for (int i = 0; i < n; i++) {
      to[at + i] = from[fo + i * stride];
    }
  }

  /** y[i] = table[ids[i]]. */
  @Override
  public void gather(Matrix table, int[] ids, float[] y, int count) {
    Checks.gather(table, ids, y, count);
    for (int i = 0; i < count; i++) {
      table.row(ids[i], y, i * table.cols());
    }
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

  /** y = (x − mean) / √(variance + ε) · weight + bias. */
  @Override
  public void layerNorm(
      float[] x, float[] weight, float[] bias, float epsilon, float[] y, int rows, int n) {
    Checks.layerNorm(x, weight, bias, y, rows, n);
    for (int t = 0; t < rows; t++) {
      layerNormRow(x, t * n, weight, bias, epsilon, y, n);
    }
  }

  /** One row of {@link #layerNorm}, at the same place of x and y; no float overflows on the way. */
  public static void layerNormRow(
      float[] x, int offset, float[] weight, float[] bias, float epsilon, float[] y, int n) {
    double sum = 0;
    for (int j = 0; j < n; j++) {
      sum += x[offset + j];
    }
    double mean = sum / n;
    double squares = 0;
    for (int j = 0; j < n; j++) {
      squares += (x[offset + j] - mean) * (x[offset + j] - mean);
    }
    double scale = 1 / Math.sqrt(squares / n + epsilon);
    for (int j = 0; j < n; j++) {
      double value = (x[offset + j] - mean) * scale * weight[j];
      y[offset + j] = (float) (bias == null ? value : value + bias[j]);
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

  /** y = f(x). */
  @Override
  public void activate(Activation f, float[] x, float[] y, int n) {
    Checks.activate(f, x, y, n);
    for (int i = 0; i < n; i++) {
      y[i] = (float) ReferenceActivation.of(f, x[i]);
    }
  }

  /** y = f(gate) · up. */
  @Override
  public void glu(Activation f, float[] gate, float[] up, float[] y, int n) {
    Checks.glu(f, gate, up, y, n);
    for (int i = 0; i < n; i++) {
      y[i] = (float) (ReferenceActivation.of(f, gate[i]) * up[i]);
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
      ReferenceSoftmax.row(x, y, t * n, n);
    }
  }

  /** y = x − max x − log Σ e^(x − max x). */
  @Override
  public void logSoftmax(float[] x, float[] y, int rows, int n) {
    Checks.softmax(x, y, rows, n);
    for (int t = 0; t < rows; t++) {
      ReferenceSoftmax.logRow(x, y, t * n, n);
    }
  }

  /** y[b, i, h] = Σ_j p_j · v[b, j], p = softmax_j(cap(q[b, i, h] · k[b, j] · scale) + bias). */
  @Override
  public void attention(
      float[] q,
      float[] k,
      float[] v,
      AttentionMask mask,
      float[] y,
      AttentionShape shape,
      int batch,
      int rows,
      int keys,
      int position) {
    Checks.attention(q, k, v, mask, y, shape, batch, rows, keys, position);
    ReferenceAttention attention =
        new ReferenceAttention(q, k, v, mask, y, shape, rows, keys, position);
    int heads = shape.nHeads();
    int perPiece = Math.ceilDiv(heads, Parallel.MAX_COUNT);
    team.run(
        Math.ceilDiv(heads, perPiece),
        (piece, worker) -> {
          float[] p = scratch(worker, keys);
          for (int h = piece * perPiece; h < Math.min(heads, (piece + 1) * perPiece); h++) {
            for (int b = 0; b < batch; b++) {
              for (int i = 0; i < rows; i++) {
                attention.row(b, h, i, p);
              }
            }
          }
        });
  }

  /** The index of max x. */
  @Override
  public int argmax(float[] x, int n) {
    Checks.argmax(x, n);
    int best = 0;
    for (int i = 1; i < n; i++) {
      if (x[i] > x[best] || (Float.isNaN(x[best]) && x[i] > Float.NEGATIVE_INFINITY)) {
        best = i;
      }
    }
    return Float.isNaN(x[best]) || x[best] == Float.NEGATIVE_INFINITY ? 0 : best;
  }

  /** Each index sinks past those of smaller elements. */
  @Override
  public void topK(float[] x, int n, int[] indices) {
    Checks.topK(x, n, indices);
    for (int i = 0; i < n; i++) {
      int at = Math.min(i, indices.length);
      while (at > 0 && rank(x[i]) > rank(x[indices[at - 1]])) {
        if (at < indices.length) {
          indices[at] = indices[at - 1];
        }
        at--;
      }
      if (at < indices.length) {
        indices[at] = i;
      }
    }
  }

  private static float rank(float x) {
    return Float.isNaN(x) ? Float.NEGATIVE_INFINITY : x;
  }

  /** y[patch, channel, row, column] = image[channel, top + row, left + column]. */
  @Override
  public void patches(float[] image, float[] y, PatchShape shape) {
    Checks.patches(image, y, shape);
    for (int patch = 0; patch < shape.count(); patch++) {
      patch(image, y, shape, patch);
    }
  }

  /** One row of {@link #patches}. */
  public static void patch(float[] image, float[] y, PatchShape shape, int patch) {
    int size = shape.size();
    int top = patch / shape.across() * shape.stride();
    int left = patch % shape.across() * shape.stride();
    int to = patch * shape.patchWidth();
    for (int c = 0; c < shape.channels(); c++) {
      for (int row = top; row < top + size; row++) {
        int from = (c * shape.height() + row) * shape.width() + left;
        System.arraycopy(image, from, y, to, size);
        to += size;
      }
    }
  }

  /**
   * Σ a_i · b_i in eight partial sums. They break the chain of additions, so that a core can work
   * on eight at once, and divide its rounding error by eight.
   */
  static float dot(float[] a, int aOffset, float[] b, int bOffset, int n) {
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

  /** This worker's own buffer of at least {@code length}; its content is arbitrary. */
  private float[] scratch(int worker, int length) {
    if (scratch[worker].length < length) {
      scratch[worker] = new float[length];
    }
    return scratch[worker];
  }
}
