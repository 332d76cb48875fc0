package dev.lanewise.bench;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Many rows through a linear layer, as in prefill: Y = X · Wᵀ. Bound by multiply-adds. */
public class GemmBenchmark extends ContractBenchmark {
  @Param DType dtype;

  /**
   * m × n × k: rows of X, rows of W, columns of both. The down projection is the one layer whose
   * columns fill superblocks; for the other types there are 512x576x576 and 512x1536x576.
   */
  @Param("512x576x1536")
  String shape;

  private float[] x;
  private Matrix[] w;
  private float[][] y;
  private int m;

  @Override
  protected Work work() {
    int[] sizes = sizes(shape, 3);
    Work single = Work.gemm(sizes[0], sizes[1], sizes[2]);
    long weights = (long) sizes[1] * sizes[2];
    return Work.of(single.flops(), single.bytes() - 4.0 * weights + dtype.bytes(weights));
  }

  @Override
  void prepare(RandomGenerator random) {
    int[] sizes = sizes(shape, 3);
    m = sizes[0];
    x = RandomOperands.array(m * sizes[2], random);
    w = new Matrix[] {RandomOperands.matrix(dtype, sizes[1], sizes[2], random)};
    y = new float[1][m * sizes[1]];
  }

  /** The product. */
  @Benchmark
  public float[] gemm() {
    kernels.gemm(x, w, y, m);
    return y[0];
  }
}
