package dev.lanewise.model.speed;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.Kernels;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * {@code bench attention HEADS HEAD_DIM LENGTH}: as many queries as keys, every head with keys and
 * values of its own.
 */
public final class BenchAttention implements KernelBench {
  private final int heads;
  private final int headDim;
  private final int length;
  private final boolean causal;
  private float[] q;
  private float[] k;
  private float[] v;
  private float[] y;

  /**
   * Attention of one sequence with itself.
   *
   * @param length of the sequence
   * @param causal whether queries see no later keys
   */
  public BenchAttention(int heads, int headDim, int length, boolean causal) {
    this.heads = heads;
    this.headDim = headDim;
    this.length = length;
    this.causal = causal;
  }

  @Override
  public Map<String, Object> parameters() {
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("kernel", "attention");
    parameters.put("heads", heads);
    parameters.put("head_dim", headDim);
    parameters.put("length", length);
    parameters.put("causal", causal);
    return parameters;
  }

  @Override
  public Unit unit() {
    return Unit.GFLOPS;
  }

  /** Two products, 4 · H · L² · D; a causal mask leaves half of them. */
  @Override
  public double flops() {
    return (causal ? 2.0 : 4.0) * length * elements();
  }

  @Override
  public double bytes() {
    return 4 * 4 * elements();
  }

  @Override
  public double elements() {
    return (double) length * heads * headDim;
  }

  @Override
  public void prepare() {
    long width = (long) heads * headDim;
    long n = width > Long.MAX_VALUE / length ? Long.MAX_VALUE : width * length;
    KernelOperands.requireHeap(n, n, n, n);
    KernelOperands operands = new KernelOperands();
    q = operands.array((int) n, 1);
    k = operands.array((int) n, 1);
    v = operands.array((int) n, 1);
    y = new float[(int) n];
  }

  @Override
  public KernelBench small() {
    return new BenchAttention(Math.min(heads, 2), headDim, Math.min(length, 256), causal);
  }

  @Override
  public void run(Kernels kernels) {
    AttentionShape shape = AttentionShape.of(heads, heads, headDim);
    if (causal) {
      shape = shape.causal();
    }
    kernels.attention(q, k, v, AttentionMask.NONE, y, shape, 1, length, length, 0);
  }

  @Override
  public void check() {
    KernelAgreement agreement = new KernelAgreement("attention");
    double[] weights = new double[length];
    KernelAgreement.visit(
        (long) length * heads,
        2L * length * headDim,
        place -> {
          int row = (int) (place / heads);
          int head = (int) (place % heads);
          int keys = causal ? row + 1 : length;
          double sum = weights(row, head, keys, weights);
          for (int d = 0; d < headDim; d++) {
            double expected = 0;
            for (int j = 0; j < keys; j++) {
              expected += weights[j] * v[at(j, head) + d];
            }
            agreement.add(expected / sum, y[at(row, head) + d]);
          }
        });
    agreement.require();
  }

  /** e^(q · k / √headDim) for each key, which cannot overflow with these operands; their sum. */
  private double weights(int row, int head, int keys, double[] weights) {
    double sum = 0;
    for (int j = 0; j < keys; j++) {
      double score = 0;
      for (int d = 0; d < headDim; d++) {
        score += (double) q[at(row, head) + d] * k[at(j, head) + d];
      }
      weights[j] = Math.exp(score / Math.sqrt(headDim));
      sum += weights[j];
    }
    return sum;
  }

  private int at(int row, int head) {
    return (row * heads + head) * headDim;
  }
}
