package dev.lanewise.model.nn;

import dev.lanewise.kernels.Kernels;

/**
 * How a layer joins the residual stream. Its norm stands either before it, x = x + layer(norm(x)),
 * or behind the sum as in the original transformer, x = norm(x + layer(x)).
 */
final class Residual {
  private Residual() {}

  /**
   * What the layer gets to see: the stream, or the stream normalised.
   *
   * @param norm null for none before the layer
   */
  static float[] input(Kernels kernels, Workspace ws, Norm norm, boolean normFirst, int rows) {
    if (!normFirst || norm == null) {
      return ws.x;
    }
    norm.forward(kernels, ws.x, ws.normed, rows);
    return ws.normed;
  }

  /** Adds what the layer put out, ws.out, to the stream. */
  static void add(Kernels kernels, Workspace ws, Norm norm, boolean normFirst, int rows) {
    kernels.add(ws.out, ws.x, rows * ws.dim);
    if (!normFirst) {
      norm.forward(kernels, ws.x, ws.x, rows);
    }
  }
}
