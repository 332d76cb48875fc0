package dev.lanewise.model.speed;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.kernels.Roofline;
import dev.lanewise.model.LanewiseException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Checks and times one kernel, and holds it against what the machine can do. */
public final class KernelSpeed {
  /** With the roofline's two seconds and the start of the JVM, all is done in less than ten. */
  private static final long BUDGET_NANOS = 6_500_000_000L;

  /** Operations of a call that takes a tenth of a second or more, and much longer uncompiled. */
  private static final double LONG = 2e10;

  /** How long small calls are repeated before a long one. */
  private static final double COMPILING_NANOS = 1e9;

  private KernelSpeed() {}

  /**
   * The result, by name, in the order in which it is shown.
   *
   * @param threads to work with
   * @param warmUpSeconds longest warm-up
   * @param count of samples, or 0: for two seconds
   * @param notes receives what is to be known about the result
   */
  public static Map<String, Object> measure(
      KernelBench bench, int threads, double warmUpSeconds, int count, Consumer<String> notes) {
    Samples.Limits limits =
        new Samples.Limits(warmUpSeconds * 1e9, count, System.nanoTime() + BUDGET_NANOS);
    Map<String, Object> result = new LinkedHashMap<>(bench.parameters());
    Samples samples;
    try (Parallel team = Parallel.of(threads)) {
      Kernels kernels = Kernels.best(team);
      result.put("threads", team.threads());
      result.put("implementation", kernels.description());
      if (bench.flops() > LONG) {
        compile(bench.small(), kernels, Math.min(COMPILING_NANOS, warmUpSeconds * 1e9));
      }
      bench.prepare();
      long start = System.nanoTime();
      bench.run(kernels);
      double first = (double) (System.nanoTime() - start);
      bench.check();
      samples = Samples.of(() -> bench.run(kernels), first, limits);
    } catch (OutOfMemoryError e) {
      throw new LanewiseException(
          "the operands do not fit in memory ("
              + e.getMessage()
              + "); choose smaller sizes or a larger heap (-Xmx)",
          e);
    }
    addSpeed(bench, samples, result);
    double percent = addRoofline(bench, samples, Roofline.measure(threads), result);
    if (!samples.steady()) {
      notes.accept("the time was not steady after the warm-up");
    }
    if (percent > 100) {
      notes.accept("faster than the memory, so the operands stay in a cache");
    }
    return result;
  }

  /** Has the kernel compiled, so that a call that leaves no time for another is as fast as any. */
  private static void compile(KernelBench small, Kernels kernels, double nanos) {
    small.prepare();
    long start = System.nanoTime();
    do {
      small.run(kernels);
    } while (System.nanoTime() - start < nanos);
  }

  private static void addSpeed(KernelBench bench, Samples samples, Map<String, Object> result) {
    KernelBench.Unit unit = bench.unit();
    double one = unit.of(bench, samples.shortest());
    double other = unit.of(bench, samples.longest());
    result.put(unit.key(), unit.of(bench, samples.median()));
    result.put(unit.key() + "_min", Math.min(one, other));
    result.put(unit.key() + "_max", Math.max(one, other));
    result.put("samples", samples.count());
  }

  /**
   * No call can take less than its operations at the machine's peak, nor, unless its operands lie
   * in a cache, than its bytes at the memory's.
   */
  private static double addRoofline(
      KernelBench bench, Samples samples, Roofline roofline, Map<String, Object> result) {
    double computing = bench.flops() / roofline.gflops();
    double reading = bench.bytes() / roofline.gbytesPerSecond();
    double percent = 100 * Math.max(computing, reading) / samples.median();
    result.put("percent_of_roofline", percent);
    result.put("bound", computing >= reading ? "compute" : "memory");
    result.put("peak_gflops", roofline.gflops());
    result.put("peak_gbytes_per_second", roofline.gbytesPerSecond());
    return percent;
  }
}
