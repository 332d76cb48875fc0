package dev.lanewise.bench;

import dev.lanewise.kernels.Activation;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** The functions between layers. */
public class ActivationBenchmark extends ContractBenchmark {
  @Param Activation activation;

  /** Rows and their width: a token of MiniLM's feed-forward layer, and a sequence of them. */
  @Param({"1x1536", "128x1536"})
  String shape;

  private float[] x;
  private float[] y;

  /**
   * An exponential, a quotient and about three more for each element; RELU only compares, IDENTITY
   * copies.
   */
  @Override
  protected Work work() {
    int[] sizes = sizes(shape, 2);
    double flops =
        switch (activation) {
          case IDENTITY -> 0;
          case RELU -> 1;
          default -> 5;
        };
    return Work.perElement((double) sizes[0] * sizes[1], flops, 8);
  }

  @Override
  void prepare(RandomGenerator random) {
    int[] sizes = sizes(shape, 2);
    x = RandomOperands.array(sizes[0] * sizes[1], random);
    y = new float[x.length];
  }

  /** The function of every element. */
  @Benchmark
  public float[] activate() {
    kernels.activate(activation, x, y, y.length);
    return y;
  }
}
