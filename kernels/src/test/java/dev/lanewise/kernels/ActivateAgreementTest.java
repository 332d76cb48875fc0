package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every function over every part of the float range, within {@link Bounds#assertActivation}. */
class ActivateAgreementTest {
  /** One in this many of all floats: a prime, so that the low bits vary as well. */
  private static final long STEP = 16411;

  private static final int[] LENGTHS = {
    0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65, 207, 1023, 4098, 20_000
  };

  @ParameterizedTest
  @EnumSource
  void everyLength(Activation f) {
    for (int n : LENGTHS) {
      check(f, Fill.NORMAL.array(n, new Random(n)), n);
    }
  }

  @ParameterizedTest
  @EnumSource
  void awkwardContent(Activation f) {
    for (Fill fill : Fill.values()) {
      check(f, fill.array(1000, new Random(fill.name().hashCode())), 1000);
    }
  }

  /** The denormals, infinities and NaNs of any payload included. */
  @ParameterizedTest
  @EnumSource
  void wholeRange(Activation f) {
    int n = (int) ((1L << 32) / STEP);
    float[] x = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = Float.intBitsToFloat((int) (i * STEP));
    }
    check(f, x, n);
  }

  /** Where the functions are neither constant nor the identity, densely. */
  @ParameterizedTest
  @EnumSource
  void whereTheyBend(Activation f) {
    int n = 100_000;
    for (float end : new float[] {-200, -12, 12, 200}) {
      float[] x = new float[n];
      for (int i = 0; i < n; i++) {
        x[i] = end * i / n;
      }
      check(f, x, n);
    }
  }

  /** Far out they are exactly what they tend to. */
  @ParameterizedTest
  @EnumSource(names = {"SIGMOID", "TANH", "SILU", "GELU", "GELU_TANH"})
  void saturates(Activation f) {
    float[] x = {-Float.MAX_VALUE, -1e30f, -200, 200, 1e30f, Float.MAX_VALUE};
    for (Kernels kernels : Implementations.all()) {
      float[] y = new float[x.length];
      kernels.activate(f, x, y, x.length);
      for (int i = 0; i < x.length; i++) {
        float low = f == Activation.TANH ? -1 : 0;
        float high = f == Activation.SIGMOID || f == Activation.TANH ? 1 : x[i];
        assertEquals(x[i] < 0 ? low : high, y[i] + 0f, kernels.description() + " at " + x[i]);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void inPlace(Activation f) {
    for (int n : LENGTHS) {
      float[] x = Fill.NORMAL.array(n, new Random(n));
      for (Kernels kernels : Implementations.all()) {
        float[] y = new float[n];
        kernels.activate(f, x, y, n);
        float[] inPlace = x.clone();
        kernels.activate(f, inPlace, inPlace, n);
        assertArrayEquals(y, inPlace, kernels.description());
      }
    }
  }

  /** An element has the same bits at any place in a vector, or behind the last whole one. */
  @ParameterizedTest
  @EnumSource
  void sameBitsWhereverAnElementLies(Activation f) {
    int n = 100;
    float[] x = Fill.NORMAL.array(n, new Random(5));
    for (Kernels kernels : Implementations.all()) {
      float[] all = new float[n];
      kernels.activate(f, x, all, n);
      for (int from = 1; from < n; from++) {
        float[] part = new float[n - from];
        kernels.activate(f, Arrays.copyOfRange(x, from, n), part, n - from);
        assertArrayEquals(Arrays.copyOfRange(all, from, n), part, kernels.description());
      }
    }
  }

  private static void check(Activation f, float[] x, int n) {
    for (Kernels kernels : Implementations.all()) {
      float[] y = Bounds.guarded(n);
      kernels.activate(f, x, y, n);
      for (int i = 0; i < n; i++) {
        Bounds.assertActivation(f, y[i], x[i], 1, kernels.description());
      }
      Bounds.assertGuardIntact(y, n, kernels.description());
    }
  }
}
