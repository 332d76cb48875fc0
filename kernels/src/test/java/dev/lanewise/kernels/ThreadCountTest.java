package dev.lanewise.kernels;

import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BiFunction;
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
              entry("activate", ThreadCountTest::activate),
              entry("add", ThreadCountTest::add),
              entry("argmax", ThreadCountTest::argmax),
              entry("attention", ThreadCountTest::attention),
              entry("gather", ThreadCountTest::gather),
              entry(
                  "gemm",
                  kernels -> join(join(gemm(kernels), gemmViews(kernels)), tinyProducts(kernels))),
              entry("glu", ThreadCountTest::glu),
              entry("layerNorm", ThreadCountTest::layerNorm),
              entry("logSoftmax", ThreadCountTest::logSoftmax),
              entry("patches", ThreadCountTest::patches),
              entry("rmsNorm", ThreadCountTest::rmsNorm),
              entry("ropeAdjacent", kernels -> rope(kernels, true)),
              entry("ropeHalf", kernels -> rope(kernels, false)),
              entry("softmax", ThreadCountTest::softmax),
              entry("topK", ThreadCountTest::topK)));

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

  /** Shapes that are cut by columns and by rows, packed and not, with and without an epilogue. */
  private static float[] gemmViews(Kernels kernels) {
    Random random = new Random(11);
    int[][] shapes = {
      {1, 1, 1030, 700}, {1, 4, 700, 300}, {1, 13, 600, 900}, {1, 300, 70, 200}, {9, 33, 65, 64}
    };
    float[] all = {};
    for (int[] shape : shapes) {
      int m = shape[1];
      int n = shape[2];
      int k = shape[3];
      MatrixView a =
          MatrixView.ofBatch(Fill.NORMAL.array(shape[0] * m * k, random), shape[0], m, k);
      float[] b = Fill.NORMAL.array(shape[0] * k * n, random);
      Epilogue epilogue = new Epilogue(0.7f, Fill.NORMAL.array(n, random), Activation.SILU, 0.3f);
      for (MatrixView right :
          List.of(
              MatrixView.ofBatch(b, shape[0], k, n),
              MatrixView.ofBatch(b, shape[0], n, k).transposed())) {
        float[] c = Fill.NORMAL.array(shape[0] * m * n, random);
        kernels.gemm(a, right, MatrixView.ofBatch(c, shape[0], m, n), epilogue);
        all = join(all, c);
        kernels.gemm(a, right, MatrixView.ofBatch(c, shape[0], m, n), Epilogue.NONE);
        all = join(all, c);
      }
    }
    return all;
  }

  /** Products that round to −0, whichever way b is read; and enough rows that they are packed. */
  private static float[] tinyProducts(Kernels kernels) {
    float[] a = new float[128 * 128];
    float[] b = new float[128 * 800];
    Arrays.fill(a, 1e-30f);
    Arrays.fill(b, -1e-30f);
    float[] c = new float[128 * 96];
    kernels.gemm(
        MatrixView.of(a, 128, 128),
        MatrixView.of(b, 128, 96),
        MatrixView.of(c, 128, 96),
        Epilogue.NONE);
    float[] y = new float[128 * 800];
    Matrix[] w = {Matrix.of(b, 800, 128).interleaved()};
    kernels.gemm(a, w, new float[][] {y}, 128);
    return join(c, y);
  }

  private static float[] join(float[] first, float[] second) {
    float[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static float[] rmsNorm(Kernels kernels) {
    Random random = new Random(2);
    float[] y = new float[37 * 1030];
    kernels.rmsNorm(
        Fill.NORMAL.array(y.length, random), Fill.NORMAL.array(1030, random), 1e-5f, y, 37, 1030);
    return y;
  }

  private static float[] layerNorm(Kernels kernels) {
    Random random = new Random(8);
    float[] y = new float[37 * 1030];
    float[] x = Fill.NORMAL.array(y.length, random);
    float[] weight = Fill.NORMAL.array(1030, random);
    kernels.layerNorm(x, weight, Fill.NORMAL.array(1030, random), 1e-5f, y, 37, 1030);
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

  private static float[] activate(Kernels kernels) {
    return perActivation(
        (f, x) -> {
          float[] y = new float[x.length];
          kernels.activate(f, x, y, y.length);
          return y;
        });
  }

  private static float[] glu(Kernels kernels) {
    float[] up = Fill.NORMAL.array(50_003, new Random(4));
    return perActivation(
        (f, gate) -> {
          float[] y = new float[gate.length];
          kernels.glu(f, gate, up, y, y.length);
          return y;
        });
  }

  private static float[] perActivation(BiFunction<Activation, float[], float[]> work) {
    int n = 50_003;
    float[] x = Fill.NORMAL.array(n, new Random(3));
    Activation[] all = Activation.values();
    float[] y = new float[all.length * n];
    for (int i = 0; i < all.length; i++) {
      System.arraycopy(work.apply(all[i], x), 0, y, i * n, n);
    }
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

  private static float[] logSoftmax(Kernels kernels) {
    float[] y = new float[37 * 1030];
    kernels.logSoftmax(Fill.NORMAL.array(y.length, new Random(6)), y, 37, 1030);
    return y;
  }

  /** Equal elements in all pieces: the first must win, whoever is ready first. */
  private static float[] argmax(Kernels kernels) {
    float[] x = Fill.NORMAL.array(200_003, new Random(9));
    for (int i = 30_000; i < x.length; i += 1000) {
      x[i] = 100;
    }
    return new float[] {kernels.argmax(x, x.length)};
  }

  private static float[] topK(Kernels kernels) {
    int[] indices = new int[40];
    kernels.topK(Fill.NORMAL.array(200_003, new Random(10)), 200_003, indices);
    float[] y = new float[indices.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = indices[i];
    }
    return y;
  }

  private static float[] gather(Kernels kernels) {
    Random random = new Random(11);
    Matrix table = Weights.random(DType.Q8_0, 99, 512, random).matrix();
    float[] y = new float[300 * 512];
    kernels.gather(table, random.ints(300, 0, 99).toArray(), y, 300);
    return y;
  }

  private static float[] patches(Kernels kernels) {
    PatchShape shape = new PatchShape(3, 224, 224, 16, 16);
    float[] y = new float[shape.count() * shape.patchWidth()];
    kernels.patches(Fill.NORMAL.array(3 * 224 * 224, new Random(12)), y, shape);
    return y;
  }

  /** Tiles and single rows, plain and with everything that changes scores or hides keys. */
  private static float[] attention(Kernels kernels) {
    AttentionShape causal = AttentionShape.of(9, 3, 64).causal();
    AttentionShape full = AttentionShape.of(6, 6, 20).withValueDim(33);
    AttentionShape window = full.within(90, 17).withSoftCap(3);
    float[] bias = Fill.NORMAL.array(6 * (200 + 300 - 1), new Random(8));
    AttentionMask mask = AttentionMask.relative(bias, 200, 300).withLengths(300, 211);
    boolean[] visible = new boolean[200 * 300];
    for (int i = 0; i < visible.length; i++) {
      visible[i] = i / 300 / 70 == i % 300 / 70;
    }
    AttentionMask blocks = AttentionMask.visible(visible, 300);
    List<AttentionCase> cases =
        List.of(
            new AttentionCase(full, blocks, 2, 200, 300, 0),
            new AttentionCase(full, blocks, 2, 5, 300, 0),
            new AttentionCase(causal, AttentionMask.NONE, 1, 67, 167, 100),
            new AttentionCase(causal, AttentionMask.NONE, 1, 1, 167, 166),
            new AttentionCase(causal, AttentionMask.NONE, 1, 1, 1500, 1499),
            new AttentionCase(full, AttentionMask.NONE.withLengths(900, 100, 411), 3, 2, 900, 0),
            new AttentionCase(full, AttentionMask.NONE, 2, 500, 130, 0),
            new AttentionCase(window, mask, 2, 200, 300, 50),
            new AttentionCase(window, mask, 2, 5, 300, 150));
    int size = 0;
    List<float[]> parts = new ArrayList<>();
    for (AttentionCase c : cases) {
      float[] part = c.run(kernels);
      parts.add(part);
      size += part.length;
    }
    float[] all = new float[size];
    int filled = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, all, filled, part.length);
      filled += part.length;
    }
    return all;
  }
}
