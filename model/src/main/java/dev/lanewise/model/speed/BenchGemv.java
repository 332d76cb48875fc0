package dev.lanewise.model.speed;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Matrix;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code bench gemv TYPE ROWS COLUMNS}: y = W · x with encoded weights W [ROWS × COLUMNS]. */
public final class BenchGemv implements KernelBench {
  private final DType type;
  private final int rows;
  private final int cols;
  private final float[][] y = new float[1][];
  private float[] x;
  private Matrix[] w;

  /**
   * A product with weights of a type.
   *
   * @param cols a multiple of the type's block
   */
  public BenchGemv(DType type, int rows, int cols) {
    this.type = type;
    this.rows = rows;
    this.cols = cols;
  }

  @Override
  public Map<String, Object> parameters() {
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("kernel", "gemv");
    parameters.put("type", type.name());
    parameters.put("rows", rows);
    parameters.put("columns", cols);
    return parameters;
  }

  @Override
  public Unit unit() {
    return Unit.GBYTES_PER_SECOND;
  }

  @Override
  public double flops() {
    return 2.0 * rows * cols;
  }

  /** Of the weights as files hold them; the vectors are small beside them. */
  @Override
  public double bytes() {
    return (double) rows * type.bytes(cols);
  }

  @Override
  public double elements() {
    return rows;
  }

  @Override
  public void prepare() {
    KernelOperands.requireHeap(cols, cols, rows);
    KernelOperands operands = new KernelOperands();
    x = operands.array(cols, 1);
    w = new Matrix[] {operands.matrix(type, rows, cols)};
    y[0] = new float[rows];
  }

  /** A thousand columns are whole blocks of every type. */
  @Override
  public KernelBench small() {
    return new BenchGemv(type, Math.min(rows, 1024), Math.min(cols, 1024));
  }

  @Override
  public void run(Kernels kernels) {
    kernels.gemm(x, w, y, 1);
  }

  /**
   * The error of an element is at most k · 2⁻²⁴ · Σ|x·w|, where a quantised weight d·q + m counts
   * as |d·q| + |m|: no more, for weights that lie about 0, than three times the largest.
   */
  @Override
  public void check() {
    KernelAgreement agreement = new KernelAgreement("gemv");
    float[] row = new float[cols];
    KernelAgreement.visit(
        rows,
        2L * cols,
        place -> {
          int i = (int) place;
          w[0].row(i, row, 0);
          double sum = 0;
          double size = 0;
          double sizeOfX = 0;
          double largest = 0;
          for (int l = 0; l < cols; l++) {
            double product = (double) x[l] * row[l];
            sum += product;
            size += Math.abs(product);
            sizeOfX += Math.abs(x[l]);
            largest = Math.max(largest, Math.abs(row[l]));
          }
          if (type.blockSize() > 1) {
            size = 3 * largest * sizeOfX;
          }
          agreement.require(i, 0, sum, y[0][i], cols * 0x1p-24 * size);
        });
  }
}
