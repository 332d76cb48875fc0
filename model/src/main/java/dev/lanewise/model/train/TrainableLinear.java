package dev.lanewise.model.train;

import dev.lanewise.kernels.Epilogue;
import dev.lanewise.kernels.MatrixView;

/** A linear layer: Y = X · Wᵀ + b, with X [rows × inputs] and Y [rows × outputs]. */
final class TrainableLinear {
  private final Workbench bench;
  private final Epilogue withBias;
  private final MatrixView x;
  private final MatrixView y;
  private final MatrixView dx;
  private final MatrixView dy;
  private final MatrixView dyTransposed;
  private final MatrixView weight;
  private final MatrixView weightTransposed;
  private final MatrixView weightGradient;
  private final MatrixView biasGradient;

  /**
   * @param weight [outputs × inputs]
   * @param bias [outputs]
   * @param x what comes in
   * @param y where what goes out is to be
   * @param dy the gradient of y
   * @param dx where the gradient of x is to be
   */
  TrainableLinear(
      Workbench bench,
      Parameter weight,
      Parameter bias,
      float[] x,
      float[] y,
      float[] dy,
      float[] dx) {
    this.bench = bench;
    int rows = bench.rows();
    withBias = Epilogue.bias(bias.values());
    this.x = MatrixView.of(x, rows, weight.cols());
    this.y = MatrixView.of(y, rows, weight.rows());
    this.dx = MatrixView.of(dx, rows, weight.cols());
    this.dy = MatrixView.of(dy, rows, weight.rows());
    dyTransposed = this.dy.transposed();
    this.weight = weight.view();
    weightTransposed = this.weight.transposed();
    weightGradient = weight.gradientView();
    biasGradient = bias.gradientView();
  }

  void forward() {
    bench.kernels().gemm(x, weightTransposed, y, withBias);
  }

  /** dW = dYᵀ · X; db = Σ dY over the rows; dX = dY · W. */
  void backward() {
    bench.kernels().gemm(dyTransposed, x, weightGradient, Epilogue.NONE);
    bench.kernels().gemm(bench.oneRow(), dy, biasGradient, Epilogue.NONE);
    bench.kernels().gemm(dy, weight, dx, Epilogue.NONE);
  }
}
