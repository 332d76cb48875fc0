package dev.lanewise.bench;

import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * How thoroughly a suite measures. Even in the short profile there is most of a second to compile a
 * kernel in: until then its vectors are objects.
 *
 * @param name what reports call it
 * @param forks JVMs for each benchmark: what the compiler makes of a kernel differs between them
 * @param warmUps iterations before those that count
 * @param warmUpMillis length of one
 * @param iterations that count, in each JVM
 * @param iterationMillis length of one
 */
record SuiteProfile(
    String name, int forks, int warmUps, int warmUpMillis, int iterations, int iterationMillis) {
  static final SuiteProfile SHORT = new SuiteProfile("short", 1, 2, 400, 5, 160);

  /** Models call many kernels, and one compiler makes all of them fast: that takes seconds. */
  static final SuiteProfile SHORT_MODELS = new SuiteProfile("short", 1, 4, 1000, 5, 300);

  static final SuiteProfile FULL = new SuiteProfile("full", 5, 5, 1000, 5, 1000);

  /** To start a JVM and to make operands. */
  private static final double FORK_SECONDS = 0.8;

  /** The profile for benchmarks of whole models, or of kernels. */
  static SuiteProfile of(boolean models, boolean full) {
    if (full) {
      return FULL;
    }
    return models ? SHORT_MODELS : SHORT;
  }

  /** About the time that one benchmark takes. */
  double seconds() {
    return forks * (FORK_SECONDS + (warmUps * warmUpMillis + iterations * iterationMillis) / 1e3);
  }

  /** Adds the times. */
  void addTo(ChainedOptionsBuilder options) {
    options
        .forks(forks)
        .warmupIterations(warmUps)
        .warmupTime(TimeValue.milliseconds(warmUpMillis))
        .measurementIterations(iterations)
        .measurementTime(TimeValue.milliseconds(iterationMillis));
  }
}
