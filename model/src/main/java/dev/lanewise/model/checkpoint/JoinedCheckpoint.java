package dev.lanewise.model.checkpoint;

import dev.lanewise.model.LanewiseException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** A model whose tensors lie in several files. */
abstract sealed class JoinedCheckpoint implements Checkpoint permits GgufParts, HuggingFace {
  private final String name;
  private final FileMemory memory;
  private final Metadata metadata;
  private final List<Checkpoint> files = new ArrayList<>();
  private final Map<String, Checkpoint> fileOf = new HashMap<>(); // by tensor
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();

  JoinedCheckpoint(String name, FileMemory memory, Metadata metadata) {
    this.name = name;
    this.memory = memory;
    this.metadata = metadata;
  }

  /**
   * Adds the tensors of a file, each by its name behind a prefix.
   *
   * @throws LanewiseException if another file has one of that name
   */
  final void add(String prefix, Checkpoint file) {
    files.add(file);
    for (TensorInfo tensor : file.tensors().values()) {
      String path = prefix + tensor.name();
      Checkpoint other = fileOf.put(path, file);
      if (other != null) {
        throw new LanewiseException(
            file.file() + ": tensor " + path + " is also in " + other.file());
      }
      tensors.put(path, tensor.named(path));
    }
  }

  /** All files, in the order in which they came. */
  final List<Checkpoint> files() {
    return files;
  }

  @Override
  public final String file() {
    return name;
  }

  @Override
  public final long fileBytes() {
    return files.stream().mapToLong(Checkpoint::fileBytes).sum();
  }

  @Override
  public final FileMemory memory() {
    return memory;
  }

  @Override
  public final Metadata metadata() {
    return metadata;
  }

  @Override
  public final String nameInFile(String tensor) {
    Checkpoint file = fileOf.get(tensor);
    return file == null ? tensor : file.nameInFile(tensor);
  }

  @Override
  public final Map<String, TensorInfo> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  @Override
  public final MemorySegment data(TensorInfo tensor) {
    return fileOf.get(tensor.name()).data(tensor);
  }

  @Override
  public final <T> T read(TensorInfo tensor, Function<MemorySegment, T> work) {
    return fileOf.get(tensor.name()).read(tensor, work);
  }
}
