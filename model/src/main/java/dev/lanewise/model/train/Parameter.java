package dev.lanewise.model.train;

import dev.lanewise.kernels.MatrixView;

/**
 * A tensor of a model, with the gradient of the loss with respect to it.
 *
 * @param name in a GGUF file
 * @param rows 1 for a vector
 * @param values [rows × cols]
 * @param gradient [rows × cols], or empty if it is not learnt
 */
record Parameter(String name, int rows, int cols, float[] values, float[] gradient) {
  MatrixView view() {
    return MatrixView.of(values, rows, cols);
  }

  /** A view of the gradient; of none, if it is not learnt. */
  MatrixView gradientView() {
    return MatrixView.of(gradient, trained() ? rows : 0, cols);
  }

  /** Whether no value is NaN or infinite. */
  boolean isFinite() {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        return false;
      }
    }
    return true;
  }

  /** Whether it is learnt. */
  boolean trained() {
    return gradient.length > 0;
  }

  /** Whether weight decay makes it smaller: matrices, but not biases nor the weights of norms. */
  boolean decays() {
    return rows > 1;
  }
}
