package dev.lanewise.bench;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What all benchmarks share: how they are run, and the implementation that they time.
 *
 * <p>A measured method returns its output and allocates nothing itself, so that {@code -prof gc}
 * shows what the implementation allocates.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsPrepend = KernelBenchmark.VECTOR_MODULE)
public abstract class KernelBenchmark {
  /**
   * No manifest can ask for a module, so every JVM that JMH starts is told; in front, because
   * {@code -jvmArgsAppend} on the command line takes the place of what is appended here.
   */
  static final String VECTOR_MODULE = "--add-modules=jdk.incubator.vector";

  private static final long SEED = 135;

  private static final Pattern SIZE = Pattern.compile("[1-9][0-9]{0,8}");

  /** Threads that share one operation; one, by default, as two blur what a kernel does. */
  @Param("1")
  int threads;

  /** Lanewise's implementation; null where a peer's is timed. */
  Kernels kernels;

  private Parallel team;

  /** Makes the implementation and its operands. */
  @Setup
  public void setUp() {
    team = Parallel.of(threads);
    kernels =
        switch (implementation()) {
          case "reference" -> Kernels.reference(team);
          case "simd" -> Kernels.best(team);
          default -> null;
        };
    if (kernels != null && !kernels.description().startsWith(implementation())) {
      throw new IllegalStateException(
          "asked for %s, got %s; start java with %s"
              .formatted(implementation(), kernels.description(), VECTOR_MODULE));
    }
    prepare(new SplittableRandom(SEED));
  }

  /** Frees what the operands hold and ends the implementation's threads. */
  @TearDown
  public void tearDown() {
    release();
    team.close();
  }

  /** Which implementation runs: {@code reference}, {@code simd} or the name of a peer. */
  protected abstract String implementation();

  /** What a call has to do; told by the parameters alone, before anything is made. */
  protected abstract Work work();

  /** Makes the operands, the same for the same parameters. */
  abstract void prepare(RandomGenerator random);

  /** Frees what {@link #prepare} made and no collector frees. */
  void release() {}

  /** A shape as parameters spell it: numbers with an x between them. */
  protected static int[] sizes(String shape, int count) {
    String[] parts = shape.split("x", -1);
    if (parts.length != count || !Arrays.stream(parts).allMatch(SIZE.asMatchPredicate())) {
      throw new IllegalArgumentException(
          "shape '%s' must be %d numbers above 0 with an x between them".formatted(shape, count));
    }
    return Arrays.stream(parts).mapToInt(Integer::parseInt).toArray();
  }
}
