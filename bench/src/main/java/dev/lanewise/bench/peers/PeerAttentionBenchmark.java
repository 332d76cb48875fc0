package dev.lanewise.bench.peers;

import dev.lanewise.bench.Contender;
import dev.lanewise.bench.PeerBenchmark;
import dev.lanewise.bench.RandomOperands;
import dev.lanewise.bench.Work;
import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.Kernels;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Self-attention of one sequence, every head with keys of its own. */
public class PeerAttentionBenchmark extends PeerBenchmark {
  /** Which implementation runs. */
  @Param({"simd", "onnxruntime"})
  String implementation;

  /**
   * Heads, their width and tokens. There are also 12x64 and 32x128 heads over 128, 2048 and 8192
   * tokens.
   */
  @Param({"12x64x512", "32x128x512"})
  String shape;

  /** Whether a token sees all tokens ({@code full}) or those before it ({@code causal}). */
  @Param({"full", "causal"})
  String mask;

  @Override
  protected String implementation() {
    return implementation;
  }

  @Override
  protected Work work() {
    int[] sizes = sizes(shape, 3);
    double tokens = sizes[2];
    double pairs = mask.equals("causal") ? tokens * (tokens + 1) / 2 : tokens * tokens;
    return Work.attention(sizes[0], sizes[0], sizes[1], tokens, tokens, pairs);
  }

  @Override
  protected Contender contender(Kernels kernels, int threads, RandomGenerator random) {
    int[] sizes = sizes(shape, 3);
    int tokens = sizes[2];
    AttentionShape full = AttentionShape.of(sizes[0], sizes[0], sizes[1]);
    AttentionShape heads =
        switch (mask) {
          case "full" -> full;
          case "causal" -> full.causal();
          default -> throw new IllegalArgumentException("mask must be full or causal");
        };
    int width = heads.queryWidth();
    float[] q = RandomOperands.array(tokens * width, random);
    float[] k = RandomOperands.array(tokens * width, random);
    float[] v = RandomOperands.array(tokens * width, random);
    return switch (implementation) {
      case "reference", "simd" -> {
        float[] y = new float[q.length];
        yield Contender.of(
            () -> kernels.attention(q, k, v, AttentionMask.NONE, y, heads, 1, tokens, tokens, 0),
            y);
      }
      case "onnxruntime" ->
          new OnnxRuntime(
              new OnnxModel.Node(
                  OnnxModel.MICROSOFT,
                  "MultiHeadAttention",
                  Map.of("num_heads", sizes[0], "unidirectional", mask.equals("causal") ? 1 : 0)),
              threads,
              List.of(
                  new OnnxRuntime.Input(q, 1, tokens, width),
                  new OnnxRuntime.Input(k, 1, tokens, width),
                  new OnnxRuntime.Input(v, 1, tokens, width)),
              1,
              tokens,
              width);
      default -> throw unknown();
    };
  }

  /** The weighted values. */
  @Benchmark
  public Contender attention() {
    return run();
  }
}
