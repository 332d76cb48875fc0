package dev.lanewise.model.nn;

import dev.lanewise.kernels.Kernels;

/**
 * Layer normalisation (Ba et al. 2016, arXiv:1607.06450).
 *
 * @param weight [dim] gain
 * @param bias [dim], or null for none
 * @param epsilon added to the variance
 */
public record LayerNorm(float[] weight, float[] bias, float epsilon) implements Norm {
  @Override
  public void forward(Kernels kernels, float[] x, float[] y, int rows) {
    kernels.layerNorm(x, weight, bias, epsilon, y, rows, weight.length);
  }
}
