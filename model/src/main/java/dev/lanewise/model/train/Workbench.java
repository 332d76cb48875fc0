package dev.lanewise.model.train;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.MatrixView;
import dev.lanewise.kernels.Parallel;
import java.util.Arrays;

/**
 * What all layers of a model share: who computes, the sizes, and the buffers whose content is
 * needed for a moment only. Rows are the tokens of a step.
 *
 * @param ones ones, as many as there are rows or columns of hidden states
 * @param oneRow [1 × rows] of them, by which a product sums up columns
 * @param stream [rows × dim] gradient of the residual stream
 * @param branch [rows × dim] gradient of what a layer received or returned
 * @param projections [rows × 3 · dim] gradient of queries, keys and values
 * @param wide [rows × hidden] gradient within a feed-forward layer
 * @param products [rows × dim] what a norm sums up for the gradient of its weight
 */
record Workbench(
    Kernels kernels,
    TrainingShape shape,
    float[] ones,
    MatrixView oneRow,
    float[] stream,
    float[] branch,
    float[] projections,
    float[] wide,
    float[] products) {
  /** Rows that a thread takes at a time: with 128 numbers in each, some microseconds' work. */
  private static final int PIECE = 16;

  static Workbench of(Kernels kernels, TrainingShape shape) {
    int rows = shape.rows();
    int n = rows * shape.dim();
    float[] ones = new float[Math.max(rows, shape.dim())];
    Arrays.fill(ones, 1);
    return new Workbench(
        kernels,
        shape,
        ones,
        MatrixView.of(ones, 1, rows),
        new float[n],
        new float[n],
        new float[3 * n],
        new float[rows * shape.hidden()],
        new float[n]);
  }

  int rows() {
    return shape.rows();
  }

  int dim() {
    return shape.dim();
  }

  /** Shares out the rows; a piece has those from {@link #from} to {@link #to}. */
  void forRows(Parallel.Task piece) {
    kernels.team().run(Math.ceilDiv(rows(), PIECE), piece);
  }

  int from(int piece) {
    return piece * PIECE;
  }

  int to(int piece) {
    return Math.min(rows(), (piece + 1) * PIECE);
  }
}
