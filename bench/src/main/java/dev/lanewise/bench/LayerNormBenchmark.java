package dev.lanewise.bench;

import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** The norm after every layer of BERT, and before those of GPT-2. */
public class LayerNormBenchmark extends ContractBenchmark {
  private static final float EPSILON = 1e-5f;

  /** Rows and their width: a sequence of MiniLM, decode and prefill of GPT-2. */
  @Param({"128x384", "1x768", "512x768"})
  String shape;

  private float[] x;
  private float[] weight;
  private float[] bias;
  private float[] y;
  private int rows;
  private int n;

  @Override
  protected Work work() {
    int[] sizes = sizes(shape, 2);
    return Work.layerNorm(sizes[0], sizes[1]);
  }

  @Override
  void prepare(RandomGenerator random) {
    int[] sizes = sizes(shape, 2);
    rows = sizes[0];
    n = sizes[1];
    x = RandomOperands.array(rows * n, random);
    weight = RandomOperands.array(n, random);
    bias = RandomOperands.array(n, random);
    y = new float[rows * n];
  }

  /** The rows, normalised. */
  @Benchmark
  public float[] layerNorm() {
    kernels.layerNorm(x, weight, bias, EPSILON, y, rows, n);
    return y;
  }
}
