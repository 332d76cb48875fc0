package dev.lanewise.kernels.reference;

import java.util.Arrays;

/** Softmax of one row, at the same place of x and y, which may be one array. */
final class ReferenceSoftmax {
  private ReferenceSoftmax() {}

  /** y = e^(x − max x) / Σ e^(x − max x). */
  static void row(float[] x, float[] y, int offset, int n) {
    float max = max(x, offset, n);
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

  /** y = x − max x − log Σ e^(x − max x). */
  static void logRow(float[] x, float[] y, int offset, int n) {
    float max = max(x, offset, n);
    if (max == Float.NEGATIVE_INFINITY) {
      Arrays.fill(y, offset, offset + n, max);
      return;
    }
    double sum = 0;
    for (int j = offset; j < offset + n; j++) {
      sum += Math.exp(x[j] - max);
    }
    double log = Math.log(sum);
    for (int j = offset; j < offset + n; j++) {
      y[j] = (float) (x[j] - max - log);
    }
  }

  private static float max(float[] x, int offset, int n) {
    float max = Float.NEGATIVE_INFINITY;
    for (int j = offset; j < offset + n; j++) {
      max = Math.max(max, x[j]);
    }
    return max;
  }
}
