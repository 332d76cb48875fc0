package dev.lanewise.bench;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.AttentionShape;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Attention of language models, prefill and decode, and of encoders. */
public class AttentionBenchmark extends ContractBenchmark {
  /** What may be added to scores. */
  public enum Bias {
    /** Nothing. */
    UNBIASED,
    /** A number for each head and distance, as in T5. */
    RELATIVE
  }

  /** Keys that a row sees through a window, its own included. */
  private static final int WINDOW = 256;

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

  /** What a row sees: keys up to its own, the last {@value #WINDOW} of these, or all. */
  @Param({"causal", "full"})
  String sees;

  /** What is added to the scores. */
  @Param("UNBIASED")
  Bias bias;

  private AttentionShape heads;
  private float[] q;
  private float[] k;
  private float[] v;
  private AttentionMask mask;
  private float[] y;
  private int rows;
  private int keys;

  @Override
  protected Work work() {
    int[] sizes = sizes(shape, 5);
    int m = sizes[3];
    int n = sizes[4];
    AttentionShape attention = shape(sizes);
    double pairs = 0;
    for (int position = n - m; position < n; position++) {
      pairs += attention.endKey(position, n) - attention.firstKey(position);
    }
    double read = n - attention.firstKey(n - m);
    Work work = Work.attention(sizes[0], sizes[1], sizes[2], m, read, pairs);
    if (bias == Bias.UNBIASED) {
      return work;
    }
    double biases = (double) sizes[0] * distances(m, n);
    return Work.of(work.flops() + sizes[0] * pairs, work.bytes() + 4 * biases);
  }

  /** From a row's own key to others. */
  private static int distances(int rows, int keys) {
    return rows + keys - 1;
  }

  private AttentionShape shape(int[] sizes) {
    AttentionShape full = AttentionShape.of(sizes[0], sizes[1], sizes[2]);
    return switch (sees) {
      case "causal" -> full.causal();
      case "window" -> full.within(WINDOW - 1, 0);
      case "full" -> full;
      default ->
          throw new IllegalArgumentException(
              "a row sees causal, window or full, not '" + sees + "'");
    };
  }

  @Override
  void prepare(RandomGenerator random) {
    int[] sizes = sizes(shape, 5);
    heads = shape(sizes);
    rows = sizes[3];
    keys = sizes[4];
    q = RandomOperands.array(rows * heads.queryWidth(), random);
    k = RandomOperands.array(keys * heads.keyWidth(), random);
    v = RandomOperands.array(keys * heads.valueWidth(), random);
    y = new float[rows * heads.outputWidth()];
    mask =
        switch (bias) {
          case UNBIASED -> AttentionMask.NONE;
          case RELATIVE -> {
            float[] biases = RandomOperands.array(sizes[0] * distances(rows, keys), random);
            yield AttentionMask.relative(biases, rows, keys);
          }
        };
  }

  /** The weighted values. */
  @Benchmark
  public float[] attention() {
    kernels.attention(q, k, v, mask, y, heads, 1, rows, keys, keys - rows);
    return y;
  }
}
