package dev.lanewise.bench;

import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Rows of scores to probabilities. */
public class SoftmaxBenchmark extends ContractBenchmark {
  /** Rows and their length: the heads over a context, and the vocabulary. */
  @Param({"9x512", "1x49152"})
  String shape;

  private float[] x;
  private float[] y;
  private int rows;
  private int n;

  @Override
  protected Work work() {
    int[] sizes = sizes(shape, 2);
    return Work.softmax((double) sizes[0] * sizes[1]);
  }

  @Override
  void prepare(RandomGenerator random) {
    int[] sizes = sizes(shape, 2);
    rows = sizes[0];
    n = sizes[1];
    x = RandomOperands.array(rows * n, random);
    y = new float[rows * n];
  }

  /** The probabilities. */
  @Benchmark
  public float[] softmax() {
    kernels.softmax(x, y, rows, n);
    return y;
  }

  /** Their logarithms. */
  @Benchmark
  public float[] logSoftmax() {
    kernels.logSoftmax(x, y, rows, n);
    return y;
  }
}
