package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Normalised mean squared error at most 1e-10. */
class LogSoftmaxAgreementTest extends SoftmaxAgreement {
  @Override
  void run(Kernels kernels, float[] x, float[] y, int rows, int n) {
    kernels.logSoftmax(x, y, rows, n);
  }

  @ParameterizedTest(name = "n={0}")
  @ValueSource(ints = {1, 16, 17, 65, 207})
  void rowOfMinusInfinityStaysSo(int n) {
    float[] x = Fill.NORMAL.array(3 * n, new Random(n));
    Arrays.fill(x, n, 2 * n, Float.NEGATIVE_INFINITY);
    check(x, 3, n);
    for (Kernels kernels : Implementations.all()) {
      float[] y = new float[3 * n];
      kernels.logSoftmax(x, y, 3, n);
      for (int i = n; i < 2 * n; i++) {
        assertEquals(Float.NEGATIVE_INFINITY, y[i], kernels::description);
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
      row = DoubleKernels.logSoftmax(row);
      for (int j = 0; j < n; j++) {
        boolean overflows = Float.isInfinite((float) row[j]);
        expected[t * n + j] = overflows ? Double.NEGATIVE_INFINITY : row[j];
      }
    }
    for (Kernels kernels : Implementations.all()) {
      float[] y = Bounds.guarded(rows * n);
      kernels.logSoftmax(x, y, rows, n);
      for (int t = 0; t < rows; t++) {
        Bounds.assertNmse(y, expected, t * n, n, kernels.description() + " row " + t);
      }
      for (int i = 0; i < rows * n; i++) {
        if (expected[i] == Double.NEGATIVE_INFINITY) {
          assertEquals(Float.NEGATIVE_INFINITY, y[i], kernels.description() + " element " + i);
        }
      }
      Bounds.assertGuardIntact(y, rows * n, kernels.description());
    }
  }
}
