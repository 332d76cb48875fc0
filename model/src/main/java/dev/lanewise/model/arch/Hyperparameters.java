package dev.lanewise.model.arch;

import dev.lanewise.kernels.Activation;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Metadata;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The sizes of a model by GGUF's names, read from a GGUF file's metadata or from the {@code
 * config.json} of the Hugging Face hub, and checked. Messages name the key that the file has.
 */
final class Hyperparameters {
  static final int MAX_DIM = 1 << 20;
  static final int MAX_LAYERS = 4096;
  static final int MAX_HEADS = 1 << 14;
  static final int MAX_CONTEXT = 1 << 27;
  static final int MAX_VOCAB = 1 << 24;

  private final Metadata metadata;
  private final String prefix; // null on the hub
  private final Map<String, String> hubNames;
  private final Map<String, Number> defaults; // by GGUF's names

  /**
   * Those of a checkpoint.
   *
   * @param hubNames the hub's name of each key that is read; several with {@code |} between them
   */
  Hyperparameters(Checkpoint checkpoint, Map<String, String> hubNames) {
    metadata = checkpoint.metadata();
    prefix = GgufNames.in(metadata) ? metadata.string(GgufNames.ARCHITECTURE) + "." : null;
    this.hubNames = hubNames;
    defaults =
        new HashMap<>(
            ofHub()
                ? HubDefaults.of(metadata.string("model_type", ""))
                : HubDefaults.ofGguf(architecture()));
    defaults.keySet().removeIf(this::isNull); // a null asks for none
  }

  /** The name of the architecture. */
  String architecture() {
    return metadata.string(ofHub() ? "model_type" : GgufNames.ARCHITECTURE);
  }

  /** Whether the names are those of the hub. */
  boolean ofHub() {
    return prefix == null;
  }

  Metadata metadata() {
    return metadata;
  }

  /** What the file calls a key: the first of the hub's names that is there. */
  String key(String name) {
    if (prefix != null) {
      return prefix + name;
    }
    String[] names = hubNames(name);
    for (String candidate : names) {
      if (metadata.has(candidate)) {
        return candidate;
      }
    }
    return names[0];
  }

  private String[] hubNames(String name) {
    return hubNames.getOrDefault(name, name).split("\\|");
  }

  boolean has(String name) {
    return metadata.has(key(name));
  }

  /** Whether the file says {@code null}. */
  private boolean isNull(String name) {
    return !has(name) && Arrays.stream(hubNames(name)).anyMatch(metadata::isNull);
  }

  /** Whether the file says it, or there is a value for files that do not. */
  boolean isKnown(String name) {
    return has(name) || defaults.containsKey(name);
  }

  /** A whole number from 1 to {@code max}. */
  int size(String name, int max) {
    int size = isKnown(name) ? size(name, 0, max) : metadata.integer(key(name));
    return within(name, size, 1, max);
  }

  /** The same, or {@code fallback} where it is not known. */
  int size(String name, int fallback, int max) {
    int otherwise = defaults.getOrDefault(name, fallback).intValue();
    return within(name, metadata.integer(key(name), otherwise), 1, max);
  }

  /** A number above 0 and below 1 that is added to a variance. */
  float epsilon(String name) {
    double epsilon =
        defaults.containsKey(name)
            ? metadata.number(key(name), defaults.get(name).doubleValue())
            : metadata.number(key(name));
    if (!(epsilon > 0 && epsilon < 1)) {
      throw wrong(name, epsilon, "between 0 and 1");
    }
    return (float) epsilon;
  }

  /** A number between limits, or {@code fallback} where it is not known. */
  double number(String name, double fallback, double min, double max) {
    double otherwise = defaults.getOrDefault(name, fallback).doubleValue();
    double value = metadata.number(key(name), otherwise);
    if (!(value >= min && value <= max)) {
      throw wrong(name, value, "from " + min + " to " + max);
    }
    return value;
  }

  /** A truth, or {@code fallback} where the file says none; a null is false. */
  boolean flag(String name, boolean fallback) {
    return metadata.flag(key(name), fallback && !isNull(name));
  }

  String text(String name, String fallback) {
    return metadata.string(key(name), fallback);
  }

  /** The activation that the hub's name stands for. */
  Activation activation(String name, Activation fallback) {
    if (!has(name)) {
      return fallback;
    }
    String text = metadata.string(key(name));
    return switch (text) {
      case "gelu", "gelu_python" -> Activation.GELU;
      case "gelu_new", "gelu_fast", "gelu_accurate", "gelu_pytorch_tanh", "gelu_python_tanh" ->
          Activation.GELU_TANH;
      case "linear" -> Activation.IDENTITY;
      case "relu" -> Activation.RELU;
      case "silu", "swish" -> Activation.SILU;
      case "tanh" -> Activation.TANH;
      case "sigmoid" -> Activation.SIGMOID;
      default ->
          throw wrong(
              name, "'" + text + "'", "gelu, gelu_new, linear, relu, silu, tanh or sigmoid");
    };
  }

  int within(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw wrong(name, value, "from " + min + " to " + max);
    }
    return value;
  }

  /** Refuses a file that sets a key to anything but 0. */
  void refuse(String name, String what) {
    if (has(name) && metadata.integer(key(name)) != 0) {
      throw new LanewiseException(
          metadata.file() + ": " + key(name) + " is set, but " + what + " do not run");
    }
  }

  LanewiseException wrong(String name, Object value, String wanted) {
    return new LanewiseException(
        metadata.file() + ": " + key(name) + " is " + value + "; it must be " + wanted);
  }
}
