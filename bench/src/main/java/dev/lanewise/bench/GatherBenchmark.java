package dev.lanewise.bench;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Embeddings of a prompt. */
public class GatherBenchmark extends ContractBenchmark {
  private static final int TOKENS = 512;

  /** What embeddings are stored as. */
  @Param({"F32", "F16", "Q8_0", "Q6_K"})
  DType dtype;

  /** Rows and columns of the table. */
  @Param("8192x768")
  String shape;

  private Matrix table;
  private int[] ids;
  private float[] y;

  /** A product for each number; the rows are read encoded. */
  @Override
  protected Work work() {
    double numbers = (double) TOKENS * sizes(shape, 2)[1];
    return Work.of(numbers, dtype.bytes((long) numbers) + 4 * numbers);
  }

  @Override
  void prepare(RandomGenerator random) {
    int[] sizes = sizes(shape, 2);
    table = RandomOperands.matrix(dtype, sizes[0], sizes[1], random);
    ids = random.ints(TOKENS, 0, sizes[0]).toArray();
    y = new float[TOKENS * sizes[1]];
  }

  /** The rows, decoded. */
  @Benchmark
  public float[] gather() {
    kernels.gather(table, ids, y, TOKENS);
    return y;
  }
}
