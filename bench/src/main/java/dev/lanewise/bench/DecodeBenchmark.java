package dev.lanewise.bench;

import dev.lanewise.model.arch.CausalModel;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** One token of a causal model, in the second half of its context. */
public class DecodeBenchmark extends CausalBenchmark {
  /** Tokens of the context. */
  @Param("128")
  int context;

  private CausalModel.Session session;
  private int[] ids;

  @Override
  protected Work work() {
    return forward(1);
  }

  @Override
  void prepare(RandomGenerator random) {
    CausalModel causal = load(random);
    session = causal.newSession(kernels, context);
    ids = random.ints(context, 0, causal.vocabSize()).toArray();
    // To the end, so that cache and buffers have grown before the first measured token.
    session.forward(ids, 0, context);
    session.rewind(context / 2);
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
