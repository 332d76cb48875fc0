package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the tests of softmax and of its logarithm share: rows of every length and content. */
abstract class SoftmaxAgreement {
  static int[] lengths() {
    return new int[] {0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65, 207, 1023, 4098, 49_152};
  }

  /** The operation. */
  abstract void run(Kernels kernels, float[] x, float[] y, int rows, int n);

  /** Compares what all implementations make of rows of scores with double precision. */
  abstract void check(float[] x, int rows, int n);

  @ParameterizedTest(name = "n={0}")
  @MethodSource("lengths")
  void everyLength(int n) {
    Random random = new Random(n);
    for (int rows : new int[] {0, 1, 2, 5}) {
      check(Fill.NORMAL.array(rows * n, random), rows, n);
    }
  }

  @ParameterizedTest(name = "x={0}")
  @EnumSource
  void awkwardContent(Fill fill) {
    Random random = new Random(fill.name().hashCode());
    check(fill.array(5 * 207, random), 5, 207);
    check(fill.array(5 * 64, random), 5, 64);
    check(fill.array(50 * 17, random), 50, 17);
  }

  @ParameterizedTest(name = "spread {0}")
  @ValueSource(floats = {1e-30f, 1e-3f, 5f, 20f, 100f, 1e4f, 1e30f})
  void everySpread(float spread) {
    float[] x = Fill.NORMAL.array(5 * 207, new Random(3));
    for (int i = 0; i < x.length; i++) {
      x[i] *= spread;
    }
    check(x, 5, 207);
  }

  /** Only differences count: a large common offset changes nothing but the rounding of x itself. */
  @ParameterizedTest(name = "offset {0}")
  @ValueSource(floats = {-1e4f, 1e4f, 3e38f, -3e38f})
  void everyOffset(float offset) {
    float[] x = Fill.NORMAL.array(3 * 65, new Random(4));
    for (int i = 0; i < x.length; i++) {
      x[i] += offset;
    }
    check(x, 3, 65);
  }

  @ParameterizedTest(name = "n={0}")
  @ValueSource(ints = {1, 3, 16, 17, 65, 207, 4098})
  void aRowWithWhatIsNoFiniteNumberGivesNone(int n) {
    for (float bad :
        new float[] {Float.NaN, Math.copySign(Float.NaN, -1f), Float.POSITIVE_INFINITY}) {
      float[] x = Fill.NORMAL.array(3 * n, new Random(n));
      x[n + n / 2] = bad;
      for (Kernels kernels : Implementations.all()) {
        float[] y = new float[3 * n];
        run(kernels, x, y, 3, n);
        for (int i = 0; i < 3 * n; i++) {
          assertEquals(i / n == 1, Float.isNaN(y[i]), kernels::description);
        }
      }
    }
  }

  @ParameterizedTest(name = "n={0}")
  @MethodSource("lengths")
  void inPlace(int n) {
    float[] x = Fill.NORMAL.array(3 * n, new Random(n));
    for (Kernels kernels : Implementations.all()) {
      float[] y = new float[3 * n];
      run(kernels, x, y, 3, n);
      float[] inPlace = x.clone();
      run(kernels, inPlace, inPlace, 3, n);
      assertArrayEquals(y, inPlace, kernels.description());
    }
  }
}
