package dev.lanewise.model.speed;

import dev.lanewise.kernels.Kernels;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code bench softmax ROWS COLUMNS}: every row to probabilities. */
public final class BenchSoftmax implements KernelBench {
  /** Of the scores: wide enough for probabilities of very different size. */
  private static final float LIMIT = 8;

  /** An exponential in double precision, in multiply-adds. */
  private static final int EXP_WORK = 16;

  private final int rows;
  private final int cols;
  private float[] x;
  private float[] y;

  /** Rows of so many scores. */
  public BenchSoftmax(int rows, int cols) {
    this.rows = rows;
    this.cols = cols;
  }

  @Override
  public Map<String, Object> parameters() {
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("kernel", "softmax");
    parameters.put("rows", rows);
    parameters.put("columns", cols);
    return parameters;
  }

  @Override
  public Unit unit() {
    return Unit.NS_PER_ELEMENT;
  }

  /** Maximum, difference, exponential, sum and quotient, each counted as one. */
  @Override
  public double flops() {
    return 5 * elements();
  }

  @Override
  public double bytes() {
    return 8 * elements();
  }

  @Override
  public double elements() {
    return (double) rows * cols;
  }

  @Override
  public void prepare() {
    KernelOperands.requireHeap((long) rows * cols, (long) rows * cols, 2L * cols);
    x = new KernelOperands().array(rows * cols, LIMIT);
    y = new float[rows * cols];
  }

  @Override
  public KernelBench small() {
    return new BenchSoftmax(Math.min(rows, 64), Math.min(cols, 4096));
  }

  @Override
  public void run(Kernels kernels) {
    kernels.softmax(x, y, rows, cols);
  }

  @Override
  public void check() {
    KernelAgreement agreement = new KernelAgreement("softmax");
    double[] expected = new double[cols];
    KernelAgreement.visit(
        rows,
        (long) EXP_WORK * cols,
        row -> {
          int from = (int) (row * cols);
          double sum = 0;
          for (int j = 0; j < cols; j++) {
            expected[j] = Math.exp((double) x[from + j] - LIMIT);
            sum += expected[j];
          }
          for (int j = 0; j < cols; j++) {
            agreement.add(expected[j] / sum, y[from + j]);
          }
        });
    agreement.require();
  }
}
