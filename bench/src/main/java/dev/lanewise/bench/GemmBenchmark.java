package dev.lanewise.bench;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Epilogue;
import dev.lanewise.kernels.Matrix;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Many rows through a linear layer, as in prefill: Y = X · Wᵀ. Bound by multiply-adds. */
public class GemmBenchmark extends ContractBenchmark {
  /** What becomes of a product before it is written. */
  public enum Fused {
    /** Nothing. */
    PLAIN,
    /** A bias is added, and GELU applied, as in the feed-forward layer of BERT. */
    BIAS_GELU
  }

  @Param DType dtype;

  /** In which order W lies: as models keep it, and as files do. */
  @Param({"INTERLEAVED", "ROW_MAJOR"})
  Matrix.Layout layout;

  /** What else happens to the product. */
  @Param("PLAIN")
  Fused fused;

  /**
   * m × n × k: rows of X, rows of W, columns of both. The down projection is the one layer whose
   * columns fill superblocks; for the other types there are 512x576x576 and 512x1536x576.
   */
  @Param("512x576x1536")
  String shape;

  private float[] x;
  private Matrix[] w;
  private Epilogue[] epilogues;
  private float[][] y;
  private int m;

  @Override
  protected Work work() {
    int[] sizes = sizes(shape, 3);
    Work single = Work.gemm(sizes[0], sizes[1], sizes[2]);
    long weights = (long) sizes[1] * sizes[2];
    Work encoded = Work.of(single.flops(), single.bytes() - 4.0 * weights + dtype.bytes(weights));
    if (fused == Fused.PLAIN) {
      return encoded;
    }
    // A sum, and what an activation takes: an exponential, a quotient and about three more.
    double outputs = (double) sizes[0] * sizes[1];
    return Work.of(encoded.flops() + 6 * outputs, encoded.bytes() + 4.0 * sizes[1]);
  }

  @Override
  void prepare(RandomGenerator random) {
    int[] sizes = sizes(shape, 3);
    m = sizes[0];
    x = RandomOperands.array(m * sizes[2], random);
    Matrix rows = RandomOperands.matrix(dtype, sizes[1], sizes[2], random);
    w = new Matrix[] {layout == Matrix.Layout.INTERLEAVED ? rows.interleaved() : rows};
    Epilogue bias = Epilogue.bias(RandomOperands.array(sizes[1], random));
    epilogues = new Epilogue[] {bias.withActivation(Activation.GELU)};
    y = new float[1][m * sizes[1]];
  }

  /** The product. */
  @Benchmark
  public float[] gemm() {
    if (fused == Fused.PLAIN) {
      kernels.gemm(x, w, y, m);
    } else {
      kernels.gemm(x, w, epilogues, y, m);
    }
    return y[0];
  }
}
