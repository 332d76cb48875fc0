package dev.lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collection;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** A warm decode step allocates nothing. */
class DecodeAllocationTest {
  /**
   * Bytes per token. The smallest object takes 16, so one allocated with every token is found; what
   * the profiler counts below that comes from JMH's own threads and is spread over the tokens.
   */
  private static final double LIMIT = 16;

  /**
   * Vectors are objects until the compiler has done its work in the background, however long that
   * takes on a busy machine: rounds are repeated until one of them allocates nothing.
   */
  private static final int MAX_ROUNDS = 16;

  @Test
  void warmDecodeAllocatesNothing() throws RunnerException {
    // Another benchmark on this machine does not matter here, as nothing is timed.
    System.setProperty("jmh.ignoreLock", "true");
    Options options =
        new OptionsBuilder()
            .include(DecodeBenchmark.class.getName() + ".decode")
            .param("implementation", "simd")
            .forks(0)
            .warmupIterations(1)
            .warmupTime(TimeValue.milliseconds(300))
            .measurementIterations(1)
            .measurementTime(TimeValue.milliseconds(200))
            .addProfiler(GCProfiler.class)
            .verbosity(VerboseMode.SILENT)
            .shouldFailOnError(true)
            .build();
    double bytes = Double.POSITIVE_INFINITY;
    for (int i = 0; i < MAX_ROUNDS && !(bytes < LIMIT); i++) {
      Collection<RunResult> results = new Runner(options).run();
      RunResult result = results.iterator().next();
      bytes = result.getSecondaryResults().get("gc.alloc.rate.norm").getScore();
    }
    double last = bytes;
    assertTrue(last < LIMIT, () -> last + " bytes for each token");
  }
}
