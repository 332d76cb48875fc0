package dev.lanewise.model.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.Parallel;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers that share their input, whose weights are multiplied in different ways. */
class ProjectionsTest {
  private static final int DIM = 32;
  private static final int PAIRS = 301;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static float[] random(int n) {
    SplittableRandom random = new SplittableRandom(n);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    return values;
  }

  /**
   * Code that is not compiled yet allocates, but the same whether layers are applied together or
   * one by one; so it is the difference that counts, and the middle one of many.
   */
  @ParameterizedTest(name = "{0} rows")
  @ValueSource(ints = {1, 8, 33})
  void layersOfDifferentKindsGiveTheSameAndAllocateNoMore(int rows) {
    Matrix w = Matrix.of(random(DIM * DIM), DIM, DIM);
    Linear[] layers = {
      new Linear(w.interleaved(), random(DIM)),
      new Linear(w, random(DIM)),
      new Linear(w.quantised(DType.Q8_0), random(DIM))
    };
    Projections together = Projections.of(layers);
    Projections[] alone = Arrays.stream(layers).map(Projections::of).toArray(Projections[]::new);
    float[] x = random(rows * DIM);
    float[][] y = new float[layers.length][rows * DIM];
    float[][][] one = new float[layers.length][1][rows * DIM];
    long[] more = new long[PAIRS];
    try (Parallel team = Parallel.of(1)) {
      Kernels kernels = Kernels.best(team);
      for (int i = 0; i < PAIRS; i++) {
        long start = threads.getCurrentThreadAllocatedBytes();
        together.forward(kernels, x, y, rows);
        long middle = threads.getCurrentThreadAllocatedBytes();
        for (int j = 0; j < alone.length; j++) {
          alone[j].forward(kernels, x, one[j], rows);
        }
        more[i] = 2 * middle - start - threads.getCurrentThreadAllocatedBytes();
      }
    }
    for (int j = 0; j < layers.length; j++) {
      assertArrayEquals(one[j][0], y[j]);
    }
    Arrays.sort(more);
    assertTrue(more[PAIRS / 2] <= 0, more[PAIRS / 2] + " bytes more for a product of several");
  }
}
