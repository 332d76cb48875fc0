package dev.lanewise.bench;

import dev.lanewise.kernels.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** Models of a few kilobytes, for tests of whatever takes a file. */
public final class TinyModels {
  private TinyModels() {}

  /** Writes a language model as a GGUF file. */
  public static void llama(Path file) throws IOException {
    RandomLlama.write(file, DType.Q8_0, new SplittableRandom(1));
  }
}
