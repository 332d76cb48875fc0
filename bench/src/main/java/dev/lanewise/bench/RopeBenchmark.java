package dev.lanewise.bench;

import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Rotary positions, in both pair orders. Rows turn further with every call and keep their size. */
public class RopeBenchmark extends ContractBenchmark {
  /** Rows, heads and the width of a head, all of it rotated: decode, and prefill. */
  @Param({"1x9x64", "512x9x64"})
  String shape;

  private float[] x;
  private float[] cos;
  private float[] sin;
  private int rows;
  private int heads;
  private int headDim;

  /** A pair takes four products and two sums; its sine and cosine serve all heads. */
  @Override
  protected Work work() {
    int[] sizes = sizes(shape, 3);
    double n = (double) sizes[0] * sizes[1] * sizes[2];
    return Work.of(3 * n, 8 * n + 4.0 * sizes[0] * sizes[2]);
  }

  @Override
  void prepare(RandomGenerator random) {
    int[] sizes = sizes(shape, 3);
    rows = sizes[0];
    heads = sizes[1];
    headDim = sizes[2];
    x = RandomOperands.array(rows * heads * headDim, random);
    cos = new float[rows * headDim / 2];
    sin = new float[cos.length];
    for (int i = 0; i < cos.length; i++) {
      double angle = random.nextDouble(2 * Math.PI);
      cos[i] = (float) Math.cos(angle);
      sin[i] = (float) Math.sin(angle);
    }
  }

  /** The rows, turned in adjacent pairs. */
  @Benchmark
  public float[] ropeAdjacent() {
    kernels.ropeAdjacent(x, cos, sin, rows, heads, headDim, headDim);
    return x;
  }

  /** The rows, turned in pairs half a head apart. */
  @Benchmark
  public float[] ropeHalf() {
    kernels.ropeHalf(x, cos, sin, rows, heads, headDim, headDim);
    return x;
  }
}
