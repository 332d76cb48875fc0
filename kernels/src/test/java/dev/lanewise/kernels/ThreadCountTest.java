package dev.lanewise.kernels;

import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The same work on one, two and three threads gives the same bits. */
class ThreadCountTest {
  /** Every operation, large enough to be shared out. */
  private static final Map<String, Function<Kernels, float[]>> WORK =
      new TreeMap<>(
          Map.ofEntries(
              entry("add", ThreadCountTest::add),
              entry("attention", ThreadCountTest::attention),
              entry("gemm", ThreadCountTest::gemm),
              entry("glu", ThreadCountTest::glu),
              entry("rmsNorm", ThreadCountTest::rmsNorm),
              entry("ropeAdjacent", kernels -> rope(kernels, true)),
              entry("ropeHalf", kernels -> rope(kernels, false)),
              entry("softmax", ThreadCountTest::softmax)));

  static Stream<String> work() {
    return WORK.keySet().stream();
  }

  @Test
  void everyOperationIsHere() {
    assertEquals(Implementations.operations(), List.copyOf(WORK.keySet()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("work")
  void sameBits(String operation) {
    Function<Kernels, float[]> work = WORK.get(operation);
    try (Parallel one = Parallel.of(1);
        Parallel two = Parallel.of(2);
        Parallel three = Parallel.of(3)) {
      List<Kernels> single = Implementations.all(one);
      for (int i = 0; i < single.size(); i++) {
        float[] expected = work.apply(single.get(i));
        for (Parallel team : List.of(one, two, three)) {
          Kernels kernels = Implementations.all(team).get(i);
          for (int repeat = 0; repeat < 3; repeat++) {
            assertArrayEquals(
                bits(expected),
                bits(work.apply(kernels)),
                () -> kernels.description() + " on " + team.threads() + " threads");
          }
        }
      }
    }
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }

  /** All types in both layouts, as gemv and as gemm with and without a full tile of rows. */
  private static float[] gemm(Kernels kernels) {
    Random random = new Random(1);
    int k = 512;
    int n = 199;
    int[] ms = {1, 2, 12, 37};
    List<DType> types = List.of(DType.values());
    float[] all = new float[2 * types.size() * n * (1 + 2 + 12 + 37)];
    int filled = 0;
    for (int m : ms) {
      Matrix[] w = new Matrix[2 * types.size()];
      float[][] y = new float[w.length][m * n];
      for (int i = 0; i < w.length; i += 2) {
        w[i] = Weights.random(types.get(i / 2), n, k, random).matrix();
        w[i + 1] = w[i].interleaved();
      }
      kernels.gemm(Fill.NORMAL.array(m * k, random), w, y, m);
      for (float[] part : y) {
        System.arraycopy(part, 0, all, filled, part.length);
        filled += part.length;
      }
    }
    return all;
  }

  private static float[] rmsNorm(Kernels kernels) {
    Random random = new Random(2);
    float[] y = new float[37 * 1030];
    kernels.rmsNorm(
        Fill.NORMAL.array(y.length, random), Fill.NORMAL.array(1030, random), 1e-5f, y, 37, 1030);
    return y;
  }

  private static float[] rope(Kernels kernels, boolean adjacent) {
    Random random = new Random(3);
    float[] x = Fill.NORMAL.array(130 * 9 * 64, random);
    float[] cos = Fill.NORMAL.array(130 * 32, random);
    float[] sin = Fill.NORMAL.array(130 * 32, random);
    if (adjacent) {
      kernels.ropeAdjacent(x, cos, sin, 130, 9, 64, 64);
    } else {
      kernels.ropeHalf(x, cos, sin, 130, 9, 64, 64);
    }
    return x;
  }

  private static float[] glu(Kernels kernels) {
    Random random = new Random(4);
    float[] y = new float[200_003];
    kernels.glu(
        Activation.SILU,
        Fill.NORMAL.array(y.length, random),
        Fill.NORMAL.array(y.length, random),
        y,
        y.length);
    return y;
  }

  private static float[] add(Kernels kernels) {
    Random random = new Random(5);
    float[] y = Fill.NORMAL.array(200_003, random);
    kernels.add(Fill.NORMAL.array(y.length, random), y, y.length);
    return y;
  }

  private static float[] softmax(Kernels kernels) {
    float[] y = new float[37 * 1030];
    kernels.softmax(Fill.NORMAL.array(y.length, new Random(6)), y, 37, 1030);
    return y;
  }

  private static float[] attention(Kernels kernels) {
    Random random = new Random(7);
    AttentionShape shape = AttentionShape.of(9, 3, 64).causal();
    int rows = 67;
    int position = 100;
    float[] y = new float[rows * shape.queryWidth() + shape.queryWidth()];
    float[] k = Fill.NORMAL.array((position + rows) * shape.keyWidth(), random);
    float[] v = Fill.NORMAL.array((position + rows) * shape.keyWidth(), random);
    kernels.attention(
        Fill.NORMAL.array(rows * shape.queryWidth(), random),
        k,
        v,
        AttentionMask.NONE,
        y,
        shape,
        1,
        rows,
        position + rows,
        position);
    float[] last = new float[shape.queryWidth()];
    kernels.attention(
        Fill.NORMAL.array(shape.queryWidth(), random),
        k,
        v,
        AttentionMask.NONE,
        last,
        shape,
        1,
        1,
        position + rows,
        position + rows - 1);
    System.arraycopy(last, 0, y, rows * shape.queryWidth(), last.length);
    return y;
  }
}
