package dev.lanewise.model.checkpoint;

import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What makes embeddings of an encoder's states, in folders written by the library Sentence
 * Transformers: {@code modules.json} lists the steps, and each has its configuration in a folder of
 * its own.
 *
 * <p>Source: the library's documentation, "Creating Custom Models: Structure of Sentence
 * Transformer Models".
 */
final class SentenceModules {
  private static final String LIST = "modules.json";
  private static final String CONFIG = "config.json";
  private static final List<String> WEIGHTS = List.of("model.safetensors", "pytorch_model.bin");
  private static final String PROMPTS = "config_sentence_transformers.json";

  /** What the encoder's step calls its configuration, by the family of the encoder. */
  private static final List<String> ENCODER_CONFIGS =
      List.of(
          "sentence_bert_config.json",
          "sentence_roberta_config.json",
          "sentence_distilbert_config.json",
          "sentence_camembert_config.json",
          "sentence_xlm-roberta_config.json");

  private SentenceModules() {}

  /**
   * Adds {@code modules.0.type}, {@code modules.0.config.…} and so on, if there are any, and what
   * the library says of the whole, led by {@code sentence_transformers}.
   *
   * @param otherwise what is added of steps where no file lists them
   */
  static void add(
      Path folder, Map<String, MetadataValue> values, Map<String, MetadataValue> otherwise) {
    Path prompts = folder.resolve(PROMPTS);
    if (Files.exists(prompts)) {
      JsonMetadata.add(Json.readConfig(prompts), "sentence_transformers.", values);
    }
    Path list = folder.resolve(LIST);
    if (!Files.exists(list)) {
      values.putAll(otherwise);
      return;
    }
    List<JsonView> modules = Json.readConfig(list).items();
    for (int i = 0; i < modules.size(); i++) {
      String key = "modules." + i + ".";
      JsonMetadata.add(modules.get(i), key, values);
      Path own = folder(folder, modules.get(i));
      List<String> names = own.equals(folder) ? ENCODER_CONFIGS : List.of(CONFIG);
      for (String name : names) {
        if (Files.exists(own.resolve(name))) {
          JsonMetadata.add(Json.readConfig(own.resolve(name)), key + "config.", values);
          break;
        }
      }
    }
  }

  /**
   * The files with weights of steps behind the encoder, by what their tensors' names are led by:
   * {@code modules.2.} and so on.
   */
  static Map<String, Path> weights(Path folder) {
    Map<String, Path> files = new LinkedHashMap<>();
    Path list = folder.resolve(LIST);
    if (Files.exists(list)) {
      List<JsonView> modules = Json.readConfig(list).items();
      for (int i = 0; i < modules.size(); i++) {
        Path own = folder(folder, modules.get(i));
        String prefix = "modules." + i + ".";
        WEIGHTS.stream()
            .map(own::resolve)
            .filter(file -> !own.equals(folder) && Files.exists(file))
            .findFirst()
            .ifPresent(file -> files.put(prefix, file));
      }
    }
    return files;
  }

  private static Path folder(Path folder, JsonView module) {
    String path = module.string("path");
    if (!path.matches("[A-Za-z0-9_-][A-Za-z0-9._-]*|")) {
      throw module.at("path").failure("is '" + path + "', which is not the name of a folder");
    }
    return path.isEmpty() ? folder : folder.resolve(path);
  }
}
