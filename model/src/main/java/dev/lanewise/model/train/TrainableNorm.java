package dev.lanewise.model.train;

import dev.lanewise.kernels.Epilogue;
import dev.lanewise.kernels.MatrixView;
import dev.lanewise.kernels.Parallel;

/**
 * Layer normalisation of the residual stream: y = x̂ · w + b, where x̂ = (x − mean) / σ (Ba et al.
 * 2016, arXiv:1607.06450). Mean and σ are computed again on the way back, which costs less than to
 * keep them.
 */
final class TrainableNorm {
  private final Workbench bench;
  private final Parameter weight;
  private final Parameter bias;
  private final float[] x;
  private final float[] y;
  private final MatrixView products;
  private final MatrixView dy;
  private final MatrixView weightGradient;
  private final MatrixView biasGradient;
  private final Parallel.Task piece = this::piece;

  /**
   * @param x [rows × dim] the residual stream as it comes in
   * @param y [rows × dim] where what goes out is to be
   */
  TrainableNorm(Workbench bench, Parameter weight, Parameter bias, float[] x, float[] y) {
    this.bench = bench;
    this.weight = weight;
    this.bias = bias;
    this.x = x;
    this.y = y;
    products = MatrixView.of(bench.products(), bench.rows(), bench.dim());
    dy = MatrixView.of(bench.branch(), bench.rows(), bench.dim());
    weightGradient = weight.gradientView();
    biasGradient = bias.gradientView();
  }

  void forward() {
    bench
        .kernels()
        .layerNorm(
            x,
            weight.values(),
            bias.values(),
            bench.shape().epsilon(),
            y,
            bench.rows(),
            bench.dim());
  }

  /**
   * Takes the gradient of y from {@link Workbench#branch} and adds that of x to {@link
   * Workbench#stream}. dw = Σ dy · x̂ and db = Σ dy over the rows.
   */
  void backward() {
    bench.forRows(piece);
    bench.kernels().gemm(bench.oneRow(), products, weightGradient, Epilogue.NONE);
    bench.kernels().gemm(bench.oneRow(), dy, biasGradient, Epilogue.NONE);
  }

  private void piece(int piece, int worker) {
    for (int row = bench.from(piece); row < bench.to(piece); row++) {
      row(row * bench.dim(), bench.dim());
    }
  }

  /** dx = (g − mean(g) − x̂ · mean(g · x̂)) / σ for a row, where g = dy · w; leaves dy · x̂. */
  private void row(int at, int n) {
    float[] out = bench.branch();
    float[] w = weight.values();
    float[] p = bench.products();
    float mean = Sums.ofProducts(x, at, bench.ones(), 0, n) / n;
    for (int j = 0; j < n; j++) {
      p[at + j] = x[at + j] - mean;
    }
    float variance = Sums.ofProducts(p, at, p, at, n) / n;
    float scale = (float) (1 / Math.sqrt(variance + bench.shape().epsilon()));
    for (int j = 0; j < n; j++) {
      p[at + j] = p[at + j] * scale * out[at + j];
    }
    float meanG = Sums.ofProducts(out, at, w, 0, n) / n;
    float meanGx = Sums.ofProducts(p, at, w, 0, n) / n;
    float[] dx = bench.stream();
    for (int j = 0; j < n; j++) {
      float normal = (x[at + j] - mean) * scale;
      dx[at + j] += (out[at + j] * w[j] - meanG - normal * meanGx) * scale;
    }
  }
}
