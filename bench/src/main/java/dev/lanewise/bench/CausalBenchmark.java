package dev.lanewise.bench;

import dev.lanewise.kernels.DType;
import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.CausalModel;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.TensorInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.random.RandomGenerator;

/** What the benchmarks of language models share: a model that lies in a GGUF file. */
public abstract class CausalBenchmark extends ModelBenchmark {
  private static final String EMBEDDING = "token_embd.weight";
  private static final String LM_HEAD = "output.weight";

  /** Loads the model. */
  final CausalModel load(RandomGenerator random) {
    return Architectures.load(open(random));
  }

  @Override
  final void writeRandom(Path file, DType dtype, RandomGenerator random) throws IOException {
    RandomModel.writeLlama(file, dtype, random);
  }

  /** Every token, but the lmHead, which may be the embedding, the last alone. */
  @Override
  final int multiplied(TensorInfo matrix, int tokens, Checkpoint file) {
    if (matrix.name().equals(file.has(LM_HEAD) ? LM_HEAD : EMBEDDING)) {
      return 1;
    }
    return matrix.name().equals(EMBEDDING) ? 0 : tokens;
  }
}
