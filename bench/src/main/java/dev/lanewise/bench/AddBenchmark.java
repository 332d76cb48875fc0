package dev.lanewise.bench;

import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** The residual connection around every layer. Sums grow with every call, and stay finite. */
public class AddBenchmark extends ContractBenchmark {
  /** Rows and their width: decode, and prefill. */
  @Param({"1x576", "512x576"})
  String shape;

  private float[] x;
  private float[] y;

  /** A sum for each element; both operands are read, and one is written. */
  @Override
  protected Work work() {
    int[] sizes = sizes(shape, 2);
    return Work.perElement((double) sizes[0] * sizes[1], 1, 12);
  }

  @Override
  void prepare(RandomGenerator random) {
    int[] sizes = sizes(shape, 2);
    x = RandomOperands.array(sizes[0] * sizes[1], random);
    y = RandomOperands.array(x.length, random);
  }

  /** The sums. */
  @Benchmark
  public float[] add() {
    kernels.add(x, y, y.length);
    return y;
  }
}
