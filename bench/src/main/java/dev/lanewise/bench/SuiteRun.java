package dev.lanewise.bench;

import dev.lanewise.bench.report.Machine;
import dev.lanewise.bench.report.Report;
import dev.lanewise.bench.report.Result;
import dev.lanewise.kernels.Roofline;
import dev.lanewise.model.LanewiseException;
import java.io.PrintStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** One run of a suite: the roofline, then every benchmark in JVMs of its own. */
final class SuiteRun {
  private static final String PACKAGE = "dev.lanewise.bench.";

  private final SuiteOptions options;
  private final PrintStream err;
  private final List<Roofline> rooflines = new ArrayList<>();
  private final List<Result> results = new ArrayList<>();
  private final Set<String> flags = new LinkedHashSet<>();

  SuiteRun(SuiteOptions options, PrintStream err) {
    this.options = options;
    this.err = err;
  }

  /**
   * Runs it.
   *
   * @param found receives all that was found, again after every method and number of threads
   * @throws LanewiseException if no benchmark was asked for
   * @throws RunnerException if JMH cannot work here: when another run holds its lock, say
   */
  Report run(Consumer<Report> found) throws RunnerException {
    List<SuitePlan> plans = SuitePlan.of(options);
    Optional<LlamaRounds> llama = LlamaRounds.of(options);
    int count =
        plans.stream().mapToInt(SuitePlan::count).sum() + llama.map(LlamaRounds::count).orElse(0);
    if (count == 0) {
      throw new LanewiseException(
          "there is no benchmark in '%s' with '%s' in its name%s"
              .formatted(
                  options.command(),
                  options.only(),
                  LlamaRounds.wanted(options)
                      ? "; LlamaBench needs the variables LLAMA_BENCH and LANEWISE_MODEL"
                      : ""));
    }
    Set<Integer> threads = new TreeSet<>();
    plans.forEach(plan -> threads.addAll(plan.threads()));
    llama.ifPresent(rounds -> threads.addAll(rounds.threads()));
    for (int t : threads) {
      err.println("lanewise bench: measuring the machine with threads: " + t);
      rooflines.add(Roofline.measure(t));
    }
    double seconds =
        plans.stream().mapToDouble(SuitePlan::seconds).sum()
            + llama.map(LlamaRounds::seconds).orElse(0.0);
    SuiteProgress progress = new SuiteProgress(count, seconds / count, err);
    for (SuitePlan plan : plans) {
      try {
        plan.pull();
        for (RunResult result : new Runner(options(plan), progress).run()) {
          add(result);
        }
        progress.finish();
      } catch (LanewiseException e) {
        progress.begin(name(plan.entry().getUsername()));
        progress.fail(e.getMessage());
      }
      found.accept(report(progress));
    }
    if (llama.isPresent()) {
      for (int t : llama.get().threads()) {
        results.addAll(llama.get().run(t, progress));
        found.accept(report(progress));
      }
    }
    return report(progress);
  }

  private Report report(SuiteProgress progress) {
    return new Report(
        options.command(),
        (options.full() ? SuiteProfile.FULL : SuiteProfile.SHORT).name(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        Machine.here(List.copyOf(flags)),
        rooflines,
        results,
        progress.failures());
  }

  private Options options(SuitePlan plan) {
    ChainedOptionsBuilder builder =
        new OptionsBuilder()
            .include("^" + Pattern.quote(plan.entry().getUsername()) + "$")
            .timeUnit(TimeUnit.NANOSECONDS)
            .shouldFailOnError(false);
    plan.parameters().forEach((name, values) -> builder.param(name, values.toArray(String[]::new)));
    plan.profile().addTo(builder);
    return builder.build();
  }

  private void add(RunResult run) {
    BenchmarkParams params = run.getParams();
    addFlags(params.getJvmArgs());
    Map<String, String> parameters = new LinkedHashMap<>();
    for (String key : params.getParamsKeys()) {
      parameters.put(key, params.getParam(key));
    }
    results.add(
        result(
            params.getBenchmark(),
            parameters,
            run.getPrimaryResult().getScore(),
            run.getPrimaryResult().getScoreError()));
  }

  /** What a method has shown; in reports a model has its name alone. */
  static Result result(
      String method, Map<String, String> parameters, double nanoseconds, double error) {
    String type = method.substring(0, method.lastIndexOf('.'));
    Work work = Benchmarks.create(Benchmarks.type(type), parameters).work();
    Map<String, String> told = new LinkedHashMap<>(parameters);
    told.computeIfPresent("model", (key, model) -> ModelBenchmark.name(model));
    return new Result(name(method), told, nanoseconds, error, work);
  }

  private void addFlags(Collection<String> jvm) {
    for (String flag : jvm) {
      if (!flag.startsWith("-D")) { // properties of the program, not of the JVM
        flags.add(flag);
      }
    }
  }

  /** The name for people: {@code Gemv.gemv} without package, without "Benchmark". */
  static String name(String method) {
    String name = method.startsWith(PACKAGE) ? method.substring(PACKAGE.length()) : method;
    return name.replace("peers.", "").replace("Benchmark.", ".");
  }
}
