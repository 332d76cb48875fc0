package dev.lanewise.model.checkpoint;

import dev.lanewise.kernels.DType;
import java.util.Optional;

/** Finds a kernel type by the name that file formats use for it. */
final class DTypes {
  private static final DType[] ALL = DType.values();

  private DTypes() {}

  /** The type of this name, or empty. Both file formats and {@link DType} use ggml's names. */
  static Optional<DType> named(String name) {
    for (DType dtype : ALL) {
      if (dtype.name().equals(name)) {
        return Optional.of(dtype);
      }
    }
    return Optional.empty();
  }
}
