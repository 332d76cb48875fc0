package dev.lanewise.model.nn;

import dev.lanewise.kernels.Kernels;

/**
 * Root mean square normalisation (Zhang and Sennrich 2019, arXiv:1910.07467).
 *
 * @param weight [dim] gain
 * @param epsilon added to the mean square
 */
public record RmsNorm(float[] weight, float epsilon) implements Norm {
  @Override
  public void forward(Kernels kernels, float[] x, float[] y, int rows) {
    kernels.rmsNorm(x, weight, epsilon, y, rows, weight.length);
  }

  /** Normalises every head of x [rows × heads × weight.length] on its own, in place. */
  void eachHead(Kernels kernels, float[] x, int rows, int heads) {
    kernels.rmsNorm(x, weight, epsilon, x, rows * heads, weight.length);
  }
}
