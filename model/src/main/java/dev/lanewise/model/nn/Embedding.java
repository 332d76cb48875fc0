package dev.lanewise.model.nn;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Matrix;

/**
 * Token ids become vectors: norm(scale · token + position).
 *
 * @param tokens [vocabSize × dim]
 * @param positions [contextLength × dim], or null where positions come otherwise
 * @param norm null for none
 */
public record Embedding(Matrix tokens, float scale, Matrix positions, Norm norm) {
  /** Number of tokens that have a vector. */
  public int vocabSize() {
    return tokens.rows();
  }

  /**
   * ws.x = embedding of consecutive tokens, [rows × dim].
   *
   * @param ids the first is at {@code from}
   * @param position of the first
   */
  public void forward(Kernels kernels, int[] ids, int from, int rows, int position, Workspace ws) {
    forward(kernels, ids, from, rows, position, 1, ws);
  }

  /**
   * ws.x = embedding of one token each of several sequences, [rows × dim].
   *
   * @param position of all of them
   */
  public void forwardEach(Kernels kernels, int[] ids, int rows, int position, Workspace ws) {
    forward(kernels, ids, 0, rows, position, 0, ws);
  }

  private void forward(
      Kernels kernels, int[] ids, int from, int rows, int position, int step, Workspace ws) {
    int dim = tokens.cols();
    for (int r = 0; r < rows; r++) {
      tokens.row(ids[from + r], ws.x, r * dim);
    }
    if (scale != 1) {
      for (int i = 0; i < rows * dim; i++) {
        ws.x[i] *= scale;
      }
    }
    if (positions != null) {
      for (int r = 0; r < rows; r++) {
        positions.row(position + r * step, ws.normed, r * dim);
      }
      kernels.add(ws.normed, ws.x, rows * dim);
    }
    if (norm != null) {
      norm.forward(kernels, ws.x, ws.x, rows);
    }
  }
}
