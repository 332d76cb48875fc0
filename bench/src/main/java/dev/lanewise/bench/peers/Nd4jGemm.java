package dev.lanewise.bench.peers;

import dev.lanewise.bench.Contender;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * ND4J's arrays outside the heap, multiplied by the OpenBLAS that it finds, which is here the same
 * as {@link OpenBlasGemm}'s: the difference is what it does around it. The product is column-major,
 * as it makes products.
 */
final class Nd4jGemm implements Contender {
  private final INDArray a;
  private final INDArray b;
  private final INDArray c;

  Nd4jGemm(float[] a, float[] b, int m, int n, int k, int threads) {
    Nd4j.factory().blas().setMaxThreads(threads);
    this.a = Nd4j.createFromArray(a).reshape('c', m, k);
    this.b = Nd4j.createFromArray(b).reshape('c', k, n);
    this.c = Nd4j.create(DataType.FLOAT, new long[] {m, n}, 'f');
  }

  @Override
  public void run() {
    a.mmuli(b, c);
  }

  @Override
  public float[] output() {
    return c.dup('c').data().asFloat();
  }

  @Override
  public void close() {
    a.close();
    b.close();
    c.close();
  }
}
