package dev.lanewise.model.cli;

/** log Σ eˣ, the normaliser of log-probabilities. */
final class LogSumExp {
  private LogSumExp() {}

  /** In double precision, with the maximum taken out first. */
  static double of(float[] x) {
    float max = Float.NEGATIVE_INFINITY;
    for (float value : x) {
      max = Math.max(max, value);
    }
    if (Float.isInfinite(max)) {
      return max;
    }
    double sum = 0;
    for (float value : x) {
      sum += Math.exp((double) value - max);
    }
    return max + Math.log(sum);
  }
}
