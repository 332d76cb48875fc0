package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Comparisons are exact: one right answer. */
class ArgmaxAgreementTest {
  private static final float MINUS_INFINITY = Float.NEGATIVE_INFINITY;

  @ParameterizedTest(name = "n={0}")
  @ValueSource(ints = {1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65, 207, 1023, 8192, 8193, 151_936})
  void everyLength(int n) {
    check(Fill.NORMAL.array(n, new Random(n)), n);
  }

  @ParameterizedTest(name = "x={0}")
  @EnumSource
  void awkwardContent(Fill fill) {
    for (int n : new int[] {1, 17, 1000, 20_000}) {
      check(fill.array(n, new Random(fill.name().hashCode())), n);
    }
  }

  @ParameterizedTest(name = "n={0}")
  @ValueSource(ints = {1, 16, 70, 131})
  void everyPlace(int n) {
    for (int at = 0; at < n; at++) {
      float[] x = Fill.NORMAL.array(n, new Random(at));
      x[at] = 10;
      check(x, n);
      x[n - 1] = 10;
      check(x, n);
    }
  }

  /** What lies behind the n elements does not count. */
  @ParameterizedTest(name = "n={0}")
  @ValueSource(ints = {1, 15, 16, 17, 100})
  void elementsBehind(int n) {
    float[] x = Fill.NORMAL.array(n + 40, new Random(n));
    Arrays.fill(x, n, x.length, Float.MAX_VALUE);
    check(x, n);
  }

  @ParameterizedTest(name = "n={0}")
  @ValueSource(ints = {2, 17, 20_000})
  void nothingButNaNAndMinusInfinity(int n) {
    float[] x = new float[n];
    Arrays.fill(x, Float.NaN);
    x[n - 1] = MINUS_INFINITY;
    check(x, n);
    x[n - 1] = -Float.MAX_VALUE;
    check(x, n);
  }

  private static void check(float[] x, int n) {
    int expected = DoubleKernels.descending(x, n)[0];
    for (Kernels kernels : Implementations.all()) {
      assertEquals(expected, kernels.argmax(x, n), kernels::description);
    }
  }
}
