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
  /**
   * With the roofline's two seconds, the start of the JVM and a last call that takes longer than
   * those before, all is done in less than ten.
   */
  private static final long BUDGET_NANOS = 6_000_000_000L;

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
    Samples.Limits limits = Samples.Limits.of(warmUpSeconds * 1e9, count, BUDGET_NANOS);
    Map<String, Object> result = new LinkedHashMap<>(bench.parameters());
    Samples samples;
    try (Parallel team = Parallel.of(threads)) {
      Kernels kernels = Kernels.best(team);
      result.put("threads", team.threads());
      result.put("implementation", kernels.description());
      bench.prepare();
      int few = Math.min(bench.rows(), Samples.FEW_ROWS);
      bench.run(kernels, few);
      bench.check(few); // nothing wrong is timed
      samples = Samples.of(rows -> bench.run(kernels, rows), bench.rows(), limits);
      bench.check(samples.rows()); // what was timed, in the code that it was timed in
    } catch (OutOfMemoryError e) {
      throw new LanewiseException(
          "the operands do not fit in memory ("
              + e.getMessage()
              + "); choose smaller sizes or a larger heap (-Xmx)",
          e);
    }
    addSpeed(bench, samples, result);
    double percent = addRoofline(bench, samples, Roofline.measure(threads), result);
    if (samples.rows() < bench.rows()) {
      notes.accept(
          "a call takes %.0f s: calls with %d of its %d rows were measured"
              .formatted(samples.median() * 1e-9, samples.rows(), bench.rows()));
    }
    if (!samples.steady()) {
      notes.accept("the time was not steady after the warm-up");
    }
    if (percent > 100) {
      notes.accept("faster than the memory, so the operands stay in a cache");
    }
    return result;
  }

  private static void addSpeed(KernelBench bench, Samples samples, Map<String, Object> result) {
    KernelBench.Unit unit = bench.unit();
    double one = unit.of(bench, samples.shortest());
    double other = unit.of(bench, samples.longest());
    result.put(unit.key(), unit.of(bench, samples.median()));
    result.put(unit.key() + "_min", Math.min(one, other));
    result.put(unit.key() + "_max", Math.max(one, other));
    result.put("samples", samples.count());
    if (samples.rows() < bench.rows()) {
      result.put("measured_rows", samples.rows());
    }
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
