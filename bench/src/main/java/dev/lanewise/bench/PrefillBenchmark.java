package dev.lanewise.bench;

import dev.lanewise.model.arch.CausalModel;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** A whole prompt through a causal model, from an empty context. */
public class PrefillBenchmark extends CausalBenchmark {
  /** Length of the prompt. */
  @Param("512")
  int tokens;

  private CausalModel.Session session;
  private int[] ids;

  @Override
  protected Work work() {
    return forward(tokens);
  }

  @Override
  void prepare(RandomGenerator random) {
    CausalModel causal = load(random);
    session = causal.newSession(kernels, tokens);
    ids = random.ints(tokens, 0, causal.vocabSize()).toArray();
  }

  /** The logits after the prompt. */
  @Benchmark
  public float[] prefill() {
    session.rewind(0);
    return session.forward(ids, 0, tokens);
  }
}
