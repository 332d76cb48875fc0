package dev.lanewise.bench;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.AttentionShape;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Attention of language models, prefill and decode, and of encoders. */
public class AttentionBenchmark extends ContractBenchmark {
  /** Heads, key/value heads, their width, rows, and the keys that the last row sees. */
  @Param({
    "9x3x64x512x512",
    "9x3x64x1x512",
    "12x12x64x128x128",
    "12x12x64x512x512",
    "12x12x64x2048x2048",
    "32x32x128x512x512",
    "32x32x128x2048x2048"
  })
  String shape;

  /** What a row sees: keys up to its own, or all. */
  @Param({"causal", "full"})
  String sees;

  private AttentionShape heads;
  private float[] q;
  private float[] k;
  private float[] v;
  private float[] y;
  private int rows;
  private int keys;

  @Override
  protected Work work() {
    int[] sizes = sizes(shape, 5);
    double m = sizes[3];
    double pairs = sees.equals("causal") ? m * (sizes[4] - m) + m * (m + 1) / 2 : m * sizes[4];
    return Work.attention(sizes[0], sizes[1], sizes[2], m, sizes[4], pairs);
  }

  @Override
  void prepare(RandomGenerator random) {
    int[] sizes = sizes(shape, 5);
    AttentionShape full = AttentionShape.of(sizes[0], sizes[1], sizes[2]);
    heads =
        switch (sees) {
          case "causal" -> full.causal();
          case "full" -> full;
          default ->
              throw new IllegalArgumentException("a row sees causal or full, not '" + sees + "'");
        };
    rows = sizes[3];
    keys = sizes[4];
    q = RandomOperands.array(rows * heads.queryWidth(), random);
    k = RandomOperands.array(keys * heads.keyWidth(), random);
    v = RandomOperands.array(keys * heads.valueWidth(), random);
    y = new float[rows * heads.outputWidth()];
  }

  /** The weighted values. */
  @Benchmark
  public float[] attention() {
    kernels.attention(q, k, v, AttentionMask.NONE, y, heads, 1, rows, keys, keys - rows);
    return y;
  }
}
