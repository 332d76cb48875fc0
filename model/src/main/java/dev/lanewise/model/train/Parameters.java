package dev.lanewise.model.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Makes the parameters of a model with the values that GPT-2 began with (Radford et al. 2019), and
 * collects them.
 */
final class Parameters {
  private static final double DEVIATION = 0.02;

  private final List<Parameter> all = new ArrayList<>();
  private final RandomGenerator random;
  private final int layers;

  /**
   * @param layers of the model
   */
  Parameters(RandomGenerator random, int layers) {
    this.random = random;
    this.layers = layers;
  }

  /** Normally distributed around 0. */
  Parameter matrix(String name, int rows, int cols) {
    return normal(name, rows, cols, DEVIATION);
  }

  /**
   * What ends in the residual stream: smaller, so that the sum of all layers' two does not grow
   * with their number.
   */
  Parameter residualMatrix(String name, int rows, int cols) {
    return normal(name, rows, cols, DEVIATION / Math.sqrt(2.0 * layers));
  }

  private Parameter normal(String name, int rows, int cols, double deviation) {
    Parameter parameter = add(new Parameter(name, rows, cols));
    for (int i = 0; i < parameter.values().length; i++) {
      parameter.values()[i] = (float) (deviation * random.nextGaussian());
    }
    return parameter;
  }

  /** The same value everywhere. */
  Parameter vector(String name, int n, float value) {
    Parameter parameter = add(new Parameter(name, 1, n));
    Arrays.fill(parameter.values(), value);
    return parameter;
  }

  private Parameter add(Parameter parameter) {
    all.add(parameter);
    return parameter;
  }

  /** All that were made, in order. */
  List<Parameter> all() {
    return List.copyOf(all);
  }
}
