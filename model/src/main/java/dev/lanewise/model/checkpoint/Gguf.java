package dev.lanewise.model.checkpoint;

import dev.lanewise.model.LanewiseException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;

/**
 * A GGUF file, version 2 or 3, little-endian.
 *
 * <p>Source: the GGUF specification in the ggml repository ({@code docs/gguf.md}).
 */
public final class Gguf extends MappedCheckpoint {
  private final int version;

  Gguf(
      String file,
      FileMemory memory,
      MemorySegment source,
      int version,
      Metadata metadata,
      Map<String, TensorInfo> tensors) {
    super(file, memory, source, metadata, tensors);
    this.version = version;
  }

  /**
   * Opens a file: maps it and checks everything but the tensors' values.
   *
   * @throws LanewiseException if it cannot be read, is not a sound GGUF file, or is one of several
   *     that hold a model, which {@link Checkpoint#open} takes together
   */
  public static Gguf open(Path path) {
    Gguf file = open(path, FileMemory.automatic(path.toString()));
    int parts = GgufParts.count(file);
    if (parts > 1) {
      throw new LanewiseException(
          "%s: is one of %d files of a model; open them with Checkpoint.open"
              .formatted(path, parts));
    }
    return file;
  }

  /** As {@link #open(Path)}, into memory of the caller's. */
  static Gguf open(Path path, FileMemory memory) {
    MemorySegment source = MappedFile.map(path, memory);
    String file = path.toString();
    return MappedFile.guarded(file, () -> new GgufReader(file, memory, source).read());
  }

  /** The same for a file that is already in memory, outside the heap. */
  static Gguf open(String file, MemorySegment source) {
    return new GgufReader(file, FileMemory.automatic(file), source).read();
  }

  /** The version of the format: 2 or 3. */
  public int version() {
    return version;
  }
}
