package dev.lanewise.model.train;

import java.util.Arrays;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * The values that GPT-2 began with (Radford et al. 2019): matrices are normally distributed around
 * 0, norms change nothing, biases are 0. What ends in the residual stream is smaller, so that the
 * sum of all layers' two does not grow with their number.
 */
final class FreshWeights implements Consumer<Parameter> {
  private static final double DEVIATION = 0.02;

  private final RandomGenerator random;
  private final int layers;

  /**
   * @param layers of the model
   */
  FreshWeights(RandomGenerator random, int layers) {
    this.random = random;
    this.layers = layers;
  }

  @Override
  public void accept(Parameter parameter) {
    String name = parameter.name();
    if (parameter.rows() == 1) {
      Arrays.fill(parameter.values(), name.endsWith("norm.weight") ? 1 : 0);
      return;
    }
    boolean residual = name.endsWith("attn_output.weight") || name.endsWith("ffn_down.weight");
    double deviation = residual ? DEVIATION / Math.sqrt(2.0 * layers) : DEVIATION;
    for (int i = 0; i < parameter.values().length; i++) {
      parameter.values()[i] = (float) (deviation * random.nextGaussian());
    }
  }
}
