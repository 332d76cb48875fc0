package dev.lanewise.bench.peers;

import com.github.tjake.jlama.math.VectorMath;
import com.github.tjake.jlama.tensor.FloatBufferTensor;
import com.github.tjake.jlama.tensor.operations.PanamaTensorOperations;
import com.github.tjake.jlama.tensor.operations.TensorOperations;
import com.github.tjake.jlama.util.BiIntConsumer;
import com.github.tjake.jlama.util.MachineSpec;
import com.github.tjake.jlama.util.PhysicalCoreExecutor;
import dev.lanewise.bench.Contender;

/**
 * Jlama's products in Java, C = A · (Bᵀ)ᵀ with Bᵀ row by row, cut into columns for its threads as
 * its layers do it.
 */
final class JlamaGemm implements Contender {
  /** What one thread must multiply at once: columns left over come out wrong. */
  private static final int COLUMNS_AT_ONCE = 4;

  /** The length of its vectors; it reads beyond a row of another length. */
  private static final int DEPTH_AT_ONCE = 16;

  private final TensorOperations operations = new PanamaTensorOperations(MachineSpec.VECTOR_TYPE);
  private final FloatBufferTensor a;
  private final FloatBufferTensor transposedB;
  private final FloatBufferTensor c;
  private final int m;
  private final int n;
  private final int k;
  private final int threads;
  private final BiIntConsumer columns = this::columns;

  JlamaGemm(float[] a, float[] b, int m, int n, int k, int threads) {
    if (n % (COLUMNS_AT_ONCE * threads) != 0 || k % DEPTH_AT_ONCE != 0) {
      throw new IllegalArgumentException(
          "Jlama needs n to be a multiple of %d and k one of %d, got %d and %d"
              .formatted(COLUMNS_AT_ONCE * threads, DEPTH_AT_ONCE, n, k));
    }
    this.a = new FloatBufferTensor(m, k);
    this.transposedB = new FloatBufferTensor(n, k);
    this.c = new FloatBufferTensor(m, n);
    this.m = m;
    this.n = n;
    this.k = k;
    this.threads = threads;
    for (int l = 0; l < k; l++) {
      for (int i = 0; i < m; i++) {
        this.a.set(a[i * k + l], i, l);
      }
      for (int j = 0; j < n; j++) {
        transposedB.set(b[l * n + j], j, l);
      }
    }
    if (threads > 1) {
      Team.start(threads);
    }
  }

  @Override
  public void run() {
    if (threads == 1) {
      columns(0, n);
    } else {
      VectorMath.pchunk(0, n, columns);
    }
  }

  private void columns(int from, int count) {
    operations.dotProductChunk(c, a, transposedB, 0, k, from, count);
  }

  @Override
  public float[] output() {
    float[] values = new float[m * n];
    for (int i = 0; i < values.length; i++) {
      values[i] = c.get(i / n, i % n);
    }
    return values;
  }

  /** Jlama has one pool of threads in a JVM and takes their number only once. */
  private static final class Team {
    private static int size;

    static synchronized void start(int threads) {
      if (size == 0) {
        PhysicalCoreExecutor.overrideThreadCount(threads);
        size = threads;
      }
      if (size != threads) {
        throw new IllegalStateException(
            "Jlama has " + size + " threads in this JVM already, asked for " + threads);
      }
    }
  }
}
