package dev.lanewise.kernels.reference;

import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.Matrix;

/**
 * Do the arguments of an operation fit together? One method per operation, the same for every
 * implementation; each throws {@link IllegalArgumentException} before anything is written.
 */
public final class Checks {
  /** Larger than any array, small enough that its product with an int fits a long. */
  private static final long TOO_LARGE = 1L << 31;

  private Checks() {}

  /** Checks the arguments of {@link dev.lanewise.kernels.Kernels#gemm}. */
  public static void gemm(float[] x, Matrix[] w, float[][] y, int m) {
    if (w.length != y.length) {
      throw new IllegalArgumentException(w.length + " matrices but " + y.length + " outputs");
    }
    for (int i = 0; i < w.length; i++) {
      fits("x", x, m, w[i].cols());
      fits("y", y[i], m, w[i].rows());
      if (w[i].cols() != w[0].cols()) {
        throw new IllegalArgumentException(
            "matrices that share x have %d and %d columns".formatted(w[0].cols(), w[i].cols()));
      }
      distinct("x", x, "y", y[i]);
      for (int j = 0; j < i; j++) {
        distinct("y", y[j], "another y", y[i]);
      }
    }
  }

  /** Checks the arguments of {@link dev.lanewise.kernels.Kernels#rmsNorm}. */
  public static void rmsNorm(float[] x, float[] weight, float[] y, int rows, int n) {
    fits("x", x, rows, n);
    fits("weight", weight, n);
    fits("y", y, rows, n);
    distinct("weight", weight, "y", y);
  }

  /**
   * Checks the arguments of {@link dev.lanewise.kernels.Kernels#ropeAdjacent} and {@link
   * dev.lanewise.kernels.Kernels#ropeHalf}.
   */
  public static void rope(
      float[] x, float[] cos, float[] sin, int rows, int heads, int headDim, int rotaryDim) {
    if (rotaryDim < 0 || rotaryDim > headDim || rotaryDim % 2 != 0) {
      throw new IllegalArgumentException(
          "rotary dimension %d: must be even and from 0 to the head dimension %d"
              .formatted(rotaryDim, headDim));
    }
    fits("x", x, rows, heads, headDim);
    fits("cos", cos, rows, rotaryDim / 2);
    fits("sin", sin, rows, rotaryDim / 2);
    distinct("x", x, "cos", cos);
    distinct("x", x, "sin", sin);
  }

  /** Checks the arguments of {@link dev.lanewise.kernels.Kernels#swiglu}. */
  public static void swiglu(float[] gate, float[] up, float[] y, int n) {
    fits("gate", gate, n);
    fits("up", up, n);
    fits("y", y, n);
  }

  /** Checks the arguments of {@link dev.lanewise.kernels.Kernels#add}. */
  public static void add(float[] x, float[] y, int n) {
    fits("x", x, n);
    fits("y", y, n);
  }

  /** Checks the arguments of {@link dev.lanewise.kernels.Kernels#softmax}. */
  public static void softmax(float[] x, float[] y, int rows, int n) {
    fits("x", x, rows, n);
    fits("y", y, rows, n);
  }

  /** Checks the arguments of {@link dev.lanewise.kernels.Kernels#attention}. */
  public static void attention(
      float[] q, float[] k, float[] v, float[] y, AttentionShape shape, int rows, int position) {
    fits("q", q, rows, shape.nHeads(), shape.headDim());
    fits("y", y, rows, shape.nHeads(), shape.headDim());
    if (position < 0 || position > Integer.MAX_VALUE - rows) {
      throw new IllegalArgumentException(
          "position %d with %d rows: the keys must number from 0 to 2^31 - 1"
              .formatted(position, rows));
    }
    fits("k", k, position + rows, shape.nKvHeads(), shape.headDim());
    fits("v", v, position + rows, shape.nKvHeads(), shape.headDim());
    distinct("q", q, "y", y);
    distinct("k", k, "y", y);
    distinct("v", v, "y", y);
  }

  private static void fits(String name, float[] array, int... dims) {
    long needed = 1;
    for (int dim : dims) {
      if (dim < 0) {
        throw new IllegalArgumentException(name + " has a negative dimension: " + shape(dims));
      }
      needed = Math.min(needed * dim, TOO_LARGE);
    }
    if (array.length < needed) {
      throw new IllegalArgumentException(
          "%s of %s does not fit an array of %d".formatted(name, shape(dims), array.length));
    }
  }

  @SuppressWarnings("ReferenceEquality") // two arrays may hold the same numbers, but not be one
  private static void distinct(String inName, float[] in, String outName, float[] out) {
    if (in == out) {
      throw new IllegalArgumentException(inName + " and " + outName + " are the same array");
    }
  }

  private static String shape(int[] dims) {
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < dims.length; i++) {
      text.append(i == 0 ? "" : " x ").append(dims[i]);
    }
    return text.append(']').toString();
  }
}
