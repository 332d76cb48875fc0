package dev.lanewise.bench.peers;

import dev.lanewise.bench.Contender;
import dev.lanewise.bench.PeerUnavailableException;
import dev.ludovic.netlib.blas.JavaBLAS;

/** The vector BLAS of dev.ludovic.netlib, which Spark uses: one thread, column-major. */
final class NetlibGemm {
  private NetlibGemm() {}

  static Contender of(float[] a, float[] b, int m, int n, int k) {
    JavaBLAS blas = JavaBLAS.getInstance();
    // The class is not public, and the library falls back to plain loops with a log message only.
    if (!blas.getClass().getSimpleName().equals("VectorBLAS")) {
      throw new PeerUnavailableException(
          "netlib", "it has chosen " + blas.getClass().getSimpleName() + " over VectorBLAS");
    }
    float[] c = new float[m * n];
    // Row-major C = A · B is column-major Cᵀ = Bᵀ · Aᵀ.
    return Contender.of(() -> blas.sgemm("N", "N", n, m, k, 1, b, n, a, k, 0, c, n), c);
  }
}
