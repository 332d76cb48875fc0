package dev.lanewise.bench;

import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** The tokens that a sampler chooses from. */
public class TopKBenchmark extends ContractBenchmark {
  /** Sizes of vocabularies: SmolLM2's, Qwen2.5's. */
  @Param({"49152", "151936"})
  int n;

  /** How many: a sampler's usual number. */
  @Param("40")
  int k;

  private float[] x;
  private int[] indices;
  private float[] largest;

  /** A comparison for each element. */
  @Override
  protected Work work() {
    return Work.perElement(n, 1, 4);
  }

  @Override
  void prepare(RandomGenerator random) {
    x = RandomOperands.array(n, random);
    indices = new int[k];
    largest = new float[k];
  }

  /** The largest elements. */
  @Benchmark
  public float[] topK() {
    kernels.topK(x, n, indices);
    for (int i = 0; i < k; i++) {
      largest[i] = x[indices[i]];
    }
    return largest;
  }
}
