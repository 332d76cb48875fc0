package dev.lanewise.model.arch;

import dev.lanewise.kernels.Activation;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.Linear;
import dev.lanewise.model.nn.Projections;
import java.util.ArrayList;
import java.util.List;

/**
 * The steps {@code Dense} of Sentence Transformers, which make another vector of a pooled one. In
 * GGUF files of EmbeddingGemma, which may hold two, they are plain matrices.
 */
final class DenseModules {
  private static final String INPUT = "sentence_embedding";
  private static final List<String> GGUF_MATRICES = List.of("dense_2.weight", "dense_3.weight");

  private DenseModules() {}

  /**
   * The layers of a folder or a GGUF file, in their order; none of other files.
   *
   * @param dim width of what is pooled
   * @throws LanewiseException if one does not fit what comes before it, or works otherwise
   */
  static List<Projections> of(Checkpoint checkpoint, int dim) {
    Metadata metadata = checkpoint.metadata();
    if (GgufNames.in(metadata)) {
      return ofGguf(Weights.of(checkpoint), dim);
    }
    List<Projections> layers = new ArrayList<>();
    int width = dim;
    for (int i = 0; metadata.has("modules." + i + ".type"); i++) {
      if (metadata.string("modules." + i + ".type").endsWith(".Dense")) {
        layers.add(layer(checkpoint, "modules." + i, width));
        width = layers.getLast().outputs();
      }
    }
    return List.copyOf(layers);
  }

  private static List<Projections> ofGguf(Weights weights, int dim) {
    List<Projections> layers = new ArrayList<>();
    int width = dim;
    for (String name : GGUF_MATRICES) {
      if (weights.has(name)) {
        int outputs = weights.rows(name, Hyperparameters.MAX_DIM);
        Linear linear = new Linear(weights.interleaved(name, outputs, width), null);
        layers.add(Projections.of(linear));
        width = outputs;
      }
    }
    return List.copyOf(layers);
  }

  private static Projections layer(Checkpoint checkpoint, String module, int inputs) {
    Metadata metadata = checkpoint.metadata();
    String config = module + ".config.";
    String input = metadata.string(config + "module_input_name", INPUT);
    String output = metadata.string(config + "module_output_name", input);
    if (!input.equals(INPUT)
        || !output.equals(INPUT)
        || metadata.flag(config + "use_residual", false)) {
      throw new LanewiseException(
          "%s: %s is a layer of %s with or without what it was made of; known here is one of %s"
              .formatted(metadata.file(), module, input, INPUT));
    }
    Weights weights = Weights.of(checkpoint).at(module);
    if (!weights.has("linear.weight")) {
      throw new LanewiseException(
          "%s: the folder %s beside it has no weights of the layer, such as model.safetensors"
              .formatted(metadata.file(), metadata.string(module + ".path")));
    }
    int outputs = metadata.integer(config + "out_features");
    return Projections.of(
        activation(metadata, config + "activation_function"),
        new Linear(
            weights.interleaved("linear.weight", outputs, inputs),
            weights.optionalVector("linear.bias", outputs)));
  }

  private static Activation activation(Metadata metadata, String key) {
    String name = metadata.string(key, "Tanh");
    return switch (name.substring(name.lastIndexOf('.') + 1)) {
      case "Identity" -> Activation.IDENTITY;
      case "Tanh" -> Activation.TANH;
      case "ReLU" -> Activation.RELU;
      case "GELU" -> Activation.GELU;
      case "SiLU" -> Activation.SILU;
      case "Sigmoid" -> Activation.SIGMOID;
      default ->
          throw new LanewiseException(
              "%s: %s is %s; known here are Identity, Tanh, ReLU, GELU, SiLU and Sigmoid"
                  .formatted(metadata.file(), key, name));
    };
  }
}
