package dev.lanewise.model.nn;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.Epilogue;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Matrix;
import java.util.Arrays;

/** Linear layers that share their input, and what is applied to each output on its way out. */
public final class Projections {
  private final Matrix[] weights;
  private final Epilogue[] epilogues; // null where all are plain products

  private Projections(Matrix[] weights, Epilogue[] epilogues) {
    this.weights = weights;
    this.epilogues = epilogues;
  }

  /** y_i = scale_i · x · W_iᵀ + b_i. */
  public static Projections of(Linear... layers) {
    return of(Activation.IDENTITY, layers);
  }

  /** y_i = f(scale_i · x · W_iᵀ + b_i). */
  public static Projections of(Activation f, Linear... layers) {
    Matrix[] weights = new Matrix[layers.length];
    Epilogue[] epilogues = new Epilogue[layers.length];
    for (int i = 0; i < layers.length; i++) {
      weights[i] = layers[i].weight();
      epilogues[i] = new Epilogue(layers[i].scale(), layers[i].bias(), f, 0);
    }
    boolean plain = Arrays.stream(epilogues).allMatch(Epilogue.NONE::equals);
    return new Projections(weights, plain ? null : epilogues);
  }

  /** Columns of x. */
  public int inputs() {
    return weights[0].cols();
  }

  /** Columns of the first output. */
  public int outputs() {
    return weights[0].rows();
  }

  /**
   * Applies the layers to rows of x.
   *
   * @param y one output for each layer
   */
  public void forward(Kernels kernels, float[] x, float[][] y, int rows) {
    if (epilogues == null) {
      kernels.gemm(x, weights, y, rows);
    } else {
      kernels.gemm(x, weights, epilogues, y, rows);
    }
  }
}
