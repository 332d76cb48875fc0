package dev.lanewise.model.train;

/**
 * The loss: the mean, over the rows, of the negative log-likelihood of the token that comes next.
 */
final class CrossEntropy {
  private final Workbench bench;
  private final int vocabSize;
  private final float[] logits;
  private final float[] gradient;

  /**
   * @param logits [rows × vocabSize]
   * @param gradient [rows × vocabSize] where that of the sum of all rows' losses is to be
   */
  CrossEntropy(Workbench bench, float[] logits, float[] gradient) {
    this.bench = bench;
    vocabSize = logits.length / bench.rows();
    this.logits = logits;
    this.gradient = gradient;
  }

  /** −Σ log softmax(logits)[target] / rows. */
  double loss(int[] targets) {
    bench.kernels().logSoftmax(logits, gradient, bench.rows(), vocabSize);
    double sum = 0;
    for (int row = 0; row < bench.rows(); row++) {
      sum -= gradient[row * vocabSize + targets[row]];
    }
    return sum / bench.rows();
  }

  /** softmax(logits), less 1 where the target is: {@code rows} times the gradient of the loss. */
  void backward(int[] targets) {
    bench.kernels().softmax(logits, gradient, bench.rows(), vocabSize);
    for (int row = 0; row < bench.rows(); row++) {
      gradient[row * vocabSize + targets[row]] -= 1;
    }
  }
}
