package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One addition in float is exactly rounded: no tolerance. */
class AddAgreementTest {
  @ParameterizedTest(name = "n={0}")
  @ValueSource(ints = {0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65, 207, 1023, 4098, 200_000})
  void everyLength(int n) {
    Random random = new Random(n);
    check(Fill.NORMAL.array(n, random), Fill.NORMAL.array(n, random), n);
  }

  @ParameterizedTest(name = "x={0}")
  @EnumSource
  void awkwardContent(Fill fill) {
    Random random = new Random(fill.name().hashCode());
    check(fill.array(1000, random), Fill.NORMAL.array(1000, random), 1000);
    check(fill.array(1000, random), fill.array(1000, random), 1000);
  }

  private static void check(float[] x, float[] before, int n) {
    for (Kernels kernels : Implementations.all()) {
      float[] y = Bounds.guarded(n);
      System.arraycopy(before, 0, y, 0, n);
      kernels.add(x, y, n);
      for (int i = 0; i < n; i++) {
        float expected = (float) ((double) x[i] + before[i]);
        assertEquals(expected, y[i], kernels::description);
      }
      Bounds.assertGuardIntact(y, n, kernels.description());
    }
  }
}
