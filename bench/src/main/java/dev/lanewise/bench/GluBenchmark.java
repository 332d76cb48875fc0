package dev.lanewise.bench;

import dev.lanewise.kernels.Activation;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** The gated activation of the feed-forward layer. */
public class GluBenchmark extends ContractBenchmark {
  /** Llama's function, and that of T5 and Gemma. */
  @Param({"SILU", "GELU_TANH"})
  Activation activation;

  /** Rows and their width: decode, and prefill. */
  @Param({"1x1536", "512x1536"})
  String shape;

  private float[] gate;
  private float[] up;
  private float[] y;

  /** An exponential, a sum, a quotient and two products for each element. */
  @Override
  protected Work work() {
    int[] sizes = sizes(shape, 2);
    return Work.perElement((double) sizes[0] * sizes[1], 5, 12);
  }

  @Override
  void prepare(RandomGenerator random) {
    int[] sizes = sizes(shape, 2);
    int n = sizes[0] * sizes[1];
    gate = RandomOperands.array(n, random);
    up = RandomOperands.array(n, random);
    y = new float[n];
  }

  /** The products. */
  @Benchmark
  public float[] glu() {
    kernels.glu(activation, gate, up, y, y.length);
    return y;
  }
}
