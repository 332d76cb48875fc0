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

/** The tensors of a model that lies in several files. */
final class TensorsOfFiles {
  private final List<Checkpoint> files = new ArrayList<>();
  private final Map<String, Checkpoint> fileOf = new HashMap<>(); // by tensor
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();

  /**
   * Adds the tensors of a file, each by its name behind a prefix.
   *
   * @throws LanewiseException if another file has one of that name
   */
  void add(String prefix, Checkpoint file) {
    files.add(file);
    for (TensorInfo tensor : file.tensors().values()) {
      String name = prefix + tensor.name();
      Checkpoint other = fileOf.put(name, file);
      if (other != null) {
        throw new LanewiseException(
            file.file() + ": tensor " + name + " is also in " + other.file());
      }
      tensors.put(name, tensor.named(name));
    }
  }

  /** All files, in the order in which they came. */
  List<Checkpoint> files() {
    return Collections.unmodifiableList(files);
  }

  /** The file that holds a tensor, or null if none does. */
  Checkpoint fileOf(String tensor) {
    return fileOf.get(tensor);
  }

  /** All tensors by name. */
  Map<String, TensorInfo> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  /** As {@link Checkpoint#data}. */
  MemorySegment data(TensorInfo tensor) {
    return fileOf.get(tensor.name()).data(tensor);
  }

  /** As {@link Checkpoint#read}. */
  <T> T read(TensorInfo tensor, Function<MemorySegment, T> work) {
    return fileOf.get(tensor.name()).read(tensor, work);
  }
}
