package dev.lanewise.model.arch;

import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.Linear;
import java.util.Arrays;

/**
 * Linear layers that stand one below the other in one tensor, with or without a bias and a scale.
 *
 * @param name of the tensor, without its ending
 * @param rows of all layers together
 */
record StackedLinear(Weights weights, String name, int rows, int cols) {
  /**
   * One of the layers.
   *
   * @param from its first row
   * @param n its rows
   */
  Linear part(int from, int n) {
    float[] bias = weights.optionalVector(name + ".bias", rows);
    return new Linear(
        weights.interleavedRows(name + ".weight", from, n, rows, cols),
        bias == null ? null : Arrays.copyOfRange(bias, from, from + n),
        DecoderWeights.scale(weights, name));
  }
}
