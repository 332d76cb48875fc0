package dev.lanewise.model.train;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.Parallel;

/**
 * GELU as GPT-2 approximates it: y = x · Φ(x), where Φ(x) = (1 + tanh u) / 2 and u = √(2/π) · (x +
 * 0.044715 · x³). Hendrycks and Gimpel 2016, arXiv:1606.08415.
 */
final class TrainableGelu {
  private static final float ROOT_2_OVER_PI = (float) Math.sqrt(2 / Math.PI);
  private static final float CUBIC = 0.044715f;

  /** Far below the square of any x for which Φ(x) is not ½. */
  private static final float TINY = 1e-30f;

  private final Workbench bench;
  private final float[] x;
  private final float[] y;
  private final Parallel.Task piece = this::piece;

  /**
   * @param x [rows × hidden] what comes in
   * @param y [rows × hidden] where what goes out is to be
   */
  TrainableGelu(Workbench bench, float[] x, float[] y) {
    this.bench = bench;
    this.x = x;
    this.y = y;
  }

  void forward() {
    bench.kernels().activate(Activation.GELU_TANH, x, y, x.length);
  }

  /** Turns the gradient of y, in {@link Workbench#wide}, into that of x. */
  void backward() {
    bench.forRows(piece);
  }

  private void piece(int piece, int worker) {
    int hidden = bench.shape().hidden();
    multiply(x, y, bench.wide(), bench.from(piece) * hidden, bench.to(piece) * hidden);
  }

  /**
   * d = d · y′, where y′ = Φ + x · Φ′ and Φ′ = 2 · Φ · (1 − Φ) · u′. Φ is y / x, and ½ for x = 0:
   * no tanh is computed again.
   */
  private static void multiply(float[] x, float[] y, float[] d, int from, int to) {
    for (int i = from; i < to; i++) {
      float square = x[i] * x[i];
      float phi = (x[i] * y[i] + TINY / 2) / (square + TINY);
      float slope = ROOT_2_OVER_PI * (1 + 3 * CUBIC * square);
      d[i] *= phi + 2 * x[i] * phi * (1 - phi) * slope;
    }
  }
}
