package dev.lanewise.bench;

import dev.lanewise.kernels.Epilogue;
import dev.lanewise.kernels.MatrixView;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Products of float32 matrices in arrays: C = A · B. Bound by multiply-adds. */
public class SgemmBenchmark extends ContractBenchmark {
  /** How B lies; A and C are row-major. */
  public enum Order {
    /** Row by row. */
    ROW_MAJOR,
    /** Column by column, as the keys that queries are multiplied with. */
    TRANSPOSED
  }

  /**
   * batch × m × n × k: one and some rows through a layer, a long and a wide layer of small models,
   * squares, and the scores of twelve heads.
   */
  @Param({
    "1x1x1536x576",
    "1x16x1536x576",
    "1x64x576x1536",
    "1x128x384x384",
    "1x256x256x256",
    "1x1024x1024x1024",
    "12x64x64x64"
  })
  String shape;

  /** How B lies. */
  @Param("ROW_MAJOR")
  Order order;

  private MatrixView a;
  private MatrixView b;
  private MatrixView c;

  @Override
  protected Work work() {
    int[] sizes = sizes(shape, 4);
    Work one = Work.gemm(sizes[1], sizes[2], sizes[3]);
    return Work.of(sizes[0] * one.flops(), sizes[0] * one.bytes());
  }

  @Override
  void prepare(RandomGenerator random) {
    int[] sizes = sizes(shape, 4);
    int batch = sizes[0];
    int m = sizes[1];
    int n = sizes[2];
    int k = sizes[3];
    a = MatrixView.ofBatch(RandomOperands.array(batch * m * k, random), batch, m, k);
    float[] values = RandomOperands.array(batch * k * n, random);
    b =
        switch (order) {
          case ROW_MAJOR -> MatrixView.ofBatch(values, batch, k, n);
          case TRANSPOSED -> MatrixView.ofBatch(values, batch, n, k).transposed();
        };
    c = MatrixView.ofBatch(new float[batch * m * n], batch, m, n);
  }

  /** The product. */
  @Benchmark
  public float[] sgemm() {
    kernels.gemm(a, b, c, Epilogue.NONE);
    return c.data();
  }
}
