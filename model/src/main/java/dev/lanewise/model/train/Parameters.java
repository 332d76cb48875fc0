package dev.lanewise.model.train;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Makes the parameters of a model, and collects them. */
final class Parameters {
  private final List<Parameter> all = new ArrayList<>();
  private final Consumer<Parameter> weights;
  private boolean frozen;

  /**
   * @param weights fills in the first values
   */
  Parameters(Consumer<Parameter> weights) {
    this.weights = weights;
  }

  /** Whether those that are made from here on keep their values. */
  void freeze(boolean whether) {
    frozen = whether;
  }

  Parameter matrix(String name, int rows, int cols) {
    float[] values = new float[rows * cols];
    Parameter parameter =
        new Parameter(name, rows, cols, values, new float[frozen ? 0 : values.length]);
    weights.accept(parameter);
    all.add(parameter);
    return parameter;
  }

  Parameter vector(String name, int n) {
    return matrix(name, 1, n);
  }

  /** All that were made, in order. */
  List<Parameter> all() {
    return List.copyOf(all);
  }

  /** Those that are learnt. */
  List<Parameter> trained() {
    return all.stream().filter(Parameter::trained).toList();
  }
}
