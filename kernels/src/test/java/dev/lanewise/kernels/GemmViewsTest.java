package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Products of matrices in arrays: every layout, shape and content, and nothing else is written. */
class GemmViewsTest {
  /** How a matrix lies in its array. */
  private record Layout(boolean transposed, int offset, int gap, int step) {
    static final Layout[] ALL = {
      new Layout(false, 0, 0, 1),
      new Layout(true, 0, 0, 1),
      new Layout(false, 5, 3, 1),
      new Layout(true, 1, 7, 1),
      new Layout(false, 2, 1, 2)
    };

    /** A batch of matrices, or one for all of it. */
    MatrixView view(Fill fill, int batch, boolean repeated, int rows, int cols, Random random) {
      int lines = transposed ? cols : rows;
      int length = transposed ? rows : cols;
      int lineStride = length * step + gap;
      int stride = lines * lineStride + gap;
      float[] data = fill.array(offset + (repeated ? 1 : batch) * stride + gap, random);
      MatrixView view =
          new MatrixView(
              data, offset, batch, repeated ? 0 : stride, lines, length, lineStride, step);
      return transposed ? view.transposed() : view;
    }
  }

  private static final Layout PLAIN = Layout.ALL[0];

  @ParameterizedTest(name = "{0} x {1} x {2}")
  @CsvSource({
    "1, 1, 1",
    "1, 65, 207",
    "1, 64, 3",
    "2, 33, 40",
    "3, 16, 17",
    "4, 64, 15",
    "5, 63, 64",
    "6, 96, 9",
    "7, 1, 33",
    "8, 64, 65",
    "9, 31, 16",
    "13, 128, 7",
    "63, 65, 64",
    "64, 64, 64",
    "65, 32, 800",
    "193, 40, 1100",
    "50, 1024, 520",
    "207, 100, 63",
    "33, 207, 1600",
    "4, 33, 0",
    "1, 7, 0",
    "0, 3, 4",
    "3, 0, 4",
    "200, 64, 31",
    "1, 2100, 5",
    "530, 9, 20"
  })
  void everyLayout(int m, int n, int k) {
    Random random = new Random(Objects.hash(m, n, k));
    for (Layout a : Layout.ALL) {
      for (Layout b : Layout.ALL) {
        MatrixView left = a.view(Fill.NORMAL, 1, false, m, k, random);
        MatrixView right = b.view(Fill.NORMAL, 1, false, k, n, random);
        check(left, right, Layout.ALL);
      }
    }
  }

  @ParameterizedTest(name = "{0} of {1} x {2} x {3}")
  @CsvSource({
    "0, 3, 4, 5",
    "2, 1, 70, 33",
    "3, 5, 33, 7",
    "4, 64, 64, 64",
    "7, 20, 100, 30",
    "3, 40, 33, 1600",
    "2, 600, 3, 5"
  })
  void batches(int batch, int m, int n, int k) {
    Random random = new Random(Objects.hash(batch, m, n, k));
    for (boolean repeatA : new boolean[] {false, true}) {
      for (boolean repeatB : new boolean[] {false, true}) {
        for (Layout layout : Layout.ALL) {
          check(
              layout.view(Fill.NORMAL, batch, repeatA, m, k, random),
              PLAIN.view(Fill.NORMAL, batch, repeatB, k, n, random),
              layout);
          check(
              PLAIN.view(Fill.NORMAL, batch, repeatA, m, k, random),
              layout.view(Fill.NORMAL, batch, repeatB, k, n, random),
              PLAIN);
        }
      }
    }
  }

  /** More matrices than pieces that a team shares out. */
  @Test
  void manySmallMatrices() {
    Random random = new Random(1);
    for (int m : new int[] {1, 2}) {
      MatrixView a = PLAIN.view(Fill.NORMAL, 70_000, false, m, 2, random);
      MatrixView b = PLAIN.view(Fill.NORMAL, 70_000, false, 2, 2, random);
      check(a, b, PLAIN);
    }
  }

  /** So long a k that not all rows are packed at once. */
  @Test
  void longSums() {
    Random random = new Random(2);
    MatrixView a = PLAIN.view(Fill.NORMAL, 2, false, 20, 300_000, random);
    MatrixView b = PLAIN.view(Fill.NORMAL, 2, false, 300_000, 2, random);
    check(a, b, PLAIN);
  }

  @ParameterizedTest(name = "{0}")
  @EnumSource
  void awkwardContents(Fill fill) {
    Random random = new Random(fill.name().hashCode());
    for (int m : new int[] {1, 3, 13, 40}) {
      for (int n : new int[] {1, 33, 64}) {
        for (Layout layout : Layout.ALL) {
          MatrixView a = PLAIN.view(fill, 1, false, m, 65, random);
          MatrixView b = layout.view(Fill.NORMAL, 1, false, 65, n, random);
          check(a, b, PLAIN);
          a = layout.view(Fill.NORMAL, 1, false, m, 65, random);
          b = PLAIN.view(fill, 1, false, 65, n, random);
          check(a, b, layout);
        }
      }
    }
  }

  /** Each matrix of the batch has columns of its own in the rows of one array, as heads have. */
  @ParameterizedTest(name = "{0} x {1}")
  @CsvSource({"1, 8", "7, 33", "40, 64"})
  void batchesSideBySide(int m, int n) {
    int heads = 4;
    Random random = new Random(m);
    MatrixView a = PLAIN.view(Fill.NORMAL, heads, false, m, 24, random);
    MatrixView b = PLAIN.view(Fill.NORMAL, heads, false, 24, n, random);
    Expected expected = Expected.of(a, b);
    for (Kernels kernels : Implementations.all()) {
      float[] data = new float[m * heads * n];
      for (MatrixView c :
          List.of(
              new MatrixView(data, 0, heads, n, m, n, heads * n, 1),
              new MatrixView(data, 0, heads, 1, m, n, heads * n, heads))) {
        forget(c, Float.NaN);
        kernels.gemm(a, b, c, Epilogue.NONE);
        assertProduct(kernels, a, b, c, expected);
      }
    }
  }

  /** Blocks of one array, as a product by blocks has them: C += A · B with the bits of copies. */
  @ParameterizedTest(name = "{0} x {1} x {2}")
  @CsvSource({"1, 33, 40", "3, 16, 17", "8, 64, 64", "40, 33, 70", "130, 96, 200"})
  void blocksOfOneArray(int m, int n, int k) {
    Random random = new Random(Objects.hash(m, n, k));
    float[] data = Fill.NORMAL.array(m * k + k * n + m * n, random);
    int[][] orders = {
      {0, m * k, m * k + k * n}, {m * n, m * n + m * k, 0}, {m * n + k * n, 0, k * n}
    };
    Epilogue added = Epilogue.NONE.withBeta(1);
    for (Kernels kernels : Implementations.all()) {
      for (int[] at : orders) {
        MatrixView a = block(data.clone(), at[0], m, k);
        MatrixView b = block(data.clone(), at[1], k, n);
        MatrixView c = block(data.clone(), at[2], m, n);
        kernels.gemm(a, b, c, added);
        float[] one = data.clone();
        kernels.gemm(
            block(one, at[0], m, k), block(one, at[1], k, n), block(one, at[2], m, n), added);
        assertArrayEquals(c.data(), one, kernels::description);
      }
    }
  }

  private static MatrixView block(float[] data, int offset, int rows, int cols) {
    return new MatrixView(data, offset, 1, 0, rows, cols, cols, 1);
  }

  /** What a · b is: sums, and those of absolute values, for each element in turn. */
  private record Expected(double[] sums, double[] magnitudes) {
    static Expected of(MatrixView a, MatrixView b) {
      int n = b.cols();
      double[] sums = new double[a.batch() * a.rows() * n];
      double[] magnitudes = new double[sums.length];
      for (int at = 0; at < sums.length; at++) {
        int row = at / n;
        int z = row / a.rows();
        int left = at(a, z, row % a.rows(), 0);
        int right = at(b, z, 0, at % n);
        for (int p = 0; p < a.cols(); p++) {
          double product =
              (double) a.data()[left + p * a.columnStride()] * b.data()[right + p * b.rowStride()];
          sums[at] += product;
          magnitudes[at] += Math.abs(product);
        }
      }
      return new Expected(sums, magnitudes);
    }
  }

  private static void check(MatrixView a, MatrixView b, Layout... layouts) {
    Expected expected = Expected.of(a, b);
    for (Layout layout : layouts) {
      check(a, b, layout, expected);
    }
  }

  private static void check(MatrixView a, MatrixView b, Layout layout, Expected expected) {
    MatrixView shape = layout.view(Fill.ZERO, a.batch(), false, a.rows(), b.cols(), new Random(0));
    for (Kernels kernels : Implementations.all()) {
      float[] data = new float[shape.data().length];
      Arrays.fill(data, Bounds.SENTINEL);
      MatrixView c =
          new MatrixView(
              data,
              shape.offset(),
              shape.batch(),
              shape.batchStride(),
              shape.rows(),
              shape.cols(),
              shape.rowStride(),
              shape.columnStride());
      forget(c, Float.NaN);
      kernels.gemm(a, b, c, Epilogue.NONE);
      assertProduct(kernels, a, b, c, expected);
      forget(c, Bounds.SENTINEL);
      for (float value : data) {
        assertEquals(Bounds.SENTINEL, value, () -> kernels.description() + " wrote beside c");
      }
    }
  }

  private static int at(MatrixView v, int z, int i, int j) {
    return v.offset() + z * v.batchStride() + i * v.rowStride() + j * v.columnStride();
  }

  private static void forget(MatrixView c, float value) {
    for (int z = 0; z < c.batch(); z++) {
      for (int i = 0; i < c.rows(); i++) {
        for (int j = 0; j < c.cols(); j++) {
          c.data()[at(c, z, i, j)] = value;
        }
      }
    }
  }

  private static void assertProduct(
      Kernels kernels, MatrixView a, MatrixView b, MatrixView c, Expected expected) {
    int k = a.cols();
    int n = c.cols();
    for (int at = 0; at < expected.sums.length; at++) {
      double sum = expected.sums[at];
      double magnitude = expected.magnitudes[at];
      int row = at / n;
      float actual = c.data()[at(c, row / c.rows(), row % c.rows(), at % n)];
      if (!(Math.abs(actual - sum) <= k * 0x1p-24 * magnitude)) {
        String what =
            "%s, %s · %s = %s, element %d of row %d"
                .formatted(kernels.description(), text(a), text(b), text(c), at % n, row);
        Bounds.assertSum(actual, sum, magnitude, k, what);
      }
    }
  }

  private static String text(MatrixView v) {
    return "[%d × %d × %d, strides %d, %d, %d]"
        .formatted(v.batch(), v.rows(), v.cols(), v.batchStride(), v.rowStride(), v.columnStride());
  }
}
