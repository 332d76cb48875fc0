package dev.lanewise.bench;

import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** The norm before every layer. */
public class RmsNormBenchmark extends ContractBenchmark {
  private static final float EPSILON = 1e-5f;

  /** Rows and their width: decode, and prefill. */
  @Param({"1x576", "512x576"})
  String shape;

  private float[] x;
  private float[] weight;
  private float[] y;
  private int rows;
  private int n;

  /** A square, a sum and two products for each element. */
  @Override
  protected Work work() {
    int[] sizes = sizes(shape, 2);
    double n = (double) sizes[0] * sizes[1];
    return Work.of(4 * n, 8 * n + 4.0 * sizes[1]);
  }

  @Override
  void prepare(RandomGenerator random) {
    int[] sizes = sizes(shape, 2);
    rows = sizes[0];
    n = sizes[1];
    x = RandomOperands.array(rows * n, random);
    weight = RandomOperands.array(n, random);
    y = new float[rows * n];
  }

  /** The rows, normalised. */
  @Benchmark
  public float[] rmsNorm() {
    kernels.rmsNorm(x, weight, EPSILON, y, rows, n);
    return y;
  }
}
