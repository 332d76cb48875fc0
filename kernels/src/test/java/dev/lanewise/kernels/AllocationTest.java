package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Once they are compiled, products allocate nothing, whatever the JVM has compiled before them. */
class AllocationTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final int CALLS = 20;

  /** Some objects for a call are no matter; vectors that are objects take millions of bytes. */
  private static final long LIMIT = CALLS * 128L;

  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);

  @ParameterizedTest(name = "{0} × {1} × {2} after 128 × 128 × 128")
  @CsvSource({"64, 64, 1024", "4, 64, 1024", "1, 64, 1024"})
  void otherShapesLater(int m, int n, int k) {
    try (Parallel team = Parallel.of(1)) {
      Kernels kernels = Kernels.best(team);
      assertAllocatesNothing(kernels, 128, 128, 128);
      assertAllocatesNothing(kernels, m, n, k);
    }
  }

  /** Compilers need a while, hence the repetition. */
  private static void assertAllocatesNothing(Kernels kernels, int m, int n, int k) {
    MatrixView a = MatrixView.of(new float[m * k], m, k);
    MatrixView b = MatrixView.of(new float[k * n], k, n);
    MatrixView c = MatrixView.of(new float[m * n], m, n);
    long start = System.nanoTime();
    long allocated;
    do {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < CALLS; i++) {
        kernels.gemm(a, b, c, Epilogue.NONE);
      }
      allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
    } while (allocated > LIMIT && System.nanoTime() - start < PATIENCE);
    long bytes = allocated / CALLS;
    assertTrue(
        allocated <= LIMIT,
        () -> kernels.description() + " allocates " + bytes + " bytes for " + m + " × " + n);
  }
}
