package dev.lanewise.bench;

import dev.lanewise.kernels.DType;
import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.CausalModel;
import dev.lanewise.model.checkpoint.Gguf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** One token of a causal model, in the second half of its context. */
public class DecodeBenchmark extends KernelBenchmark {
  /** Before the name of a type: a small model with random weights of that type. */
  static final String RANDOM = "random:";

  /** A GGUF file, or a random model. */
  @Param(RANDOM + "Q8_0")
  String model;

  /** Tokens of the context. */
  @Param("128")
  int context;

  private CausalModel.Session session;
  private int[] ids;

  @Override
  void prepare(RandomGenerator random) {
    CausalModel causal = Architectures.load(Gguf.open(file(random)));
    session = causal.newSession(kernels, context);
    ids = random.ints(context, 0, causal.vocabSize()).toArray();
    // To the end, so that cache and buffers have grown before the first measured token.
    session.forward(ids, 0, context);
    session.rewind(context / 2);
  }

  private Path file(RandomGenerator random) {
    if (!model.startsWith(RANDOM)) {
      return Path.of(model);
    }
    try {
      Path file = Files.createTempFile("lanewise-bench", ".gguf");
      // Not sooner, as not every system lets go of a file while it is mapped.
      file.toFile().deleteOnExit();
      RandomLlama.write(file, DType.valueOf(model.substring(RANDOM.length())), random);
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The logits after one more token. */
  @Benchmark
  public float[] decode() {
    int position = session.position();
    if (position == context) {
      position = context / 2;
      session.rewind(position);
    }
    return session.forward(ids, position, position + 1);
  }
}
