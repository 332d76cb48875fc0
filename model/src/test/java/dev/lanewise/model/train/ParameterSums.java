package dev.lanewise.model.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Numbers that stand for all of a parameter's values or gradients beside those of PyTorch. */
final class ParameterSums {
  private ParameterSums() {}

  static Parameter find(TrainableGpt2 model, String name) {
    return model.parameters().all().stream()
        .filter(parameter -> parameter.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  static double norm(float[] x) {
    double sum = 0;
    for (float value : x) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }

  /** Σ xᵢ · (i mod 7 − 3): tells whether all numbers are in their places. */
  static double weighted(float[] x) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += x[i] * (i % 7 - 3);
    }
    return sum;
  }

  static void assertClose(double expected, double actual) {
    assertEquals(expected, actual, 1e-5 + 1e-5 * Math.abs(expected));
  }
}
