package dev.lanewise.model.checkpoint;

import dev.lanewise.model.LanewiseException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * The weights of an ONNX file. What its graph computes is not run: the weights go by the names of
 * the framework's checkpoint ({@link OnnxWeights}), and the metadata are what the graph tells of a
 * model ({@link OnnxConfig}), by the keys of the hub's {@code config.json}.
 *
 * <p>Weights that the file holds transposed or quantised are copied whenever they are asked for.
 */
public final class OnnxFile implements Checkpoint {
  /** Operators that stand for several, with weights put together, packed or quantised for them. */
  private static final String[] FUSED = {
    "Attention", "MatMulNBits", "MultiHeadAttention", "QAttention"
  };

  private final String file;
  private final long bytes;
  private final FileMemory memory;
  private final Map<String, MetadataValue> config;
  private final Map<String, MetadataValue> modules;
  private final Metadata metadata;
  private final Map<String, OnnxWeight> weights;
  private final String fused; // empty for none
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();

  private OnnxFile(
      String file,
      long bytes,
      FileMemory memory,
      OnnxGraph graph,
      Map<String, OnnxWeight> weights) {
    this.file = file;
    this.bytes = bytes;
    this.memory = memory;
    this.config = OnnxConfig.of(graph, weights);
    this.modules = OnnxModules.of(graph);
    this.metadata = new Metadata(file, config);
    this.weights = weights;
    this.fused = fused(graph);
    weights.forEach((name, weight) -> tensors.put(name, weight.info()));
  }

  /**
   * Opens a file: maps it and checks everything but the tensors' values.
   *
   * @throws LanewiseException if it cannot be read or is not a sound ONNX file
   */
  public static OnnxFile open(Path path) {
    return open(path, FileMemory.automatic(path.toString()));
  }

  /** As {@link #open(Path)}, into memory of the caller's. */
  static OnnxFile open(Path path, FileMemory memory) {
    MemorySegment source = MappedFile.map(path, memory);
    return MappedFile.guarded(path.toString(), () -> open(path.toString(), memory, source));
  }

  /** The same for a file that is already in memory, outside the heap. */
  static OnnxFile open(String file, MemorySegment source) {
    return open(file, FileMemory.automatic(file), source);
  }

  private static OnnxFile open(String file, FileMemory memory, MemorySegment source) {
    OnnxGraph graph = new OnnxReader(file, memory, source).read();
    return new OnnxFile(file, source.byteSize(), memory, graph, OnnxWeights.of(graph));
  }

  private static String fused(OnnxGraph graph) {
    for (OnnxNode node : graph.nodes()) {
      if (node.isOneOf(FUSED)
          && node.inputs().stream().anyMatch(graph.initializers()::containsKey)) {
        return node.op();
      }
    }
    return "";
  }

  /** What the graph tells of the model, by the hub's keys; nothing of most models. */
  Map<String, MetadataValue> config() {
    return config;
  }

  /** What the graph tells of the making of embeddings, by the keys of {@code modules.json}. */
  Map<String, MetadataValue> modules() {
    return modules;
  }

  @Override
  public String file() {
    return file;
  }

  @Override
  public long fileBytes() {
    return bytes;
  }

  @Override
  public FileMemory memory() {
    return memory;
  }

  @Override
  public Metadata metadata() {
    return metadata;
  }

  @Override
  public String nameInFile(String tensor) {
    OnnxWeight weight = weights.get(tensor);
    return weight == null ? tensor : weight.stored().name();
  }

  @Override
  public String reasonForMissing() {
    if (!fused.isEmpty()) {
      return ". The graph was optimised for a runtime, whose operator "
          + fused
          + " holds weights in a form that is not read; give the file as it was before that";
    }
    return ". Exporters that are given fixed shapes may put what they compute of a tensor in its"
        + " place; export the model with dynamic shapes";
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  @Override
  public MemorySegment data(TensorInfo tensor) {
    memory.requireOpen();
    return weights.get(tensor.name()).data(memory.arena());
  }

  @Override
  public <T> T read(TensorInfo tensor, Function<MemorySegment, T> work) {
    memory.requireOpen();
    return weights.get(tensor.name()).read(work);
  }
}
