package dev.lanewise.model.cli;

/** log Σ eˣ, the normaliser of log-probabilities. */
final class LogSumExp {
  private LogSumExp() {}

  /** In double precision, over n values from an offset on, with the maximum taken out first. */
  static double of(float[] x, int offset, int n) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      max = Math.max(max, x[offset + i]);
    }
    if (Float.isInfinite(max)) {
      return max;
    }
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += Math.exp((double) x[offset + i] - max);
    }
    return max + Math.log(sum);
  }
}
