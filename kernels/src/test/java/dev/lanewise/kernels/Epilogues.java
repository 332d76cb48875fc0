package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.fail;

import dev.lanewise.kernels.reference.ReferenceActivation;

/** What an epilogue makes of an exact sum, and how far from it a kernel may be. */
final class Epilogues {
  /** Steepest slope of any activation: GELU's, rounded up. */
  private static final double SLOPE = 1.13;

  private static final double STEP = 0x1p-23;

  private Epilogues() {}

  /**
   * Checks activation(α · sum + bias) + β · before. The sum's own error, k · 2⁻²⁴ · Σ|ab|, grows by
   * α and by the slope of the activation, which itself may be 10⁻⁶ relative off; every other step
   * rounds.
   */
  static void assertElement(
      float actual,
      double sum,
      double magnitude,
      int k,
      Epilogue epilogue,
      int column,
      float before,
      String what) {
    double bias = epilogue.bias() == null ? 0 : epilogue.bias()[column];
    double scaled = epilogue.alpha() * sum;
    double inner = scaled + bias;
    double value = ReferenceActivation.of(epilogue.activation(), inner);
    double residual = epilogue.beta() == 0 ? 0 : (double) epilogue.beta() * before;
    double error = Math.abs(epilogue.alpha()) * k * 0x1p-24 * magnitude;
    error += STEP * (Math.abs(scaled) + Math.abs(bias));
    if (epilogue.activation() != Activation.IDENTITY) {
      error = SLOPE * error + 1e-6 * Math.max(Math.abs(value), Math.abs(inner));
    }
    error += STEP * (Math.abs(value) + Math.abs(residual)) + (k + 4) * 0x1p-149;
    if (!(Math.abs(actual - (value + residual)) <= error)) {
      fail(
          "%s, %s, column %d: %s instead of %s, bound %s"
              .formatted(what, epilogue, column, actual, value + residual, error));
    }
  }
}
