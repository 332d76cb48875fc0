package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** What the tests of the two pair orders share. */
final class RopeAgreement {
  private RopeAgreement() {}

  /** One of the two operations. */
  interface Rope {
    void run(
        Kernels kernels,
        float[] x,
        float[] cos,
        float[] sin,
        int rows,
        int heads,
        int headDim,
        int rotaryDim);
  }

  /** Rows, heads, width of a head and of its rotated part, whole and partial. */
  static Stream<Arguments> shapes() {
    int[][] dims = {
      {0, 0},
      {2, 2},
      {6, 4},
      {8, 8},
      {10, 10},
      {16, 16},
      {18, 14},
      {24, 24},
      {32, 8},
      {34, 34},
      {64, 64},
      {64, 32},
      {64, 0},
      {66, 62},
      {80, 20},
      {80, 80},
      {128, 128},
      {256, 64}
    };
    int[][] rowsAndHeads = {{0, 1}, {1, 1}, {1, 9}, {3, 2}, {17, 3}};
    return Stream.of(dims)
        .flatMap(d -> Stream.of(rowsAndHeads).map(rh -> Arguments.of(rh[0], rh[1], d[0], d[1])));
  }

  static void check(
      Rope rope, boolean adjacent, int rows, int heads, int headDim, int rotaryDim, Fill fill) {
    Random random = new Random(rows + 10L * heads + 100L * headDim + rotaryDim);
    int pairs = rotaryDim / 2;
    float[] cos = new float[rows * pairs];
    float[] sin = new float[rows * pairs];
    for (int i = 0; i < cos.length; i++) {
      double angle = 100 * random.nextDouble();
      cos[i] = (float) Math.cos(angle);
      sin[i] = (float) Math.sin(angle);
    }
    int size = rows * heads * headDim;
    float[] x = fill.array(size, random);
    for (Kernels kernels : Implementations.all()) {
      float[] y = Bounds.guarded(size);
      System.arraycopy(x, 0, y, 0, size);
      rope.run(kernels, y, cos, sin, rows, heads, headDim, rotaryDim);
      Bounds.assertGuardIntact(y, size, kernels.description());
      for (int head = 0; head < rows * heads; head++) {
        int first = head * headDim;
        float[] before = Arrays.copyOfRange(x, first, first + headDim);
        float[] after = Arrays.copyOfRange(y, first, first + headDim);
        assertHead(before, after, cos, sin, head / heads * pairs, pairs, adjacent, kernels);
      }
    }
  }

  private static void assertHead(
      float[] before,
      float[] after,
      float[] cos,
      float[] sin,
      int angles,
      int pairs,
      boolean adjacent,
      Kernels kernels) {
    int stride = adjacent ? 1 : pairs;
    int step = adjacent ? 2 : 1;
    double[] expected = DoubleKernels.rope(before, cos, sin, angles, pairs, stride, step);
    for (int j = 0; j < pairs; j++) {
      int a = j * step;
      int b = a + stride;
      double size = Math.abs((double) before[a]) + Math.abs((double) before[b]);
      Bounds.assertSum(after[a], expected[a], size, 2, kernels.description() + " pair " + j);
      Bounds.assertSum(after[b], expected[b], size, 2, kernels.description() + " pair " + j);
    }
    for (int i = 2 * pairs; i < before.length; i++) {
      assertEquals(
          Float.floatToRawIntBits(before[i]),
          Float.floatToRawIntBits(after[i]),
          () -> kernels.description() + " touched what is not rotated");
    }
  }
}
