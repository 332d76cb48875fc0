package dev.lanewise.model.checkpoint;

import static java.util.Comparator.naturalOrder;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A folder in the layout of the Hugging Face hub: {@code config.json} beside {@code
 * model.safetensors}, or in older folders {@code pytorch_model.bin}, beside shards that {@code
 * model.safetensors.index.json} or {@code pytorch_model.bin.index.json} lists, or beside {@code
 * model.onnx} or {@code onnx/model.onnx}, which may tell of the model itself.
 *
 * <p>The metadata are those of {@code config.json}, where a nested value's key is joined with dots:
 * {@code rope_parameters.rope_theta}. Those of {@code generation_config.json}, if there is one, are
 * led by {@code generation_config}; those of {@code modules.json} by {@code modules} and a number,
 * and so are the tensors beside them.
 */
public final class HuggingFace extends JoinedCheckpoint {
  private static final String CONFIG = "config.json";

  /** Where a model of texts and images tells of its language model, which is what runs here. */
  private static final String TEXT_CONFIG = "text_config";

  private static final String GENERATION_CONFIG = "generation_config.json";
  private static final String TOKENIZER_CONFIG = "tokenizer_config.json";

  /** What the name of a list of shards ends with. */
  private static final String INDEX = ".index.json";

  /** Weights in the order in which they are looked for. */
  private static final List<String> WEIGHTS =
      List.of(
          "model.safetensors",
          "model.safetensors" + INDEX,
          "pytorch_model.bin",
          "pytorch_model.bin" + INDEX,
          "model.onnx",
          "onnx/model.onnx");

  private final Path folder;

  private HuggingFace(String name, Path folder, FileMemory memory, Metadata metadata) {
    super(name, memory, metadata);
    this.folder = folder;
  }

  /**
   * Opens a folder.
   *
   * @throws LanewiseException if a file is missing, cannot be read or is not sound, or if a tensor
   *     is in none of the shards or in two
   */
  public static HuggingFace open(Path folder) {
    return open(folder, FileMemory.automatic(folder.toString()));
  }

  /** As {@link #open(Path)}, into memory of the caller's. */
  static HuggingFace open(Path folder, FileMemory memory) {
    for (String name : WEIGHTS) {
      if (Files.exists(folder.resolve(name))) {
        return name.endsWith(INDEX)
            ? ofShards(folder, name, memory)
            : of(folder.toString(), folder, weights(folder.resolve(name), memory));
      }
    }
    throw new LanewiseException(
        "%s: holds no weights: none of %s; give a GGUF file or a folder of the hub"
            .formatted(folder, WEIGHTS));
  }

  private static HuggingFace ofShards(Path folder, String index, FileMemory memory) {
    HuggingFace opened =
        new HuggingFace(folder.toString(), folder, memory, config(folder, Map.of()));
    opened.addShards(folder, index);
    opened.addModules();
    return opened;
  }

  /** Opens one file of weights, with what lies beside it, or around its folder {@code onnx}. */
  static HuggingFace openFile(Path file, FileMemory memory) {
    Path folder = file.toAbsolutePath().getParent();
    boolean below = folder.endsWith("onnx") && !Files.exists(folder.resolve(CONFIG));
    return of(file.toString(), below ? folder.getParent() : folder, weights(file, memory));
  }

  private static Checkpoint weights(Path file, FileMemory memory) {
    String name = file.toString();
    return name.endsWith(".onnx")
        ? OnnxFile.open(file, memory)
        : name.endsWith(".bin") ? PytorchFile.open(file, memory) : Safetensors.open(file, memory);
  }

  private static HuggingFace of(String name, Path folder, Checkpoint weights) {
    boolean told = Files.exists(folder.resolve(CONFIG));
    Map<String, MetadataValue> modules =
        weights instanceof OnnxFile onnx ? onnx.modules() : Map.of();
    Metadata metadata =
        !told && weights instanceof OnnxFile onnx && !onnx.config().isEmpty()
            ? metadata(onnx.file(), onnx.config(), folder, modules)
            : config(folder, modules);
    HuggingFace opened = new HuggingFace(name, folder, weights.memory(), metadata);
    opened.add("", weights);
    opened.addModules();
    return opened;
  }

  private static Metadata config(Path folder, Map<String, MetadataValue> modules) {
    Path config = folder.resolve(CONFIG);
    if (!Files.isRegularFile(config)) {
      throw new LanewiseException(
          folder + ": has no " + CONFIG + "; put the model's own beside its weights");
    }
    Map<String, MetadataValue> values = new LinkedHashMap<>();
    JsonView root = Json.readConfig(config);
    JsonMetadata.add(root, "", values);
    if (root.has(TEXT_CONFIG)) {
      JsonMetadata.add(root.at(TEXT_CONFIG), "", values);
    }
    return metadata(config.toString(), values, folder, modules);
  }

  /**
   * What the configuration says, and what other files of the folder add to it.
   *
   * @param modules for a folder without {@code modules.json}
   */
  private static Metadata metadata(
      String file,
      Map<String, MetadataValue> config,
      Path folder,
      Map<String, MetadataValue> modules) {
    Map<String, MetadataValue> values = new LinkedHashMap<>(config);
    Path generation = folder.resolve(GENERATION_CONFIG);
    if (Files.exists(generation)) {
      JsonMetadata.add(Json.readConfig(generation), "generation_config.", values);
    }
    SentenceModules.add(folder, values, modules);
    Path tokenizer = folder.resolve(TOKENIZER_CONFIG);
    if (Files.exists(tokenizer)) {
      // All that models have to know of their tokenizers: how long sequences are, and made of what.
      JsonView read = Json.readConfig(tokenizer);
      JsonMetadata.addNumber(read, "model_max_length", "tokenizer_config.", values);
      JsonMetadata.addTexts(read, "model_input_names", "tokenizer_config.", values);
    }
    return new Metadata(file, values);
  }

  private void addShards(Path folder, String index) {
    JsonView files = Json.read(folder.resolve(index)).at("weight_map");
    Map<String, Checkpoint> shards = new HashMap<>();
    for (String tensor : files.keys()) {
      JsonView entry = files.at(tensor);
      String shard = entry.string();
      if (!shard.matches("[A-Za-z0-9._-]+") || shard.startsWith(".")) {
        throw entry.failure("is '" + shard + "', which is not the name of a file in the folder");
      }
      if (!shards.containsKey(shard)) {
        shards.put(shard, weights(folder.resolve(shard), memory()));
        add("", shards.get(shard));
      }
      if (!shards.get(shard).has(tensor)) {
        throw entry.failure("is " + shard + ", which does not hold the tensor");
      }
    }
  }

  private void addModules() {
    SentenceModules.weights(folder).forEach((prefix, file) -> add(prefix, weights(file, memory())));
  }

  /** The folder in which the files around the weights lie. */
  public Path folder() {
    return folder;
  }

  @Override
  public String reasonForMissing() {
    return files().stream().map(Checkpoint::reasonForMissing).max(naturalOrder()).orElse("");
  }
}
