package dev.lanewise.bench;

import dev.lanewise.kernels.DType;
import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.CausalModel;
import dev.lanewise.model.checkpoint.Gguf;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** What the benchmarks of language models share: a model that lies in a GGUF file. */
public abstract class CausalBenchmark extends ModelBenchmark {
  private static final String EMBEDDING = "token_embd.weight";
  private static final String LM_HEAD = "output.weight";

  /** Loads the model. */
  final CausalModel load(RandomGenerator random) {
    return Architectures.load(Gguf.open(file(random)));
  }

  @Override
  final void writeRandom(Path file, DType dtype, RandomGenerator random) throws IOException {
    RandomModel.writeLlama(file, dtype, random);
  }

  /** A forward pass of the model. */
  final Work forward(int tokens) {
    return forward(file(new SplittableRandom(1)), tokens);
  }

  /**
   * A forward pass of the model in a file: every matrix is multiplied with every token, but the
   * lmHead, which may be the embedding, with the last alone.
   */
  static Work forward(Path model, int tokens) {
    Gguf file = Gguf.open(model);
    String lmHead = file.has(LM_HEAD) ? LM_HEAD : EMBEDDING;
    return forward(
        file,
        tokens,
        matrix -> matrix.name().equals(lmHead) ? 1 : matrix.name().equals(EMBEDDING) ? 0 : tokens);
  }
}
