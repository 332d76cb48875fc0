package dev.lanewise.bench;

import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** The most probable token. */
public class ArgmaxBenchmark extends ContractBenchmark {
  /** Sizes of vocabularies: SmolLM2's, Qwen2.5's. */
  @Param({"49152", "151936"})
  int n;

  private final float[] index = new float[1];
  private float[] x;

  /** A comparison for each element. */
  @Override
  protected Work work() {
    return Work.perElement(n, 1, 4);
  }

  @Override
  void prepare(RandomGenerator random) {
    x = RandomOperands.array(n, random);
  }

  /** Where the largest element is. */
  @Benchmark
  public float[] argmax() {
    index[0] = kernels.argmax(x, n);
    return index;
  }
}
