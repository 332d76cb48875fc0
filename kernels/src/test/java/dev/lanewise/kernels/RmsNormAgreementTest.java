package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RmsNormAgreementTest {
  private static final float EPSILON = 1e-5f;

  @ParameterizedTest(name = "n={0}")
  @ValueSource(ints = {0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 63, 64, 65, 207, 576, 1023, 4098})
  void everyLength(int n) {
    Random random = new Random(n);
    float[] weight = Fill.NORMAL.array(n, random);
    for (int rows : new int[] {0, 1, 2, 5}) {
      check(Fill.NORMAL.array(rows * n, random), weight, rows, n);
    }
  }

  /** The squares of the largest floats leave their range, their root mean does not. */
  @ParameterizedTest(name = "x={0}")
  @EnumSource
  void awkwardContent(Fill fill) {
    Random random = new Random(fill.name().hashCode());
    int n = 207;
    check(fill.array(5 * n, random), Fill.NORMAL.array(n, random), 5, n);
  }

  @ParameterizedTest(name = "size {0}")
  @ValueSource(floats = {1e-25f, 1e-22f, 1e-15f, 1e-6f, 1e-3f, 1e3f, 1e15f})
  void everyMagnitude(float size) {
    Random random = new Random(3);
    int n = 576;
    float[] x = Fill.NORMAL.array(3 * n, random);
    for (int i = 0; i < x.length; i++) {
      x[i] *= size;
    }
    float[] weight = Fill.NORMAL.array(n, random);
    check(x, weight, EPSILON, 3, n);
    check(x, weight, 0, 3, n);
  }

  @ParameterizedTest(name = "n={0}")
  @ValueSource(ints = {1, 17, 207, 576})
  void inPlace(int n) {
    Random random = new Random(n);
    float[] x = Fill.NORMAL.array(3 * n, random);
    float[] weight = Fill.NORMAL.array(n, random);
    for (Kernels kernels : Implementations.all()) {
      float[] y = new float[3 * n];
      kernels.rmsNorm(x, weight, EPSILON, y, 3, n);
      float[] inPlace = x.clone();
      kernels.rmsNorm(inPlace, weight, EPSILON, inPlace, 3, n);
      assertArrayEquals(y, inPlace, kernels.description());
    }
  }

  private static void check(float[] x, float[] weight, int rows, int n) {
    check(x, weight, EPSILON, rows, n);
  }

  private static void check(float[] x, float[] weight, float epsilon, int rows, int n) {
    double[] expected = DoubleKernels.rmsNorm(x, weight, epsilon, rows, n);
    float[] original = x.clone();
    for (Kernels kernels : Implementations.all()) {
      float[] y = Bounds.guarded(rows * n);
      kernels.rmsNorm(x, weight, epsilon, y, rows, n);
      for (int t = 0; t < rows; t++) {
        Bounds.assertNmse(y, expected, t * n, n, kernels.description() + " row " + t);
      }
      Bounds.assertGuardIntact(y, rows * n, kernels.description());
      assertArrayEquals(original, x, "the input must stay as it is");
    }
  }
}
