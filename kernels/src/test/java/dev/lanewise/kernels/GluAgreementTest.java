package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every function, gated, within {@link Bounds#assertActivation}. */
class GluAgreementTest {
  /** One in this many of all floats: a prime, so that the low bits vary as well. */
  private static final long STEP = 16411;

  private static final int[] LENGTHS = {
    0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65, 207, 1023, 1024, 1025, 1536, 4098, 20_000
  };

  @ParameterizedTest
  @EnumSource
  void everyLength(Activation f) {
    for (int n : LENGTHS) {
      Random random = new Random(n);
      check(f, Fill.NORMAL.array(n, random), Fill.NORMAL.array(n, random), n);
    }
  }

  @ParameterizedTest
  @EnumSource
  void awkwardGates(Activation f) {
    for (Fill fill : Fill.values()) {
      Random random = new Random(fill.name().hashCode());
      check(f, fill.array(1000, random), Fill.NORMAL.array(1000, random), 1000);
    }
  }

  @ParameterizedTest
  @EnumSource
  void awkwardUps(Activation f) {
    for (Fill fill : Fill.values()) {
      Random random = new Random(fill.name().hashCode());
      check(f, Fill.NORMAL.array(1000, random), fill.array(1000, random), 1000);
    }
  }

  /** Gates from every part of the float range, the denormals, infinities and NaNs included. */
  @ParameterizedTest
  @EnumSource
  void wholeRange(Activation f) {
    int n = (int) ((1L << 32) / STEP);
    float[] gate = new float[n];
    for (int i = 0; i < n; i++) {
      gate[i] = Float.intBitsToFloat((int) (i * STEP));
    }
    for (float up : new float[] {1f, -3.5f}) {
      float[] ups = new float[n];
      Arrays.fill(ups, up);
      check(f, gate, ups, n);
    }
  }

  /** Where silu is neither 0 nor the identity, densely. */
  @ParameterizedTest
  @EnumSource(names = "SILU")
  void whereItBends(Activation f) {
    int n = 200_000;
    float[] gate = new float[n];
    float[] up = new float[n];
    for (int i = 0; i < n; i++) {
      gate[i] = -110f + 220f * i / n;
      up[i] = 1;
    }
    check(f, gate, up, n);
  }

  @ParameterizedTest
  @EnumSource
  void inPlace(Activation f) {
    for (int n : LENGTHS) {
      Random random = new Random(n);
      float[] gate = Fill.NORMAL.array(n, random);
      float[] up = Fill.NORMAL.array(n, random);
      for (Kernels kernels : Implementations.all()) {
        float[] y = new float[n];
        kernels.glu(f, gate, up, y, n);
        float[] overGate = gate.clone();
        kernels.glu(f, overGate, up, overGate, n);
        assertArrayEquals(y, overGate, kernels.description());
        float[] overUp = up.clone();
        kernels.glu(f, gate, overUp, overUp, n);
        assertArrayEquals(y, overUp, kernels.description());
      }
    }
  }

  private static void check(Activation f, float[] gate, float[] up, int n) {
    for (Kernels kernels : Implementations.all()) {
      float[] y = Bounds.guarded(n);
      kernels.glu(f, gate, up, y, n);
      for (int i = 0; i < n; i++) {
        Bounds.assertActivation(f, y[i], gate[i], up[i], kernels.description());
      }
      Bounds.assertGuardIntact(y, n, kernels.description());
    }
  }
}
