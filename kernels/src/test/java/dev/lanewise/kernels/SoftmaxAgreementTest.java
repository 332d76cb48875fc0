package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Normalised mean squared error at most 1e-10, and rows that sum to 1 ± 1e-6. */
class SoftmaxAgreementTest extends SoftmaxAgreement {
  @Override
  void run(Kernels kernels, float[] x, float[] y, int rows, int n) {
    kernels.softmax(x, y, rows, n);
  }

  @ParameterizedTest(name = "n={0}")
  @MethodSource("lengths")
  void rowOfMinusInfinityGivesZero(int n) {
    Random random = new Random(n);
    float[] x = Fill.NORMAL.array(3 * n, random);
    Arrays.fill(x, n, 2 * n, Float.NEGATIVE_INFINITY);
    check(x, 3, n);
    for (Kernels kernels : Implementations.all()) {
      float[] y = Bounds.guarded(3 * n);
      kernels.softmax(x, y, 3, n);
      for (int i = n; i < 2 * n; i++) {
        assertEquals(0f, y[i], kernels::description);
      }
    }
  }

  @Override
  void check(float[] x, int rows, int n) {
    double[] expected = new double[rows * n];
    for (int t = 0; t < rows; t++) {
      double[] row = new double[n];
      for (int j = 0; j < n; j++) {
        row[j] = x[t * n + j];
      }
      System.arraycopy(DoubleKernels.softmax(row), 0, expected, t * n, n);
    }
    for (Kernels kernels : Implementations.all()) {
      float[] y = Bounds.guarded(rows * n);
      kernels.softmax(x, y, rows, n);
      for (int t = 0; t < rows; t++) {
        String what = kernels.description() + " row " + t;
        Bounds.assertNmse(y, expected, t * n, n, what);
        double expectedSum = Arrays.stream(expected, t * n, (t + 1) * n).sum();
        if (Double.isFinite(expectedSum)) {
          double sum = 0;
          for (int j = 0; j < n; j++) {
            sum += y[t * n + j];
          }
          double total = sum;
          assertTrue(Math.abs(sum - expectedSum) <= 1e-6, () -> what + " sums to " + total);
        }
      }
      Bounds.assertGuardIntact(y, rows * n, kernels.description());
    }
  }
}
