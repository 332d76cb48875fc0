package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Comparisons are exact: one right answer, in one order. */
class TopKAgreementTest {
  @ParameterizedTest(name = "n={0}")
  @ValueSource(ints = {1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65, 207, 1023, 50_000})
  void everyLength(int n) {
    check(Fill.NORMAL.array(n, new Random(n)), n);
  }

  @ParameterizedTest(name = "x={0}")
  @EnumSource
  void awkwardContent(Fill fill) {
    check(fill.array(3000, new Random(fill.name().hashCode())), 3000);
  }

  /** Rising numbers each displace another, falling ones none; of few values the first stay. */
  @ParameterizedTest(name = "{0} values")
  @ValueSource(ints = {1, 2, 10, 3000})
  void orders(int values) {
    int n = 3000;
    float[] rising = new float[n];
    float[] falling = new float[n];
    float[] repeated = new float[n];
    for (int i = 0; i < n; i++) {
      int step = i * values / n;
      rising[i] = step;
      falling[i] = -rising[i];
      repeated[i] = i % values;
    }
    check(rising, n);
    check(falling, n);
    check(repeated, n);
  }

  /** What lies behind the n elements does not count. */
  @ParameterizedTest(name = "n={0}")
  @ValueSource(ints = {1, 15, 16, 17, 100})
  void elementsBehind(int n) {
    float[] x = Fill.NORMAL.array(n + 80, new Random(n));
    Arrays.fill(x, n, x.length, Float.MAX_VALUE);
    check(x, n);
  }

  private static void check(float[] x, int n) {
    int[] descending = DoubleKernels.descending(x, n);
    for (int k : new int[] {0, 1, 2, 17, 40, 500, n}) {
      if (k <= n) {
        for (Kernels kernels : Implementations.all()) {
          if (k * (long) n <= 25_000_000) { // the plain loops move k indices for each element
            int[] indices = new int[k];
            kernels.topK(x, n, indices);
            assertArrayEquals(Arrays.copyOf(descending, k), indices, kernels.description());
          }
        }
      }
    }
  }
}
