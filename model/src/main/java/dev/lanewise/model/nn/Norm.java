package dev.lanewise.model.nn;

import dev.lanewise.kernels.Kernels;

/** A normalisation of rows. */
public sealed interface Norm permits LayerNorm, RmsNorm {
  /** y = norm(x) for rows of x [rows × dim]; y may be x. */
  void forward(Kernels kernels, float[] x, float[] y, int rows);
}
