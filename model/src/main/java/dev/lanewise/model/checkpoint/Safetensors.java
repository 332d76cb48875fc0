package dev.lanewise.model.checkpoint;

import dev.lanewise.model.LanewiseException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;

/**
 * A safetensors file. F64, F32, F16 and BF16 tensors can be used as matrices, the others as raw
 * bytes; the strings under {@code __metadata__} are the metadata.
 *
 * <p>Source: the format's description in the safetensors repository ({@code README.md}, section
 * Format).
 */
public final class Safetensors extends MappedCheckpoint {
  Safetensors(
      String file,
      FileMemory memory,
      MemorySegment source,
      Metadata metadata,
      Map<String, TensorInfo> tensors) {
    super(file, memory, source, metadata, tensors);
  }

  /**
   * Opens a file: maps it and checks everything but the tensors' values.
   *
   * @throws LanewiseException if it cannot be read or is not a sound safetensors file
   */
  public static Safetensors open(Path path) {
    return open(path, FileMemory.automatic(path.toString()));
  }

  /** As {@link #open(Path)}, into memory of the caller's. */
  static Safetensors open(Path path, FileMemory memory) {
    MemorySegment source = MappedFile.map(path, memory);
    String file = path.toString();
    return MappedFile.guarded(file, () -> new SafetensorsReader(file, memory, source).read());
  }

  /** The same for a file that is already in memory, outside the heap. */
  static Safetensors open(String file, MemorySegment source) {
    return new SafetensorsReader(file, FileMemory.automatic(file), source).read();
  }
}
