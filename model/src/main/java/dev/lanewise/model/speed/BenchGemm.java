package dev.lanewise.model.speed;

import dev.lanewise.kernels.Epilogue;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.MatrixView;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code bench gemm M N K}: C = A · B in float32, with A [M × K], B [K × N] and C [M × N]. */
public final class BenchGemm implements KernelBench {
  private final int m;
  private final int n;
  private final int k;
  private float[] a;
  private float[] b;
  private float[] c;

  /** A product of these sizes. */
  public BenchGemm(int m, int n, int k) {
    this.m = m;
    this.n = n;
    this.k = k;
  }

  @Override
  public Map<String, Object> parameters() {
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("kernel", "gemm");
    parameters.put("m", m);
    parameters.put("n", n);
    parameters.put("k", k);
    return parameters;
  }

  @Override
  public Unit unit() {
    return Unit.GFLOPS;
  }

  @Override
  public double flops() {
    return 2.0 * m * n * k;
  }

  @Override
  public double bytes() {
    return 4.0 * ((double) m * k + (double) k * n + (double) m * n);
  }

  @Override
  public double elements() {
    return (double) m * n;
  }

  @Override
  public void prepare() {
    KernelOperands.requireHeap((long) m * k, (long) k * n, (long) m * n);
    KernelOperands operands = new KernelOperands();
    a = operands.array(m * k, 1);
    b = operands.array(k * n, 1);
    c = new float[m * n];
  }

  @Override
  public KernelBench small() {
    return new BenchGemm(Math.min(m, 128), Math.min(n, 384), Math.min(k, 384));
  }

  @Override
  public void run(Kernels kernels) {
    kernels.gemm(
        MatrixView.of(a, m, k), MatrixView.of(b, k, n), MatrixView.of(c, m, n), Epilogue.NONE);
  }

  /** The error of an element is at most k · 2⁻²⁴ · Σ|a·b|. */
  @Override
  public void check() {
    KernelAgreement agreement = new KernelAgreement("gemm");
    KernelAgreement.visit(
        (long) m * n,
        k,
        place -> {
          int i = (int) (place / n);
          int j = (int) (place % n);
          double sum = 0;
          double size = 0;
          for (int l = 0; l < k; l++) {
            double product = (double) a[i * k + l] * b[l * n + j];
            sum += product;
            size += Math.abs(product);
          }
          agreement.require(i, j, sum, c[i * n + j], k * 0x1p-24 * size);
        });
  }
}
