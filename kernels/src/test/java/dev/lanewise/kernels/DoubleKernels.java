package dev.lanewise.kernels;

import java.util.Arrays;

/** The oracle: every operation straight from its formula, in double precision. */
final class DoubleKernels {
  private DoubleKernels() {}

  /**
   * A product and the scale of its rounding error.
   *
   * @param y Σ x·w
   * @param magnitude Σ |x| · magnitude of w
   * @param n rows of w
   */
  record Product(double[] y, double[] magnitude, int n) {}

  static Product gemm(float[] x, Weights w, int m) {
    int n = w.matrix().rows();
    int k = w.matrix().cols();
    double[] y = new double[m * n];
    double[] magnitude = new double[m * n];
    for (int t = 0; t < m; t++) {
      for (int j = 0; j < n; j++) {
        double sum = 0;
        double size = 0;
        for (int l = 0; l < k; l++) {
          double xl = x[t * k + l];
          sum += xl * w.values()[j * k + l];
          size += Math.abs(xl) * w.magnitude()[j * k + l];
        }
        y[t * n + j] = sum;
        magnitude[t * n + j] = size;
      }
    }
    return new Product(y, magnitude, n);
  }

  static double[] rmsNorm(float[] x, float[] weight, float epsilon, int rows, int n) {
    double[] y = new double[rows * n];
    for (int t = 0; t < rows; t++) {
      double squares = 0;
      for (int j = 0; j < n; j++) {
        squares += (double) x[t * n + j] * x[t * n + j];
      }
      double rms = Math.sqrt(squares / n + epsilon);
      for (int j = 0; j < n; j++) {
        y[t * n + j] = x[t * n + j] / rms * weight[j];
      }
    }
    return y;
  }

  /**
   * Rotary embedding of one head.
   *
   * @param stride distance from the first to the second of a pair
   * @param step distance from one pair to the next
   */
  static double[] rope(
      float[] head, float[] cos, float[] sin, int angles, int pairs, int stride, int step) {
    double[] y = new double[head.length];
    for (int i = 0; i < head.length; i++) {
      y[i] = head[i];
    }
    for (int j = 0; j < pairs; j++) {
      double a = head[j * step];
      double b = head[j * step + stride];
      y[j * step] = a * cos[angles + j] - b * sin[angles + j];
      y[j * step + stride] = b * cos[angles + j] + a * sin[angles + j];
    }
    return y;
  }

  static double swiglu(float gate, float up) {
    return gate / (1 + Math.exp(-(double) gate)) * up;
  }

  static double[] softmax(double[] x) {
    double max = Double.NEGATIVE_INFINITY;
    for (double value : x) {
      max = Math.max(max, value);
    }
    double[] y = new double[x.length];
    if (max == Double.NEGATIVE_INFINITY) {
      return y;
    }
    for (int j = 0; j < x.length; j++) {
      y[j] = Math.exp(x[j] - max);
    }
    double sum = Arrays.stream(y).sum();
    for (int j = 0; j < x.length; j++) {
      y[j] /= sum;
    }
    return y;
  }

  static double[] attention(
      float[] q, float[] k, float[] v, AttentionShape shape, int rows, int position) {
    int headDim = shape.headDim();
    double[] y = new double[rows * shape.queryWidth()];
    for (int i = 0; i < rows; i++) {
      for (int h = 0; h < shape.nHeads(); h++) {
        int query = i * shape.queryWidth() + h * headDim;
        int kvHead = h * shape.nKvHeads() / shape.nHeads() * headDim;
        double[] scores = new double[position + i + 1];
        for (int j = 0; j < scores.length; j++) {
          double sum = 0;
          for (int d = 0; d < headDim; d++) {
            sum += (double) q[query + d] * k[j * shape.keyWidth() + kvHead + d];
          }
          scores[j] = sum * shape.scale();
        }
        double[] p = softmax(scores);
        for (int j = 0; j < scores.length; j++) {
          for (int d = 0; d < headDim; d++) {
            y[query + d] += p[j] * v[j * shape.keyWidth() + kvHead + d];
          }
        }
      }
    }
    return y;
  }
}
