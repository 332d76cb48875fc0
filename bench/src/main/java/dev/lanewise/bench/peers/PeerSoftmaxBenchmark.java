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

/** Softmax over rows, half a million elements in all. */
public class PeerSoftmaxBenchmark extends PeerBenchmark {
  /** Which implementation runs. */
  @Param({"simd", "onnxruntime"})
  String implementation;

  /** Rows and their length. */
  @Param({"4096x128", "512x1024", "128x4096"})
  String shape;

  @Override
  protected String implementation() {
    return implementation;
  }

  @Override
  protected Work work() {
    int[] sizes = sizes(shape, 2);
    return Work.softmax((double) sizes[0] * sizes[1]);
  }

  @Override
  protected Contender contender(Kernels kernels, int threads, RandomGenerator random) {
    int[] sizes = sizes(shape, 2);
    int rows = sizes[0];
    int n = sizes[1];
    float[] x = RandomOperands.array(rows * n, random);
    return switch (implementation) {
      case "reference", "simd" -> {
        float[] y = new float[x.length];
        yield Contender.of(() -> kernels.softmax(x, y, rows, n), y);
      }
      case "onnxruntime" ->
          new OnnxRuntime(
              new OnnxModel.Node("", "Softmax", Map.of("axis", 1)),
              threads,
              List.of(new OnnxRuntime.Input(x, rows, n)),
              rows,
              n);
      default -> throw unknown();
    };
  }

  /** The probabilities. */
  @Benchmark
  public Contender softmax() {
    return run();
  }
}
