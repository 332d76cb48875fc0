package dev.lanewise.model.nn;

import dev.lanewise.kernels.Matrix;

/**
 * A linear layer: y = scale · x · Wᵀ + b.
 *
 * @param weight [outputs × inputs]
 * @param bias [outputs], or null for none
 */
public record Linear(Matrix weight, float[] bias, float scale) {
  /** A layer without a scale. */
  public Linear(Matrix weight, float[] bias) {
    this(weight, bias, 1);
  }

  /** The layer whose outputs are these, times a factor. */
  public Linear times(float factor) {
    if (bias == null) {
      return new Linear(weight, null, scale * factor);
    }
    float[] scaled = bias.clone();
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] *= factor;
    }
    return new Linear(weight, scaled, scale * factor);
  }
}
