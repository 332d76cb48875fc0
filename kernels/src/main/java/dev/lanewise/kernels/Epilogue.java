package dev.lanewise.kernels;

import java.util.Objects;

/**
 * What happens to a matrix product on its way to memory: C = activation(α · A·B + bias) + β · C.
 *
 * <p>β = 1 adds a residual that lies in C already; with β = 0 what lies there is not read.
 *
 * @param alpha factor on the product
 * @param bias one number per column of C, or null for none
 * @param activation applied to the product with its bias
 * @param beta factor on what C held before
 */
public record Epilogue(float alpha, float[] bias, Activation activation, float beta) {
  /** Checks that there is an activation. */
  public Epilogue {
    Objects.requireNonNull(activation, "activation");
  }

  /** C = A·B. */
  public static final Epilogue NONE = new Epilogue(1, null, Activation.IDENTITY, 0);

  /** C = A·B + bias. */
  public static Epilogue bias(float[] bias) {
    return NONE.withBias(bias);
  }

  /** The same with another bias; null for none. */
  public Epilogue withBias(float[] bias) {
    return new Epilogue(alpha, bias, activation, beta);
  }

  /** The same with another activation. */
  public Epilogue withActivation(Activation activation) {
    return new Epilogue(alpha, bias, activation, beta);
  }

  /** The same with another factor on the product. */
  public Epilogue withAlpha(float alpha) {
    return new Epilogue(alpha, bias, activation, beta);
  }

  /** The same with another factor on what C held before. */
  public Epilogue withBeta(float beta) {
    return new Epilogue(alpha, bias, activation, beta);
  }
}
