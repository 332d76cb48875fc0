package dev.lanewise.bench;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * One row through a linear layer, as in decode: y = W · x, with W in the layout that models keep it
 * in. Bound by how fast W is read.
 */
public class GemvBenchmark extends ContractBenchmark {
  @Param DType dtype;

  /**
   * Rows and columns of W. The first stays in the caches: the down projection of a small model, the
   * one layer whose columns fill superblocks; for the other types there are 576x576, 1536x576 and,
   * the lmHead, 49152x576. The second has 64 Mi elements: 256 MiB of float32, 36 MiB of Q4_0 and
   * 12.5 MiB of IQ1_S, so that the third-level cache of some processors holds the narrow types.
   */
  @Param({"576x1536", "32768x2048"})
  String shape;

  private float[] x;
  private Matrix[] w;
  private float[][] y;

  @Override
  protected Work work() {
    int[] sizes = sizes(shape, 2);
    double n = (double) sizes[0] * sizes[1];
    return Work.of(2 * n, dtype.bytes((long) n) + 4.0 * (sizes[0] + sizes[1]));
  }

  @Override
  void prepare(RandomGenerator random) {
    int[] sizes = sizes(shape, 2);
    x = RandomOperands.array(sizes[1], random);
    w = new Matrix[] {RandomOperands.matrix(dtype, sizes[0], sizes[1], random).interleaved()};
    y = new float[1][sizes[0]];
  }

  /** The product. */
  @Benchmark
  public float[] gemv() {
    kernels.gemm(x, w, y, 1);
    return y[0];
  }
}
