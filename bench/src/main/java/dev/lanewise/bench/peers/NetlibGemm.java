package dev.lanewise.bench.peers;

import dev.lanewise.bench.Contender;
import dev.lanewise.bench.PeerUnavailableException;
import dev.ludovic.netlib.blas.JavaBLAS;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The vector BLAS of dev.ludovic.netlib, which Spark uses: one thread, column-major. */
final class NetlibGemm {
  /** Kept, or else it would forget that it is quiet. */
  private static final Logger CHATTER = Logger.getLogger("dev.ludovic.netlib.blas.InstanceBuilder");

  private NetlibGemm() {}

  static Contender of(float[] a, float[] b, int m, int n, int k) {
    CHATTER.setLevel(Level.OFF); // it warns that it is not native, which is not wanted here
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
