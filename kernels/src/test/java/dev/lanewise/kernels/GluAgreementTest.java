package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Relative error at most 1e-6 or four units in the last place. */
class GluAgreementTest {
  /** One in this many of all floats: a prime, so that the low bits vary as well. */
  private static final long STEP = 4099;

  @ParameterizedTest(name = "n={0}")
  @ValueSource(ints = {0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65, 207, 1023, 1536, 4098})
  void everyLength(int n) {
    Random random = new Random(n);
    check(Fill.NORMAL.array(n, random), Fill.NORMAL.array(n, random), n);
  }

  @ParameterizedTest(name = "gate={0}")
  @EnumSource
  void awkwardGates(Fill fill) {
    Random random = new Random(fill.name().hashCode());
    check(fill.array(1000, random), Fill.NORMAL.array(1000, random), 1000);
  }

  @ParameterizedTest(name = "up={0}")
  @EnumSource
  void awkwardUps(Fill fill) {
    Random random = new Random(fill.name().hashCode());
    check(Fill.NORMAL.array(1000, random), fill.array(1000, random), 1000);
  }

  /** Gates from every part of the float range, the denormals, infinities and NaNs included. */
  @ParameterizedTest(name = "up={0}")
  @ValueSource(floats = {1f, -3.5f})
  void wholeRange(float up) {
    int n = (int) ((1L << 32) / STEP);
    float[] gate = new float[n];
    float[] ups = new float[n];
    for (int i = 0; i < n; i++) {
      gate[i] = Float.intBitsToFloat((int) (i * STEP));
      ups[i] = up;
    }
    check(gate, ups, n);
  }

  /** The part of the range where silu is neither 0 nor the identity, densely. */
  @ParameterizedTest(name = "{0} to {1}")
  @CsvSource({"-110, -80", "-80, -10", "-10, 0", "0, 10", "10, 110"})
  void whereItBends(float from, float to) {
    int n = 100_000;
    float[] gate = new float[n];
    float[] up = new float[n];
    for (int i = 0; i < n; i++) {
      gate[i] = from + (to - from) * i / n;
      up[i] = 1;
    }
    check(gate, up, n);
  }

  @ParameterizedTest(name = "n={0}")
  @ValueSource(ints = {1, 17, 207, 1536})
  void inPlace(int n) {
    Random random = new Random(n);
    float[] gate = Fill.NORMAL.array(n, random);
    float[] up = Fill.NORMAL.array(n, random);
    for (Kernels kernels : Implementations.all()) {
      float[] y = new float[n];
      kernels.glu(Activation.SILU, gate, up, y, n);
      float[] overGate = gate.clone();
      kernels.glu(Activation.SILU, overGate, up, overGate, n);
      assertArrayEquals(y, overGate, kernels.description());
      float[] overUp = up.clone();
      kernels.glu(Activation.SILU, gate, overUp, overUp, n);
      assertArrayEquals(y, overUp, kernels.description());
    }
  }

  private static void check(float[] gate, float[] up, int n) {
    for (Kernels kernels : Implementations.all()) {
      float[] y = Bounds.guarded(n);
      kernels.glu(Activation.SILU, gate, up, y, n);
      for (int i = 0; i < n; i++) {
        assertElement(y[i], gate[i], up[i], kernels);
      }
      Bounds.assertGuardIntact(y, n, kernels.description());
    }
  }

  private static void assertElement(float actual, float gate, float up, Kernels kernels) {
    double expected = DoubleKernels.swiglu(gate, up);
    boolean good;
    if (Double.isNaN(expected)) {
      good = Float.isNaN(actual);
    } else if (Float.isInfinite((float) expected)) {
      good = actual == (float) expected || Math.abs(actual - expected) <= 1e-6 * Math.abs(expected);
    } else {
      double bound = Math.max(1e-6 * Math.abs(expected), 4.0 * Math.ulp((float) expected));
      good = Math.abs(actual - expected) <= bound;
    }
    if (!good) {
      fail(
          "%s: swiglu(%s, %s) is %s instead of %s"
              .formatted(kernels.description(), gate, up, actual, expected));
    }
  }
}
