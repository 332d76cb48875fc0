package dev.lanewise.bench;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** One row through a linear layer, as in decode: y = W · x. Bound by how fast W is read. */
public class GemvBenchmark extends KernelBenchmark {
  @Param DType dtype;

  /**
   * Rows and columns of W. The down projection is the one layer whose columns fill superblocks; for
   * the other types there are 576x576, 1536x576 and, the lmHead, 49152x576.
   */
  @Param("576x1536")
  String shape;

  private float[] x;
  private Matrix[] w;
  private float[][] y;

  @Override
  void prepare(RandomGenerator random) {
    int[] sizes = sizes(shape, 2);
    x = RandomOperands.array(sizes[1], random);
    w = new Matrix[] {RandomOperands.matrix(dtype, sizes[0], sizes[1], random)};
    y = new float[1][sizes[0]];
  }

  /** The product. */
  @Benchmark
  public float[] gemv() {
    kernels.gemm(x, w, y, 1);
    return y[0];
  }
}
