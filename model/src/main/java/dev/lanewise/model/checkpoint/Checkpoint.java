package dev.lanewise.model.checkpoint;

import dev.lanewise.model.LanewiseException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;

/**
 * A file of named tensors and metadata. Everything about it was checked when it was opened: names
 * are unique, and every tensor lies inside the file and overlaps no other, save that PyTorch's
 * files hold tied tensors once.
 *
 * <p>The tensors stay in the file: their data is mapped memory. If another process makes the file
 * shorter, reading it fails with an {@link InternalError}; see {@link FileMemory#guarded}.
 */
public interface Checkpoint {
  /**
   * Opens a model: a GGUF file, or any of the files that one was split into; a folder in the layout
   * of the Hugging Face hub; or a {@code .safetensors}, {@code .bin} or {@code .onnx} file with its
   * {@code config.json} beside, which an encoder in an ONNX file can do without. The file stays
   * mapped as long as anything of it can be reached.
   *
   * @throws LanewiseException if it cannot be read or is not sound
   */
  static Checkpoint open(Path path) {
    return open(path, FileMemory.automatic(path.toString()));
  }

  /**
   * As {@link #open(Path)}, with memory of the caller's for what is mapped and for the copies that
   * models make of tensors.
   *
   * @throws LanewiseException if it cannot be read or is not sound
   */
  static Checkpoint open(Path path, FileMemory memory) {
    if (Files.isDirectory(path)) {
      return HuggingFace.open(path, memory);
    }
    return path.toString().matches("(?s).*\\.(onnx|safetensors|bin)")
        ? HuggingFace.openFile(path, memory)
        : GgufParts.of(Gguf.open(path, memory), path, memory);
  }

  /**
   * Loads a model into memory of its own. It must hold on to the checkpoint's memory, and close it
   * when it is closed; if loading fails, that happens here.
   *
   * @param loader what makes the model of the opened file
   * @throws LanewiseException if the file cannot be read or is not sound, or as the loader throws
   *     it
   */
  static <T> T load(Path path, Function<Checkpoint, T> loader) {
    return FileMemory.owned(path.toString(), memory -> loader.apply(open(path, memory)));
  }

  /** The file's name, for messages. */
  String file();

  /** How long the file is, or all files of weights together. */
  long fileBytes();

  /** What the tensors lie in, and what is made of them. */
  FileMemory memory();

  /** What the file says about the model. */
  Metadata metadata();

  /**
   * All tensors by name, in the order of the file, those of types without a kernel included. A name
   * may be another than the file has, see {@link #nameInFile}.
   */
  Map<String, TensorInfo> tensors();

  /** Whether there is a tensor of this name. */
  default boolean has(String tensor) {
    return tensors().containsKey(tensor);
  }

  /**
   * The tensor of this name.
   *
   * @throws LanewiseException if there is none
   */
  default TensorInfo tensor(String name) {
    TensorInfo tensor = tensors().get(name);
    if (tensor == null) {
      throw new LanewiseException(
          "%s: tensor %s is missing; the file is damaged, or of another model than it says"
              .formatted(file(), nameInFile(name)));
    }
    return tensor;
  }

  /** What the file itself calls a tensor, for messages, whether it is there or not. */
  default String nameInFile(String tensor) {
    return tensor;
  }

  /**
   * Why a tensor may be missing, to be appended to a message; empty if nothing is known of that.
   */
  default String reasonForMissing() {
    return "";
  }

  /**
   * The encoded bytes of one of this file's tensors, read-only.
   *
   * @param tensor as returned by {@link #tensor} or {@link #tensors}
   */
  MemorySegment data(TensorInfo tensor);

  /**
   * What some work makes of a tensor's encoded bytes. They are valid during the work only, and
   * their pages count as the process's memory no longer: the way to copy large tensors into another
   * layout.
   *
   * @throws LanewiseException if the file cannot be read any more
   */
  <T> T read(TensorInfo tensor, Function<MemorySegment, T> work);
}
