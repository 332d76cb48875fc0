package dev.lanewise.bench;

import dev.lanewise.kernels.DType;
import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.CausalModel;
import dev.lanewise.model.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** What the benchmarks of language models share. */
public abstract class CausalBenchmark extends ModelBenchmark {
  /** What the embedding's tensor ends with, in GGUF files and in folders of the hub. */
  private static final List<String> EMBEDDINGS =
      List.of("token_embd.weight", "embed_tokens.weight", "wte.weight");

  private static final List<String> LM_HEADS = List.of("output.weight", "lm_head.weight");

  /** Loads the model. */
  final CausalModel load(RandomGenerator random) {
    return Architectures.load(Checkpoint.open(file(random)));
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
    Checkpoint file = Checkpoint.open(model);
    boolean tied = LM_HEADS.stream().noneMatch(file::has);
    return forward(
        file,
        tokens,
        matrix -> {
          boolean embeds = EMBEDDINGS.stream().anyMatch(matrix.name()::endsWith);
          if (embeds) {
            return tied ? 1 : 0;
          }
          return LM_HEADS.contains(matrix.name()) ? 1 : tokens;
        });
  }
}
