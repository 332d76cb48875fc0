package dev.lanewise.bench.peers;

import dev.lanewise.bench.Contender;
import dev.lanewise.bench.PeerBenchmark;
import dev.lanewise.bench.RandomOperands;
import dev.lanewise.bench.Work;
import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.Kernels;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** GELU by the error function. */
public class PeerGeluBenchmark extends PeerBenchmark {
  /** Which implementation runs. */
  @Param({"simd", "onnxruntime"})
  String implementation;

  /** Rows and their length: the inner layer of BERT base. */
  @Param("512x3072")
  String shape;

  @Override
  protected String implementation() {
    return implementation;
  }

  @Override
  protected Work work() {
    int[] sizes = sizes(shape, 2);
    return Work.perElement((double) sizes[0] * sizes[1], 5, 8);
  }

  @Override
  protected Contender contender(Kernels kernels, int threads, RandomGenerator random) {
    int[] sizes = sizes(shape, 2);
    float[] x = RandomOperands.array(sizes[0] * sizes[1], random);
    return switch (implementation) {
      case "reference", "simd" -> {
        float[] y = new float[x.length];
        yield Contender.of(() -> kernels.activate(Activation.GELU, x, y, x.length), y);
      }
      case "onnxruntime" ->
          new OnnxRuntime(
              new OnnxModel.Node("", "Gelu", Map.of()),
              threads,
              List.of(new OnnxRuntime.Input(x, sizes[0], sizes[1])),
              sizes[0],
              sizes[1]);
      default -> throw unknown();
    };
  }

  /** The activations. */
  @Benchmark
  public Contender gelu() {
    return run();
  }
}
