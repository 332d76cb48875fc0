package dev.lanewise.kernels.reference;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.Epilogue;

/** The functions of {@link Activation} in double precision, and what an epilogue makes of a sum. */
public final class ReferenceActivation {
  private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

  private ReferenceActivation() {}

  /** f(x). */
  public static double of(Activation f, double x) {
    return switch (f) {
      case IDENTITY -> x;
      case RELU -> Math.max(x, 0);
      case SIGMOID -> 1 / (1 + Math.exp(-x));
      case TANH -> Math.tanh(x);
      case SILU -> x / (1 + Math.exp(-x));
      case GELU -> x * erfc(-x / Math.sqrt(2)) / 2;
      case GELU_TANH -> {
        double t = Math.tanh(SQRT_2_OVER_PI * (x + 0.044715 * x * x * x));
        yield x * (1 + t) / 2;
      }
    };
  }

  /** activation(α · sum + bias) + β · before, for column {@code j}. */
  static float finish(Epilogue epilogue, float sum, int j, float before) {
    float value = epilogue.alpha() * sum;
    if (epilogue.bias() != null) {
      value += epilogue.bias()[j];
    }
    if (epilogue.activation() != Activation.IDENTITY) {
      value = (float) of(epilogue.activation(), value);
    }
    return epilogue.beta() == 0 ? value : value + epilogue.beta() * before;
  }

  /**
   * 1 − erf x. Below 2 by the series erf x = 2/√π · e^(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1))
   * (Abramowitz and Stegun 1964, 7.1.6), from there on by the continued fraction 7.1.14.
   */
  private static double erfc(double x) {
    if (Double.isNaN(x)) {
      return x;
    }
    double a = Math.abs(x);
    double upper;
    if (a < 2) {
      double term = a;
      double sum = a;
      for (int n = 1; n < 60; n++) {
        term *= 2 * a * a / (2 * n + 1);
        sum += term;
      }
      upper = 1 - 2 / Math.sqrt(Math.PI) * Math.exp(-a * a) * sum;
    } else if (a > 28) {
      upper = 0;
    } else {
      double fraction = a;
      for (int n = 60; n > 0; n--) {
        fraction = a + n / 2.0 / fraction;
      }
      upper = Math.exp(-a * a) / Math.sqrt(Math.PI) / fraction;
    }
    return x < 0 ? 2 - upper : upper;
  }
}
