package dev.lanewise.model.nn;

import dev.lanewise.kernels.Kernels;

/**
 * Root mean square normalisation (Zhang and Sennrich 2019, arXiv:1910.07467).
 *
 * @param weight [dim] gain
 * @param epsilon added to the mean square
 */
public record RmsNorm(float[] weight, float epsilon) {
  /** y = norm(x) for rows of x [rows × dim]. */
  public void forward(Kernels kernels, float[] x, float[] y, int rows) {
    kernels.rmsNorm(x, weight, epsilon, y, rows, weight.length);
  }
}
