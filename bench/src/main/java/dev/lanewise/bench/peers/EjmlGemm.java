package dev.lanewise.bench.peers;

import dev.lanewise.bench.Contender;
import org.ejml.concurrency.EjmlConcurrency;
import org.ejml.data.FMatrixRMaj;
import org.ejml.dense.row.CommonOps_FDRM;
import org.ejml.dense.row.CommonOps_MT_FDRM;

/** EJML: plain loops, which the compiler may vectorise. */
final class EjmlGemm {
  private EjmlGemm() {}

  static Contender of(float[] a, float[] b, int m, int n, int k, int threads) {
    EjmlConcurrency.setMaxThreads(threads);
    FMatrixRMaj matrixA = FMatrixRMaj.wrap(m, k, a);
    FMatrixRMaj matrixB = FMatrixRMaj.wrap(k, n, b);
    FMatrixRMaj matrixC = new FMatrixRMaj(m, n);
    Runnable product =
        threads == 1
            ? () -> CommonOps_FDRM.mult(matrixA, matrixB, matrixC)
            : () -> CommonOps_MT_FDRM.mult(matrixA, matrixB, matrixC);
    return Contender.of(product, matrixC.data);
  }
}
