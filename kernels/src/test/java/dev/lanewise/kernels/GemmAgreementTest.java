package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.lanewise.kernels.DoubleKernels.Product;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** |error| ≤ k · 2⁻²⁴ · Σ|x·w| for every type, shape and content. */
class GemmAgreementTest {
  private static final int[] M = {0, 1, 2, 3, 5, 8, 11, 12, 13, 16, 31, 32, 33, 64, 100};
  private static final int[] N = {1, 2, 3, 7, 16, 31, 33, 48, 65, 192};
  private static final int MAX_M = 100;
  private static final int MAX_N = 192;

  private static final int[] PLAIN_LENGTHS = {
    1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65, 207, 1023, 4098
  };
  private static final int[] BLOCK_LENGTHS = {32, 64, 96, 160, 576, 1536};
  private static final int[] LONG_BLOCK_LENGTHS = {64, 192, 832, 1536};
  private static final int[] SUPERBLOCK_LENGTHS = {256, 512, 768, 1536};

  static Stream<Arguments> typesAndLengths() {
    List<Arguments> all = new ArrayList<>();
    for (DType type : DType.values()) {
      for (int k : lengths(type)) {
        all.add(Arguments.of(type, k));
      }
    }
    return all.stream();
  }

  private static int[] lengths(DType type) {
    return switch (type.blockSize()) {
      case 1 -> PLAIN_LENGTHS;
      case 32 -> BLOCK_LENGTHS;
      case 64 -> LONG_BLOCK_LENGTHS;
      default -> SUPERBLOCK_LENGTHS;
    };
  }

  @ParameterizedTest(name = "{0} k={1}")
  @MethodSource("typesAndLengths")
  void everyShape(DType type, int k) {
    Random random = new Random(Objects.hash(type.name(), k));
    Weights w = Weights.random(type, MAX_N, k, random);
    float[] x = Fill.NORMAL.array(MAX_M * k, random);
    Product expected = DoubleKernels.gemm(x, w, MAX_M);
    for (Kernels kernels : Implementations.all()) {
      for (int m : M) {
        for (int n : N) {
          if (k > 600 && m > 3 && m * n % 3 != 0) {
            continue; // two thirds of the large cases, to save time
          }
          check(kernels, x, w.firstRows(n), m, expected);
        }
      }
    }
  }

  static Stream<Arguments> typesAndFills() {
    return Stream.of(DType.values())
        .flatMap(type -> Stream.of(Fill.values()).map(fill -> Arguments.of(type, fill)));
  }

  @ParameterizedTest(name = "{0} x={1}")
  @MethodSource("typesAndFills")
  void awkwardActivations(DType type, Fill fill) {
    Random random = new Random(Objects.hash(type.name(), fill.name()));
    int k = type.blockSize() == 1 ? 65 : 2 * type.blockSize();
    Weights w = Weights.random(type, 33, k, random);
    for (int m : new int[] {1, 2, 5, 13, 33}) {
      float[] x = fill.array(m * k, random);
      Product expected = DoubleKernels.gemm(x, w, m);
      for (Kernels kernels : Implementations.all()) {
        check(kernels, x, w.matrix(), m, expected);
      }
    }
  }

  @ParameterizedTest(name = "w={1} as {0}")
  @MethodSource("plainTypesAndFills")
  void awkwardPlainWeights(DType type, Fill fill) {
    Random random = new Random(Objects.hash(type.name(), fill.name()));
    for (int k : new int[] {65, 96}) { // with a rest after whole vectors, and without
      Weights w = Weights.of(fill.array(33 * k, random), 33, k, type);
      for (int m : new int[] {1, 2, 5, 13, 33}) {
        float[] x = Fill.NORMAL.array(m * k, random);
        Product expected = DoubleKernels.gemm(x, w, m);
        for (Kernels kernels : Implementations.all()) {
          check(kernels, x, w.matrix(), m, expected);
        }
      }
    }
  }

  /** Inputs that would overflow if they were scaled. */
  @ParameterizedTest
  @EnumSource
  void largeInputs(DType type) {
    Random random = new Random(5);
    int k = type.blockSize() == 1 ? 96 : 2 * type.blockSize();
    Weights w = Weights.random(type, 33, k, random);
    float[] x = Fill.NORMAL.array(k, random);
    for (float factor : new float[] {0x1p14f, 0x1p15f, 0x1p20f, 0x1p90f, 0x1p100f, 0x1p115f}) {
      float[] large = new float[k];
      for (int i = 0; i < k; i++) {
        large[i] = x[i] * factor;
      }
      Product expected = DoubleKernels.gemm(large, w, 1);
      for (Kernels kernels : Implementations.all()) {
        check(kernels, large, w.matrix(), 1, expected);
      }
    }
  }

  /** One infinity among ordinary inputs makes infinities with the signs of its weights. */
  @ParameterizedTest
  @EnumSource
  void infiniteInput(DType type) {
    Random random = new Random(7);
    int k = type.blockSize() == 1 ? 96 : 2 * type.blockSize();
    Weights w = Weights.random(type, 33, k, random);
    for (int m : new int[] {1, 3, 8}) {
      for (float infinity : new float[] {Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
        float[] x = Fill.NORMAL.array(m * k, random);
        x[random.nextInt(k)] = infinity; // of the first row
        Product expected = DoubleKernels.gemm(x, w, m);
        assertTrue(Arrays.stream(expected.y()).anyMatch(Double::isInfinite));
        for (Kernels kernels : Implementations.all()) {
          check(kernels, x, w.matrix(), m, expected);
        }
      }
    }
  }

  /** Small inputs count where the weight of a large one is zero. */
  @ParameterizedTest(name = "{0} x={1}")
  @CsvSource({
    "F32, 1e38",
    "BF16, 1e38",
    "F16, 1e4",
    "F16, 1e6",
    "F16, 2.7e11",
    "F16, 3e11",
    "F16, 1e20",
    "F16, 1e38"
  })
  void smallInputsBesideALargeOne(DType type, float large) {
    Random random = new Random(3);
    int k = 96;
    float[] numbers = Fill.NORMAL.array(33 * k, random);
    for (int j = 0; j < 33; j++) {
      numbers[j * k] = 0;
    }
    Weights w = Weights.of(numbers, 33, k, type);
    for (int m : new int[] {1, 2}) {
      float[] x = Fill.NORMAL.array(m * k, random);
      for (int i = 0; i < x.length; i++) {
        x[i] = i % k == 0 ? large : 1e-20f * x[i];
      }
      Product expected = DoubleKernels.gemm(x, w, m);
      for (Kernels kernels : Implementations.all()) {
        check(kernels, x, w.matrix(), m, expected);
      }
    }
  }

  static Stream<Arguments> plainTypesAndFills() {
    return Stream.of(DType.F32, DType.F16, DType.BF16)
        .flatMap(type -> Stream.of(Fill.values()).map(fill -> Arguments.of(type, fill)));
  }

  /**
   * Scales and minima of zero, the smallest and largest denormal, the largest number, ∞ and NaN.
   */
  @ParameterizedTest(name = "{0}")
  @EnumSource(
      names = {"F32", "F16", "BF16", "IQ1_M", "MXFP4", "NVFP4"},
      mode = EnumSource.Mode.EXCLUDE)
  void awkwardScales(DType type) {
    Random random = new Random(type.name().hashCode());
    int k = 2 * type.blockSize();
    Weights ordinary = Weights.random(type, 33, k, random);
    for (int bits : new int[] {0, 0x8000, 0x0001, 0x03FF, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E00}) {
      Weights w = ordinary.withHalfFields((short) bits);
      for (int m : new int[] {1, 3, 33}) {
        float[] x = Fill.NORMAL.array(m * k, random);
        Product expected = DoubleKernels.gemm(x, w, m);
        for (Kernels kernels : Implementations.all()) {
          check(kernels, x, w.matrix(), m, expected);
        }
      }
    }
  }

  /** MXFP4's scales reach from denormal ones to those of the largest finite numbers. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 20, 60, 200, 252})
  void awkwardPowers(int e) {
    Random random = new Random(e);
    Weights w = Weights.random(DType.MXFP4, 33, 64, random).withPowers(e);
    for (int m : new int[] {1, 3, 33}) {
      float[] x = Fill.NORMAL.array(m * 64, random);
      Product expected = DoubleKernels.gemm(x, w, m);
      for (Kernels kernels : Implementations.all()) {
        check(kernels, x, w.matrix(), m, expected);
      }
    }
  }

  /** Layers that share their input, as q, k and v do, may differ in type, layout and rows. */
  @ParameterizedTest(name = "m={0}")
  @CsvSource({"0", "1", "2", "7", "12", "40"})
  void severalMatrices(int m) {
    Random random = new Random(m);
    int k = 768;
    DType[] types = DType.values();
    Weights[] w = new Weights[types.length];
    Matrix[] matrices = new Matrix[types.length];
    for (int i = 0; i < types.length; i++) {
      w[i] = Weights.random(types[i], N[i % N.length], k, random);
      matrices[i] = i % 3 == 0 ? w[i].matrix() : w[i].matrix().interleaved();
    }
    float[] x = Fill.NORMAL.array(m * k, random);
    for (Kernels kernels : Implementations.all()) {
      float[][] y = new float[types.length][];
      for (int i = 0; i < types.length; i++) {
        y[i] = Bounds.guarded(m * matrices[i].rows());
      }
      kernels.gemm(x, matrices, y, m);
      for (int i = 0; i < types.length; i++) {
        assertProduct(kernels, y[i], matrices[i], m, DoubleKernels.gemm(x, w[i], m));
      }
    }
  }

  /** So many rows, and columns, that rows may be packed: the bits are those of few rows. */
  @ParameterizedTest(name = "m={0} k={1}")
  @CsvSource({"128, 40", "131, 37", "133, 3", "200, 96", "350, 400"})
  void manyRowsOfWideMatrices(int m, int k) {
    Random random = new Random(m);
    int few = 12;
    int[] n = {33, 800, 16, 320};
    Weights[] w = new Weights[n.length];
    Matrix[] matrices = new Matrix[n.length];
    for (int i = 0; i < n.length; i++) {
      w[i] = Weights.random(DType.F32, n[i], k, random);
      matrices[i] = w[i].matrix().interleaved();
    }
    float[] x = Fill.NORMAL.array(m * k, random);
    for (Kernels kernels : Implementations.all()) {
      float[][] y = new float[n.length][];
      float[][] ofFew = new float[n.length][];
      for (int i = 0; i < n.length; i++) {
        y[i] = Bounds.guarded(m * n[i]);
        ofFew[i] = new float[few * n[i]];
      }
      kernels.gemm(x, matrices, y, m);
      kernels.gemm(x, matrices, ofFew, few);
      for (int i = 0; i < n.length; i++) {
        assertProduct(kernels, y[i], matrices[i], m, DoubleKernels.gemm(x, w[i], m));
        assertArrayEquals(ofFew[i], Arrays.copyOf(y[i], few * n[i]), kernels.description());
      }
    }
  }

  /** More rows than there are pieces of ordinary size. */
  @ParameterizedTest(name = "m={0}")
  @ValueSource(ints = {1, 12})
  void tallMatrix(int m) {
    Random random = new Random(17);
    int n = 1_060_000;
    int k = 2;
    float[] weights = Fill.NORMAL.array(n * k, random);
    Matrix w = Matrix.of(weights, n, k);
    float[] x = Fill.NORMAL.array(m * k, random);
    for (Kernels kernels : Implementations.all()) {
      float[] y = new float[m * n];
      kernels.gemm(x, new Matrix[] {w}, new float[][] {y}, m);
      for (int t = 0; t < m; t++) {
        for (int j = 0; j < n; j++) {
          double a = (double) x[2 * t] * weights[2 * j];
          double b = (double) x[2 * t + 1] * weights[2 * j + 1];
          if (!(Math.abs(y[t * n + j] - (a + b)) <= k * 0x1p-24 * (Math.abs(a) + Math.abs(b)))) {
            fail("%s: y[%d, %d] is %s".formatted(kernels.description(), t, j, y[t * n + j]));
          }
        }
      }
    }
  }

  /** The residual of the BLIS test suite: Y · t against X · (Wᵀ · t) for a random vector t. */
  @Test
  void residualIsSmall() {
    Random random = new Random(5);
    int m = 100;
    int n = 192;
    int k = 1536;
    for (DType type : DType.values()) {
      Weights w = Weights.random(type, n, k, random);
      float[] x = Fill.NORMAL.array(m * k, random);
      float[] t = Fill.NORMAL.array(n, random);
      double[] wt = new double[k];
      for (int j = 0; j < n; j++) {
        for (int l = 0; l < k; l++) {
          wt[l] += (double) w.values()[j * k + l] * t[j];
        }
      }
      for (Kernels kernels : Implementations.all()) {
        float[] y = new float[m * n];
        kernels.gemm(x, new Matrix[] {w.matrix().interleaved()}, new float[][] {y}, m);
        double residual = 0;
        double size = 0;
        for (int i = 0; i < m; i++) {
          double left = 0;
          double right = 0;
          for (int j = 0; j < n; j++) {
            left += (double) y[i * n + j] * t[j];
          }
          for (int l = 0; l < k; l++) {
            right += x[i * k + l] * wt[l];
          }
          residual += (left - right) * (left - right);
          size += right * right;
        }
        double relative = Math.sqrt(residual / size);
        assertTrue(relative < 1e-5, () -> kernels.description() + " " + type + ": " + relative);
      }
    }
  }

  /** In every layout that the type has. */
  private static void check(Kernels kernels, float[] x, Matrix w, int m, Product expected) {
    for (Matrix matrix : new LinkedHashSet<>(List.of(w, w.interleaved()))) {
      float[] y = Bounds.guarded(m * w.rows());
      kernels.gemm(x, new Matrix[] {matrix}, new float[][] {y}, m);
      assertProduct(kernels, y, matrix, m, expected);
    }
  }

  /** {@code expected} may have more rows of x and of w than the product that is checked. */
  private static void assertProduct(Kernels kernels, float[] y, Matrix w, int m, Product expected) {
    int n = w.rows();
    for (int t = 0; t < m; t++) {
      for (int j = 0; j < n; j++) {
        int e = t * expected.n() + j;
        double bound = w.cols() * 0x1p-24 * expected.magnitude()[e];
        if (!(Math.abs(y[t * n + j] - expected.y()[e]) <= bound)) {
          String what =
              "%s, %s %s, m=%d n=%d k=%d, y[%d, %d]"
                  .formatted(kernels.description(), w.dtype(), w.layout(), m, n, w.cols(), t, j);
          Bounds.assertSum(y[t * n + j], expected.y()[e], expected.magnitude()[e], w.cols(), what);
        }
      }
    }
    Bounds.assertGuardIntact(y, m * n, kernels.description());
  }
}
