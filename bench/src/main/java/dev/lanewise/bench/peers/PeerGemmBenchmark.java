package dev.lanewise.bench.peers;

import dev.lanewise.bench.Contender;
import dev.lanewise.bench.PeerBenchmark;
import dev.lanewise.bench.RandomOperands;
import dev.lanewise.bench.Work;
import dev.lanewise.kernels.Epilogue;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.MatrixView;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * C = A · B in float32, row by row. No operand is known beforehand, so nobody may pack B before the
 * clock starts; only Jlama gets it transposed, as it has no other product.
 */
public class PeerGemmBenchmark extends PeerBenchmark {
  /** Which implementation runs. */
  @Param({"simd", "openblas", "onnxruntime", "netlib", "jlama", "ejml", "nd4j"})
  String implementation;

  /**
   * m × n × k: rows of A, columns of B, columns of A. There are also squares of 64, 256 and 2048,
   * and of SmolLM2-135M 1x1536x576 and 64x576x1536.
   */
  @Param({"512x512x512", "1024x1024x1024", "16x1536x576", "128x384x384"})
  String shape;

  @Override
  protected String implementation() {
    return implementation;
  }

  @Override
  protected Work work() {
    int[] sizes = sizes(shape, 3);
    return Work.gemm(sizes[0], sizes[1], sizes[2]);
  }

  @Override
  protected Contender contender(Kernels kernels, int threads, RandomGenerator random) {
    int[] sizes = sizes(shape, 3);
    int m = sizes[0];
    int n = sizes[1];
    int k = sizes[2];
    float[] a = RandomOperands.array(m * k, random);
    float[] b = RandomOperands.array(k * n, random);
    return switch (implementation) {
      case "reference", "simd" -> {
        float[] c = new float[m * n];
        MatrixView viewA = MatrixView.of(a, m, k);
        MatrixView viewB = MatrixView.of(b, k, n);
        MatrixView viewC = MatrixView.of(c, m, n);
        yield Contender.of(() -> kernels.gemm(viewA, viewB, viewC, Epilogue.NONE), c);
      }
      case "openblas" -> new OpenBlasGemm(a, b, m, n, k, threads);
      case "onnxruntime" ->
          new OnnxRuntime(
              new OnnxModel.Node("", "MatMul", Map.of()),
              threads,
              List.of(new OnnxRuntime.Input(a, m, k), new OnnxRuntime.Input(b, k, n)),
              m,
              n);
      case "netlib" -> NetlibGemm.of(a, b, m, n, k);
      case "jlama" -> new JlamaGemm(a, b, m, n, k, threads);
      case "nd4j" -> new Nd4jGemm(a, b, m, n, k, threads);
      case "ejml" -> EjmlGemm.of(a, b, m, n, k, threads);
      default -> throw unknown();
    };
  }

  /** The product. */
  @Benchmark
  public Contender gemm() {
    return run();
  }
}
