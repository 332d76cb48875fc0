package dev.lanewise.model.train;

import dev.lanewise.kernels.MatrixView;

/**
 * A tensor that is learnt, with the gradient of the loss with respect to it.
 *
 * @param name in a GGUF file
 * @param rows 1 for a vector
 * @param values [rows × cols]
 * @param gradient [rows × cols]
 */
record Parameter(String name, int rows, int cols, float[] values, float[] gradient) {
  Parameter(String name, int rows, int cols) {
    this(name, rows, cols, new float[rows * cols], new float[rows * cols]);
  }

  MatrixView view() {
    return MatrixView.of(values, rows, cols);
  }

  MatrixView gradientView() {
    return MatrixView.of(gradient, rows, cols);
  }

  /** Whether weight decay makes it smaller: matrices, but not biases nor the weights of norms. */
  boolean decays() {
    return rows > 1;
  }
}
