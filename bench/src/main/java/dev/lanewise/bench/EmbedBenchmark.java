package dev.lanewise.bench;

import dev.lanewise.kernels.DType;
import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.EmbeddingConfig;
import dev.lanewise.model.arch.Pooling;
import dev.lanewise.model.arch.TextEncoder;
import dev.lanewise.model.arch.TokenBatch;
import dev.lanewise.model.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Sequences through an encoder of texts, from their tokens to their embeddings. */
public class EmbedBenchmark extends ModelBenchmark {
  /** What the names of matrices in blocks have, in files of every kind: the block's number. */
  private static final Pattern IN_BLOCK = Pattern.compile("\\.[0-9]+\\.");

  /** Sequences and the tokens of each: a passage alone, and short texts together. */
  @Param({"1x128", "8x32"})
  String shape;

  private TextEncoder.Session session;
  private Pooling pooling;
  private TokenBatch batch;

  /** Embeddings are looked up, and what follows the blocks takes no part. */
  @Override
  protected Work work() {
    int[] sizes = sizes(shape, 2);
    int tokens = Math.multiplyExact(sizes[0], sizes[1]);
    return forward(
        Checkpoint.open(file(new SplittableRandom(1))),
        tokens,
        matrix -> IN_BLOCK.matcher(matrix.name()).find() ? tokens : 0);
  }

  @Override
  void writeRandom(Path file, DType dtype, RandomGenerator random) throws IOException {
    RandomModel.writeBert(file, dtype, random);
  }

  @Override
  void prepare(RandomGenerator random) {
    int[] sizes = sizes(shape, 2);
    Checkpoint file = Checkpoint.open(file(random));
    TextEncoder encoder = Architectures.loadTextEncoder(file);
    session = encoder.newSession(kernels);
    pooling = EmbeddingConfig.of(file.metadata()).pooling();
    batch =
        TokenBatch.of(
            Stream.generate(() -> random.ints(sizes[1], 0, encoder.vocabSize()).toArray())
                .limit(sizes[0])
                .toArray(int[][]::new));
  }

  /** The embeddings. */
  @Benchmark
  public float[] embed() {
    return session.encode(batch).embeddings(pooling);
  }
}
