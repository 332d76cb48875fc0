package dev.lanewise.bench.peers;

import dev.lanewise.bench.Contender;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.openblas.global.openblas_nolapack;

/** OpenBLAS through JavaCPP. Operands lie outside the heap, as JavaCPP would copy arrays. */
final class OpenBlasGemm implements Contender {
  private final FloatPointer a;
  private final FloatPointer b;
  private final FloatPointer c;
  private final int m;
  private final int n;
  private final int k;

  OpenBlasGemm(float[] a, float[] b, int m, int n, int k, int threads) {
    org.bytedeco.openblas.presets.openblas_nolapack.blas_set_num_threads(threads);
    this.a = new FloatPointer(a);
    this.b = new FloatPointer(b);
    this.c = new FloatPointer((long) m * n);
    this.m = m;
    this.n = n;
    this.k = k;
  }

  @Override
  public void run() {
    openblas_nolapack.cblas_sgemm(
        openblas_nolapack.CblasRowMajor,
        openblas_nolapack.CblasNoTrans,
        openblas_nolapack.CblasNoTrans,
        m,
        n,
        k,
        1,
        a,
        k,
        b,
        n,
        0,
        c,
        n);
  }

  @Override
  public float[] output() {
    float[] values = new float[m * n];
    c.get(values);
    return values;
  }

  @Override
  public void close() {
    a.close();
    b.close();
    c.close();
  }
}
