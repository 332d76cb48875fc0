package dev.lanewise.bench;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.AttentionShape;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Causal attention of nine heads, three to a key/value head. */
public class AttentionBenchmark extends KernelBenchmark {
  private static final AttentionShape HEADS = AttentionShape.of(9, 3, 64).causal();

  /** Rows and the keys that the last of them sees: prefill, and one row of decode. */
  @Param({"512x512", "1x512"})
  String shape;

  private float[] q;
  private float[] k;
  private float[] v;
  private float[] y;
  private int rows;
  private int position;

  @Override
  void prepare(RandomGenerator random) {
    int[] sizes = sizes(shape, 2);
    rows = sizes[0];
    int keys = sizes[1];
    position = keys - rows;
    q = RandomOperands.array(rows * HEADS.queryWidth(), random);
    k = RandomOperands.array(keys * HEADS.keyWidth(), random);
    v = RandomOperands.array(keys * HEADS.keyWidth(), random);
    y = new float[rows * HEADS.queryWidth()];
  }

  /** The weighted values. */
  @Benchmark
  public float[] attention() {
    kernels.attention(q, k, v, AttentionMask.NONE, y, HEADS, 1, rows, position + rows, position);
    return y;
  }
}
