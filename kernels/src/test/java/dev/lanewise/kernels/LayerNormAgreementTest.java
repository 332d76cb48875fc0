package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Normalised mean squared error at most 1e-10, with a bias and without. */
class LayerNormAgreementTest {
  private static final float EPSILON = 1e-5f;

  @ParameterizedTest(name = "n={0}")
  @ValueSource(ints = {0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 63, 64, 65, 207, 768, 1023, 4098})
  void everyLength(int n) {
    Random random = new Random(n);
    for (int rows : new int[] {0, 1, 2, 5}) {
      check(Fill.NORMAL.array(rows * n, random), EPSILON, rows, n);
    }
  }

  /** The squares of the largest floats leave their range, the normalised row does not. */
  @ParameterizedTest(name = "x={0}")
  @EnumSource
  void awkwardContent(Fill fill) {
    check(fill.array(5 * 207, new Random(fill.name().hashCode())), EPSILON, 5, 207);
  }

  @ParameterizedTest(name = "size {0}")
  @ValueSource(floats = {1e-18f, 1e-15f, 1e-6f, 1e-3f, 1e3f, 1e15f, 1e18f, 1e25f})
  void everyMagnitude(float size) {
    float[] x = Fill.NORMAL.array(3 * 768, new Random(3));
    for (int i = 0; i < x.length; i++) {
      x[i] *= size;
    }
    check(x, EPSILON, 3, 768);
    check(x, 0, 3, 768);
  }

  /** A mean far from 0 must not drown the deviations from it. */
  @ParameterizedTest(name = "mean {0}")
  @ValueSource(floats = {-1000f, 1000f, 30_000f})
  void largeMean(float mean) {
    for (int n : new int[] {65, 768, 4098, 20_000}) {
      float[] x = Fill.NORMAL.array(3 * n, new Random(n));
      for (int i = 0; i < x.length; i++) {
        x[i] += mean;
      }
      check(x, EPSILON, 3, n);
    }
  }

  /** Nor where they are in the last bits of long rows, whose sums are off by more than that. */
  @ParameterizedTest(name = "n={0}")
  @ValueSource(ints = {8192, 65_536, 200_000})
  void deviationsInTheLastBits(int n) {
    for (float size : new float[] {1e-5f, 1e-6f}) {
      float[] x = Fill.NORMAL.array(n, new Random(n));
      for (int i = 0; i < n; i++) {
        x[i] = 1 + size * x[i];
      }
      check(x, 0, 1, n);
    }
  }

  /** Nor may one element far from all others, wherever it stands. */
  @ParameterizedTest(name = "outlier at {0}")
  @ValueSource(ints = {0, 1, 400, 766, 767})
  void outlier(int at) {
    float[] x = Fill.NORMAL.array(768, new Random(at));
    x[at] = 1e5f;
    check(x, EPSILON, 1, 768);
  }

  /** Without deviations nothing but the bias is left. */
  @ParameterizedTest(name = "x={0}")
  @ValueSource(floats = {0f, 0.1f, -1234.567f, 1e6f})
  void constantRow(float value) {
    int n = 207;
    float[] x = new float[n];
    Arrays.fill(x, value);
    float[] ones = new float[n];
    Arrays.fill(ones, 1);
    double[] expected = new double[n];
    Arrays.fill(expected, 1);
    for (Kernels kernels : Implementations.all()) {
      float[] y = new float[n];
      kernels.layerNorm(x, ones, ones, EPSILON, y, 1, n);
      Bounds.assertNmse(y, expected, 0, n, kernels.description());
    }
  }

  @ParameterizedTest(name = "n={0}")
  @ValueSource(ints = {1, 17, 207, 768})
  void inPlace(int n) {
    Random random = new Random(n);
    float[] x = Fill.NORMAL.array(3 * n, random);
    float[] weight = Fill.NORMAL.array(n, random);
    float[] bias = Fill.NORMAL.array(n, random);
    for (Kernels kernels : Implementations.all()) {
      float[] y = new float[3 * n];
      kernels.layerNorm(x, weight, bias, EPSILON, y, 3, n);
      float[] inPlace = x.clone();
      kernels.layerNorm(inPlace, weight, bias, EPSILON, inPlace, 3, n);
      assertArrayEquals(y, inPlace, kernels.description());
    }
  }

  private static void check(float[] x, float epsilon, int rows, int n) {
    Random random = new Random(11);
    float[] weight = Fill.NORMAL.array(n, random);
    check(x, weight, Fill.NORMAL.array(n, random), epsilon, rows, n);
    check(x, weight, null, epsilon, rows, n);
  }

  private static void check(
      float[] x, float[] weight, float[] bias, float epsilon, int rows, int n) {
    double[] expected = DoubleKernels.layerNorm(x, weight, bias, epsilon, rows, n);
    float[] original = x.clone();
    for (Kernels kernels : Implementations.all()) {
      float[] y = Bounds.guarded(rows * n);
      kernels.layerNorm(x, weight, bias, epsilon, y, rows, n);
      for (int t = 0; t < rows; t++) {
        Bounds.assertNmse(y, expected, t * n, n, kernels.description() + " row " + t);
      }
      Bounds.assertGuardIntact(y, rows * n, kernels.description());
      assertArrayEquals(original, x, "the input must stay as it is");
    }
  }
}
