package dev.lanewise.bench.peers;

import dev.lanewise.bench.Contender;
import dev.lanewise.bench.PeerBenchmark;
import dev.lanewise.bench.RandomOperands;
import dev.lanewise.bench.Work;
import dev.lanewise.kernels.Kernels;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Layer normalisation over rows, with weight and bias. */
public class PeerLayerNormBenchmark extends PeerBenchmark {
  private static final float EPSILON = 1e-5f;

  /** Which implementation runs. */
  @Param({"simd", "onnxruntime"})
  String implementation;

  /** Rows and their length: BERT base. */
  @Param("512x768")
  String shape;

  @Override
  protected String implementation() {
    return implementation;
  }

  @Override
  protected Work work() {
    int[] sizes = sizes(shape, 2);
    return Work.layerNorm(sizes[0], sizes[1]);
  }

  @Override
  protected Contender contender(Kernels kernels, int threads, RandomGenerator random) {
    int[] sizes = sizes(shape, 2);
    int rows = sizes[0];
    int n = sizes[1];
    float[] x = RandomOperands.array(rows * n, random);
    float[] weight = RandomOperands.array(n, random);
    float[] bias = RandomOperands.array(n, random);
    return switch (implementation) {
      case "reference", "simd" -> {
        float[] y = new float[x.length];
        yield Contender.of(() -> kernels.layerNorm(x, weight, bias, EPSILON, y, rows, n), y);
      }
      case "onnxruntime" ->
          new OnnxRuntime(
              new OnnxModel.Node("", "LayerNormalization", Map.of("axis", 1, "epsilon", EPSILON)),
              threads,
              List.of(
                  new OnnxRuntime.Input(x, rows, n),
                  new OnnxRuntime.Input(weight, n),
                  new OnnxRuntime.Input(bias, n)),
              rows,
              n);
      default -> throw unknown();
    };
  }

  /** The normalised rows. */
  @Benchmark
  public Contender layerNorm() {
    return run();
  }
}
