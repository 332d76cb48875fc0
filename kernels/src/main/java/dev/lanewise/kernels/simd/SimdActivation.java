package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import dev.lanewise.kernels.Activation;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Element-wise operations. Each element is computed in the same way wherever it lies in a vector,
 * so its bits do not depend on how an array is cut into pieces.
 *
 * <p>One loop per function: a function chosen inside a loop would turn its vectors into objects.
 */
final class SimdActivation {
  /** Elements of scratch for {@link #glu}: a fraction of the first-level cache. */
  static final int SCRATCH = 1024;

  private SimdActivation() {}

  /** y[yo ..] = f(x[xo ..]) for n elements; may run in place. */
  static void run(Activation f, float[] x, int xo, float[] y, int yo, int n) {
    switch (f) {
      case IDENTITY -> System.arraycopy(x, xo, y, yo, n);
      case RELU -> relu(x, xo, y, yo, n);
      case SIGMOID -> sigmoid(x, xo, y, yo, n);
      case TANH -> tanh(x, xo, y, yo, n);
      case SILU -> silu(x, xo, y, yo, n);
      case GELU -> gelu(x, xo, y, yo, n);
      case GELU_TANH -> geluTanh(x, xo, y, yo, n);
    }
  }

  /**
   * y = f(gate) · up over {@code [from, to)}, by way of the scratch, as y may be either operand.
   *
   * @param scratch {@link #SCRATCH} elements
   */
  static void glu(
      Activation f, float[] gate, float[] up, float[] y, int from, int to, float[] scratch) {
    for (int i = from; i < to; i += SCRATCH) {
      int n = Math.min(SCRATCH, to - i);
      run(f, gate, i, scratch, 0, n);
      multiply(scratch, up, y, i, n);
    }
  }

  private static void multiply(float[] factor, float[] x, float[] y, int at, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      FloatVector.fromArray(F, factor, i)
          .mul(FloatVector.fromArray(F, x, at + i))
          .intoArray(y, at + i);
    }
    for (; i < n; i++) {
      y[at + i] = factor[i] * x[at + i];
    }
  }

  static void add(float[] x, float[] y, int from, int to) {
    int i = from;
    for (; i <= to - LANES; i += LANES) {
      FloatVector.fromArray(F, y, i).add(FloatVector.fromArray(F, x, i)).intoArray(y, i);
    }
    for (; i < to; i++) {
      y[i] += x[i];
    }
  }

  private static void relu(float[] x, int xo, float[] y, int yo, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      FloatVector v = FloatVector.fromArray(F, x, xo + i);
      v.blend(0f, v.compare(VectorOperators.LE, 0f)).intoArray(y, yo + i);
    }
    for (; i < n; i++) {
      float v = x[xo + i];
      y[yo + i] = v <= 0 ? 0 : v;
    }
  }

  private static void sigmoid(float[] x, int xo, float[] y, int yo, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      SimdMath.sigmoid(FloatVector.fromArray(F, x, xo + i)).intoArray(y, yo + i);
    }
    if (i < n) {
      VectorMask<Float> rest = F.indexInRange(i, n);
      SimdMath.sigmoid(FloatVector.fromArray(F, x, xo + i, rest)).intoArray(y, yo + i, rest);
    }
  }

  private static void tanh(float[] x, int xo, float[] y, int yo, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      SimdMath.tanh(FloatVector.fromArray(F, x, xo + i)).intoArray(y, yo + i);
    }
    if (i < n) {
      VectorMask<Float> rest = F.indexInRange(i, n);
      SimdMath.tanh(FloatVector.fromArray(F, x, xo + i, rest)).intoArray(y, yo + i, rest);
    }
  }

  private static void silu(float[] x, int xo, float[] y, int yo, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      SimdMath.silu(FloatVector.fromArray(F, x, xo + i)).intoArray(y, yo + i);
    }
    if (i < n) {
      VectorMask<Float> rest = F.indexInRange(i, n);
      SimdMath.silu(FloatVector.fromArray(F, x, xo + i, rest)).intoArray(y, yo + i, rest);
    }
  }

  private static void gelu(float[] x, int xo, float[] y, int yo, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      SimdMath.gelu(FloatVector.fromArray(F, x, xo + i)).intoArray(y, yo + i);
    }
    if (i < n) {
      VectorMask<Float> rest = F.indexInRange(i, n);
      SimdMath.gelu(FloatVector.fromArray(F, x, xo + i, rest)).intoArray(y, yo + i, rest);
    }
  }

  private static void geluTanh(float[] x, int xo, float[] y, int yo, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      SimdMath.geluTanh(FloatVector.fromArray(F, x, xo + i)).intoArray(y, yo + i);
    }
    if (i < n) {
      VectorMask<Float> rest = F.indexInRange(i, n);
      SimdMath.geluTanh(FloatVector.fromArray(F, x, xo + i, rest)).intoArray(y, yo + i, rest);
    }
  }
}
