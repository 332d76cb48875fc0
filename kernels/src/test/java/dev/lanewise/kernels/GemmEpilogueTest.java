package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.lanewise.kernels.DoubleKernels.Product;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** activation(α · sum + bias) + β · C, for weights and for views, in one block of k and several. */
class GemmEpilogueTest {
  private static final int N = 70;

  private static List<Epilogue> epilogues(Activation activation, Random random) {
    List<Epilogue> all = new ArrayList<>();
    for (float alpha : new float[] {1, -0.37f, 0}) {
      for (float beta : new float[] {0, 1, -2.5f}) {
        for (float[] bias : new float[][] {null, Fill.NORMAL.array(N, random)}) {
          all.add(new Epilogue(alpha, bias, activation, beta));
        }
      }
    }
    return all;
  }

  /** With β = 0 what lies in the output is not read, not even if it is not a number. */
  private static float[] before(Epilogue epilogue, int n, Random random) {
    float[] y = Bounds.guarded(n);
    if (epilogue.beta() != 0) {
      System.arraycopy(Fill.NORMAL.array(n, random), 0, y, 0, n);
    }
    return y;
  }

  @ParameterizedTest
  @EnumSource
  void weights(Activation activation) {
    Random random = new Random(activation.name().hashCode());
    for (DType type : new DType[] {DType.F32, DType.Q4_0, DType.Q8_0}) {
      Weights w = Weights.random(type, N, 1600, random);
      for (int m : new int[] {1, 5, 6, 13}) {
        float[] x = Fill.NORMAL.array(m * 1600, random);
        Product expected = DoubleKernels.gemm(x, w, m);
        for (Epilogue epilogue : epilogues(activation, random)) {
          for (Kernels kernels : Implementations.all()) {
            for (Matrix matrix : List.of(w.matrix(), w.matrix().interleaved())) {
              float[] before = before(epilogue, m * N, random);
              float[] y = before.clone();
              kernels.gemm(
                  x, new Matrix[] {matrix}, new Epilogue[] {epilogue}, new float[][] {y}, m);
              check(y, expected, 1600, epilogue, before, kernels.description() + " " + type);
              Bounds.assertGuardIntact(y, m * N, kernels.description());
            }
          }
        }
      }
    }
  }

  /** Each of several matrices has its own. */
  @Test
  void severalWeights() {
    Random random = new Random(3);
    int k = 96;
    Weights[] w = new Weights[Activation.values().length];
    Matrix[] matrices = new Matrix[w.length];
    Epilogue[] epilogues = new Epilogue[w.length];
    for (int i = 0; i < w.length; i++) {
      w[i] = Weights.random(DType.F32, N - i, k, random);
      matrices[i] = i % 2 == 0 ? w[i].matrix() : w[i].matrix().interleaved();
      epilogues[i] = epilogues(Activation.values()[i], random).get(i);
    }
    for (int m : new int[] {1, 9}) {
      float[] x = Fill.NORMAL.array(m * k, random);
      for (Kernels kernels : Implementations.all()) {
        float[][] before = new float[w.length][];
        float[][] y = new float[w.length][];
        for (int i = 0; i < w.length; i++) {
          before[i] = before(epilogues[i], m * matrices[i].rows(), random);
          y[i] = before[i].clone();
        }
        kernels.gemm(x, matrices, epilogues, y, m);
        for (int i = 0; i < w.length; i++) {
          Product expected = DoubleKernels.gemm(x, w[i], m);
          check(y[i], expected, k, epilogues[i], before[i], kernels.description() + " " + i);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void views(Activation activation) {
    Random random = new Random(activation.name().hashCode());
    for (int k : new int[] {0, 33, 1600}) {
      for (int m : new int[] {1, 3, 13}) {
        float[] a = Fill.NORMAL.array(m * k, random);
        float[] b = Fill.NORMAL.array(k * N, random);
        Product expected = product(a, b, m, k);
        for (Epilogue epilogue : epilogues(activation, random)) {
          for (Kernels kernels : Implementations.all()) {
            views(kernels, a, b, m, k, expected, epilogue, random);
          }
        }
      }
    }
  }

  /** Row-major and column-major outputs, and one whose elements lie apart. */
  private static void views(
      Kernels kernels,
      float[] a,
      float[] b,
      int m,
      int k,
      Product expected,
      Epilogue epilogue,
      Random random) {
    float[] before = before(epilogue, m * N, random);
    for (int step : new int[] {1, 3}) {
      for (boolean transposed : new boolean[] {false, true}) {
        float[] data = new float[step * before.length];
        MatrixView c =
            transposed
                ? new MatrixView(data, 0, 1, 0, m, N, step, step * m)
                : new MatrixView(data, 0, 1, 0, m, N, step * N, step);
        Arrays.fill(data, Bounds.SENTINEL);
        for (int i = 0; i < m * N; i++) {
          data[i / N * c.rowStride() + i % N * c.columnStride()] = before[i];
        }
        kernels.gemm(MatrixView.of(a, m, k), MatrixView.of(b, k, N), c, epilogue);
        float[] y = new float[m * N];
        for (int i = 0; i < m * N; i++) {
          y[i] = data[i / N * c.rowStride() + i % N * c.columnStride()];
        }
        String what =
            "%s, m=%d k=%d, step %d, transposed %s"
                .formatted(kernels.description(), m, k, step, transposed);
        check(y, expected, k, epilogue, before, what);
      }
    }
  }

  /** A single column is a row of its transpose, whose bias is one number for all. */
  @Test
  void singleColumn() {
    Random random = new Random(4);
    float[] a = Fill.NORMAL.array(50 * 40, random);
    float[] b = Fill.NORMAL.array(40, random);
    for (Kernels kernels : Implementations.all()) {
      float[] plain = new float[50];
      kernels.gemm(
          MatrixView.of(a, 50, 40),
          MatrixView.of(b, 40, 1),
          MatrixView.of(plain, 50, 1),
          Epilogue.NONE);
      float[] y = new float[50];
      kernels.gemm(
          MatrixView.of(a, 50, 40),
          MatrixView.of(b, 40, 1),
          MatrixView.of(y, 50, 1),
          Epilogue.bias(new float[] {0.25f}));
      for (int i = 0; i < 50; i++) {
        plain[i] += 0.25f;
      }
      assertArrayEquals(plain, y, kernels.description());
    }
  }

  private static Product product(float[] a, float[] b, int m, int k) {
    double[] y = new double[m * N];
    double[] magnitude = new double[m * N];
    for (int i = 0; i < m * N; i++) {
      for (int p = 0; p < k; p++) {
        double product = (double) a[i / N * k + p] * b[p * N + i % N];
        y[i] += product;
        magnitude[i] += Math.abs(product);
      }
    }
    return new Product(y, magnitude, N);
  }

  private static void check(
      float[] y, Product expected, int k, Epilogue epilogue, float[] before, String what) {
    for (int i = 0; i < expected.y().length; i++) {
      Epilogues.assertElement(
          y[i],
          expected.y()[i],
          expected.magnitude()[i],
          k,
          epilogue,
          i % expected.n(),
          before[i],
          what);
    }
  }
}
