package dev.lanewise.kernels;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

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

  /** With the bias that is null for none. */
  static double[] layerNorm(
      float[] x, float[] weight, float[] bias, float epsilon, int rows, int n) {
    double[] y = new double[rows * n];
    for (int t = 0; t < rows; t++) {
      double mean = 0;
      for (int j = 0; j < n; j++) {
        mean += (double) x[t * n + j] / n;
      }
      double variance = 0;
      for (int j = 0; j < n; j++) {
        variance += (x[t * n + j] - mean) * (x[t * n + j] - mean) / n;
      }
      for (int j = 0; j < n; j++) {
        double normalised = (x[t * n + j] - mean) / Math.sqrt(variance + epsilon);
        y[t * n + j] = normalised * weight[j] + (bias == null ? 0 : bias[j]);
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

  static double activation(Activation f, double x) {
    return switch (f) {
      case IDENTITY -> x;
      case RELU -> x < 0 ? 0 : x;
      case SIGMOID -> 1 / (1 + Math.exp(-x));
      case TANH -> Math.tanh(x);
      case SILU -> x / (1 + Math.exp(-x));
      case GELU -> x * erfc(-x / Math.sqrt(2)) / 2;
      case GELU_TANH -> x / (1 + Math.exp(-Math.sqrt(8 / Math.PI) * (x + 0.044715 * x * x * x)));
    };
  }

  /**
   * 1 − erf x as an integral over a Gaussian, by the trapezoidal rule with the correction that
   * makes it exact to 1e-15 at this step (Chiarella and Reichel 1968); next to 0, where its terms
   * cancel, by the first terms of the power series.
   */
  private static double erfc(double x) {
    if (x < 0) {
      return 2 - erfc(-x);
    }
    double squared = x * x;
    if (x < 0.03) {
      double series = 1 - squared / 3 + squared * squared / 10 - squared * squared * squared / 42;
      return 1 - 2 / Math.sqrt(Math.PI) * x * series;
    }
    if (x > 30) {
      return 0;
    }
    double step = 0.5;
    double sum = 1 / squared;
    for (int k = 1; k <= 13; k++) {
      double at = k * step;
      sum += 2 * Math.exp(-at * at) / (at * at + squared);
    }
    double integral = step * x / Math.PI * Math.exp(-squared) * sum;
    return x < Math.PI / step ? integral + 2 / (1 - Math.exp(2 * Math.PI * x / step)) : integral;
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

  static double[] logSoftmax(double[] x) {
    double max = Double.NEGATIVE_INFINITY;
    for (double value : x) {
      max = Math.max(max, value);
    }
    double[] y = new double[x.length];
    double sum = 0;
    for (double value : x) {
      sum += Math.exp(value - max);
    }
    for (int j = 0; j < x.length; j++) {
      y[j] = max == Double.NEGATIVE_INFINITY ? max : x[j] - max - Math.log(sum);
    }
    return y;
  }

  /** All indices, from that of the largest element down; equal elements keep their order. */
  static int[] descending(float[] x, int n) {
    return IntStream.range(0, n)
        .boxed()
        .sorted(
            Comparator.comparingDouble(
                i -> Float.isNaN(x[i]) ? Double.POSITIVE_INFINITY : 0.0 - x[i]))
        .mapToInt(i -> i)
        .toArray();
  }

  /** One number after the other, each from where its indices say. */
  static float[] patches(float[] image, PatchShape shape) {
    float[] y = new float[shape.count() * shape.patchWidth()];
    int size = shape.size();
    for (int i = 0; i < y.length; i++) {
      int patch = i / shape.patchWidth();
      int channel = i / (size * size) % shape.channels();
      int row = patch / shape.across() * shape.stride() + i / size % size;
      int column = patch % shape.across() * shape.stride() + i % size;
      y[i] = image[(channel * shape.height() + row) * shape.width() + column];
    }
    return y;
  }

  /** softmax(c · tanh(q · Kᵀ · scale / c) + bias) · V over the keys that a query sees. */
  static double[] attention(
      float[] q,
      float[] k,
      float[] v,
      AttentionMask mask,
      AttentionShape shape,
      int batch,
      int rows,
      int keys,
      int position) {
    double[] y = new double[batch * rows * shape.outputWidth()];
    for (int b = 0; b < batch; b++) {
      for (int i = 0; i < rows; i++) {
        for (int h = 0; h < shape.nHeads(); h++) {
          int kvHead = h / shape.groupSize();
          int query = ((b * rows + i) * shape.nHeads() + h) * shape.headDim();
          double[] scores = new double[keys];
          for (int j = 0; j < keys; j++) {
            int key = ((b * keys + j) * shape.nKvHeads() + kvHead) * shape.headDim();
            double score = score(q, query, k, key, shape);
            float bias =
                mask.bias() == null
                    ? 0
                    : mask.bias()[
                        mask.offset()
                            + b * mask.batchStride()
                            + h * mask.headStride()
                            + i * mask.rowStride()
                            + j];
            boolean hidden =
                bias == Float.NEGATIVE_INFINITY || !sees(mask, shape, b, position + i, j);
            scores[j] = hidden ? Double.NEGATIVE_INFINITY : score + bias;
          }
          double[] p = softmax(scores);
          int output = ((b * rows + i) * shape.nHeads() + h) * shape.valueDim();
          for (int j = 0; j < keys; j++) {
            int value = ((b * keys + j) * shape.nKvHeads() + kvHead) * shape.valueDim();
            for (int d = 0; d < shape.valueDim() && sees(mask, shape, b, position + i, j); d++) {
              y[output + d] += p[j] * v[value + d];
            }
          }
        }
      }
    }
    return y;
  }

  private static double score(float[] q, int query, float[] k, int key, AttentionShape shape) {
    double sum = 0;
    for (int d = 0; d < shape.headDim(); d++) {
      sum += (double) q[query + d] * k[key + d];
    }
    double score = sum * shape.scale();
    return shape.softCap() == 0 ? score : shape.softCap() * Math.tanh(score / shape.softCap());
  }

  private static boolean sees(
      AttentionMask mask, AttentionShape shape, int sequence, long query, int key) {
    return query - key <= shape.before()
        && key - query <= shape.after()
        && (mask.lengths() == null || key < mask.lengths()[sequence]);
  }
}
