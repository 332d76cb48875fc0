package dev.lanewise.model.nn;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.Kernels;

/** What stands on top of an encoder: y = out(norm(f(dense(x)))), or y = out(x) alone. */
public final class Head {
  private final Projections dense; // null where there is no layer before the last
  private final Norm norm; // null for none
  private final Projections out;

  private Head(Projections dense, Norm norm, Linear out) {
    this.dense = dense;
    this.norm = norm;
    this.out = Projections.of(out);
  }

  /**
   * y = out(x).
   *
   * @param out [outputs × inputs]
   */
  public static Head linear(Linear out) {
    return new Head(null, null, out);
  }

  /**
   * y = out(norm(f(dense(x)))).
   *
   * @param dense [width × inputs]
   * @param norm null for none
   * @param out [outputs × width]
   */
  public static Head dense(Linear dense, Activation f, Norm norm, Linear out) {
    return new Head(Projections.of(f, dense), norm, out);
  }

  /** Width of x. */
  public int inputs() {
    return dense == null ? out.inputs() : dense.inputs();
  }

  /** Width between the layers, or 0 where there is but one. */
  public int width() {
    return dense == null ? 0 : out.inputs();
  }

  /** Width of y. */
  public int outputs() {
    return out.outputs();
  }

  /**
   * Applies the head to rows of x.
   *
   * @param x [rows × inputs]
   * @param between [rows × width] for what lies between the layers
   * @param y [rows × outputs]
   */
  public void forward(Kernels kernels, float[] x, float[] between, float[] y, int rows) {
    if (dense == null) {
      out.forward(kernels, x, new float[][] {y}, rows);
      return;
    }
    dense.forward(kernels, x, new float[][] {between}, rows);
    if (norm != null) {
      norm.forward(kernels, between, between, rows);
    }
    out.forward(kernels, between, new float[][] {y}, rows);
  }
}
