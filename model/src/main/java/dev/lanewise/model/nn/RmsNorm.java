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

  /** Normalises the first n of x in place, every {@code weight.length} of them on their own. */
  void inParts(Kernels kernels, float[] x, int n) {
    forward(kernels, x, x, n / weight.length);
  }
}
