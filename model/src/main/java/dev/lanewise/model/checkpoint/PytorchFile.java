package dev.lanewise.model.checkpoint;

import dev.lanewise.model.LanewiseException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;

/**
 * A file of tensors by name that {@code torch.save} wrote, such as {@code pytorch_model.bin}. It
 * holds pickles, which are read as data: nothing that they name is run. Tensors that share their
 * numbers, as tied ones do, lie at the same place.
 *
 * <p>Source: PyTorch's {@code torch/serialization.py} and {@code torch/_utils.py}: the zip files of
 * version 1.6 and later, and the files before.
 */
final class PytorchFile extends MappedCheckpoint {
  PytorchFile(
      String file, FileMemory memory, MemorySegment source, Map<String, TensorInfo> tensors) {
    super(file, memory, source, new Metadata(file, Map.of()), tensors);
  }

  /**
   * Opens a file: maps it and checks everything but the tensors' values.
   *
   * @throws LanewiseException if it cannot be read, is not sound, or holds something else
   */
  static PytorchFile open(Path path, FileMemory memory) {
    MemorySegment source = MappedFile.map(path, memory);
    String file = path.toString();
    return MappedFile.guarded(file, () -> new PytorchReader(file, memory, source).read());
  }

  /** The same for a file that is already in memory, outside the heap. */
  static PytorchFile open(String file, MemorySegment source) {
    return new PytorchReader(file, FileMemory.automatic(file), source).read();
  }
}
