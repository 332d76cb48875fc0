package dev.lanewise.model.checkpoint;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * A folder in the layout of the Hugging Face hub: {@code config.json} beside {@code
 * model.safetensors}, or beside shards that {@code model.safetensors.index.json} lists.
 *
 * <p>The metadata are those of {@code config.json}, where a nested value's key is joined with dots:
 * {@code rope_parameters.rope_theta}. Those of {@code generation_config.json}, if there is one, are
 * led by {@code generation_config}; those of {@code modules.json} by {@code modules} and a number.
 */
public final class HuggingFace implements Checkpoint {
  private static final String CONFIG = "config.json";
  private static final String GENERATION_CONFIG = "generation_config.json";
  private static final String WEIGHTS = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  private final String folder;
  private final Metadata metadata;
  private final Map<String, Safetensors> shardOf; // by tensor
  private final Map<String, TensorInfo> tensors;

  private HuggingFace(
      String folder,
      Metadata metadata,
      Map<String, Safetensors> shardOf,
      Map<String, TensorInfo> tensors) {
    this.folder = folder;
    this.metadata = metadata;
    this.shardOf = shardOf;
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /**
   * Opens a folder.
   *
   * @throws LanewiseException if a file is missing, cannot be read or is not sound, or if a tensor
   *     is in none of the shards or in two
   */
  public static HuggingFace open(Path folder) {
    Path config = folder.resolve(CONFIG);
    if (!Files.isRegularFile(config)) {
      throw new LanewiseException(
          folder + ": has no " + CONFIG + "; give a GGUF file or a folder in the hub's layout");
    }
    Map<String, MetadataValue> values = new LinkedHashMap<>();
    JsonMetadata.add(view(config), "", values);
    Path generation = folder.resolve(GENERATION_CONFIG);
    if (Files.exists(generation)) {
      JsonMetadata.add(view(generation), "generation_config.", values);
    }
    SentenceModules.add(folder, values);
    Metadata metadata = new Metadata(config.toString(), values);
    Map<String, Safetensors> shardOf = new LinkedHashMap<>();
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    if (Files.exists(folder.resolve(INDEX))) {
      addShards(folder, shardOf, tensors);
    } else if (Files.exists(folder.resolve(WEIGHTS))) {
      add(Safetensors.open(folder.resolve(WEIGHTS)), shardOf, tensors);
    } else {
      throw new LanewiseException(folder + ": has neither " + WEIGHTS + " nor " + INDEX);
    }
    return new HuggingFace(folder.toString(), metadata, shardOf, tensors);
  }

  /** A JSON file of the folder. */
  static JsonView view(Path path) {
    try {
      return Json.view(path.toString(), Files.readAllBytes(path));
    } catch (IOException e) {
      throw new LanewiseException(path + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static void addShards(
      Path folder, Map<String, Safetensors> shardOf, Map<String, TensorInfo> tensors) {
    JsonView files = view(folder.resolve(INDEX)).at("weight_map");
    Map<String, Safetensors> shards = new TreeMap<>();
    for (String tensor : files.keys()) {
      JsonView entry = files.at(tensor);
      String name = entry.string();
      if (!name.matches("[A-Za-z0-9._-]+") || name.startsWith(".")) {
        throw entry.failure("is '" + name + "', which is not the name of a file in the folder");
      }
      if (!shards.containsKey(name)) {
        shards.put(name, Safetensors.open(folder.resolve(name)));
        add(shards.get(name), shardOf, tensors);
      }
      if (!shards.get(name).has(tensor)) {
        throw entry.failure("is " + name + ", which does not hold the tensor");
      }
    }
  }

  private static void add(
      Safetensors file, Map<String, Safetensors> shardOf, Map<String, TensorInfo> tensors) {
    for (TensorInfo tensor : file.tensors()) {
      Safetensors other = shardOf.put(tensor.name(), file);
      if (other != null) {
        throw new LanewiseException(
            file.file() + ": tensor " + tensor.name() + " is also in " + other.file());
      }
      tensors.put(tensor.name(), tensor);
    }
  }

  @Override
  public String file() {
    return folder;
  }

  @Override
  public Metadata metadata() {
    return metadata;
  }

  @Override
  public boolean has(String tensor) {
    return tensors.containsKey(tensor);
  }

  @Override
  public TensorInfo tensor(String name) {
    TensorInfo tensor = tensors.get(name);
    if (tensor == null) {
      throw new LanewiseException(folder + ": tensor " + name + " is missing");
    }
    return tensor;
  }

  @Override
  public Collection<TensorInfo> tensors() {
    return tensors.values();
  }

  @Override
  public MemorySegment data(TensorInfo tensor) {
    return shardOf.get(tensor.name()).data(tensor);
  }

  @Override
  public <T> T read(TensorInfo tensor, Function<MemorySegment, T> work) {
    return shardOf.get(tensor.name()).read(tensor, work);
  }
}
