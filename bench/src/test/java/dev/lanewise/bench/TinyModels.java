package dev.lanewise.bench;

import dev.lanewise.kernels.DType;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** Models of a few kilobytes, for tests of whatever takes a file. */
public final class TinyModels {
  private TinyModels() {}

  /**
   * An encoder in an ONNX file: BERT of one layer with random weights, 8 wide, for 128 tokens of
   * 32, as torch 2 exports it with operator set 17 (the names of nodes and of values between them
   * are left out).
   */
  public static Path bert() {
    try {
      return Path.of(TinyModels.class.getResource("bert.onnx").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Writes a language model as a GGUF file. */
  public static void llama(Path file) throws IOException {
    RandomModel.writeLlama(file, DType.Q8_0, new SplittableRandom(1));
  }
}
