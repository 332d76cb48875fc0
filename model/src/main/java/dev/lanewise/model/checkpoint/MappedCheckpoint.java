package dev.lanewise.model.checkpoint;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.function.Function;

/**
 * What the readers of the file formats hand over: checked descriptions of parts of a mapped file.
 */
abstract sealed class MappedCheckpoint implements Checkpoint
    permits Gguf, PytorchFile, Safetensors {
  private final String file;
  private final FileMemory memory;
  private final MemorySegment source;
  private final Metadata metadata;
  private final Map<String, TensorInfo> tensors;

  MappedCheckpoint(
      String file,
      FileMemory memory,
      MemorySegment source,
      Metadata metadata,
      Map<String, TensorInfo> tensors) {
    this.file = file;
    this.memory = memory;
    this.source = source;
    this.metadata = metadata;
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  @Override
  public final String file() {
    return file;
  }

  @Override
  public final long fileBytes() {
    return source.byteSize();
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
  public final Map<String, TensorInfo> tensors() {
    return tensors;
  }

  @Override
  public final MemorySegment data(TensorInfo tensor) {
    memory.requireOpen();
    return source.asSlice(tensor.offset(), tensor.bytes());
  }

  @Override
  public final <T> T read(TensorInfo tensor, Function<MemorySegment, T> work) {
    memory.requireOpen();
    return source.isMapped()
        ? MappedFile.read(Path.of(file), tensor.offset(), tensor.bytes(), work)
        : work.apply(data(tensor));
  }
}
