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
    scaled(ids, from, rows, ws);
    if (positions != null) {
      for (int r = 0; r < rows; r++) {
        positions.row(position + r, ws.normed, r * ws.dim);
      }
    }
    finish(kernels, rows, ws);
  }

  /**
   * ws.x = embedding of one token each of several sequences, [rows × dim].
   *
   * @param caches what each sequence holds: its token's position is the next one
   */
  public void forwardEach(Kernels kernels, int[] ids, KvCache[] caches, int rows, Workspace ws) {
    scaled(ids, 0, rows, ws);
    if (positions != null) {
      for (int r = 0; r < rows; r++) {
        positions.row(caches[r].position(), ws.normed, r * ws.dim);
      }
    }
    finish(kernels, rows, ws);
  }

  private void scaled(int[] ids, int from, int rows, Workspace ws) {
    int dim = tokens.cols();
    for (int r = 0; r < rows; r++) {
      tokens.row(ids[from + r], ws.x, r * dim);
    }
    if (scale != 1) {
      for (int i = 0; i < rows * dim; i++) {
        ws.x[i] *= scale;
      }
    }
  }

  /** Adds the positions, which lie in ws.normed, and normalises. */
  private void finish(Kernels kernels, int rows, Workspace ws) {
    if (positions != null) {
      kernels.add(ws.normed, ws.x, rows * ws.dim);
    }
    if (norm != null) {
      norm.forward(kernels, ws.x, ws.x, rows);
    }
  }
}
