package dev.lanewise.bench;

import dev.lanewise.bench.peers.LlamaBench;
import dev.lanewise.bench.peers.LlamaBench.Load;
import dev.lanewise.bench.peers.LlamaBench.Speed;
import dev.lanewise.bench.report.Result;
import dev.lanewise.model.LanewiseException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What no method does that JMH could call: a whole language model by two programs, Lanewise's own
 * and llama.cpp's, in turn, so that a machine that slows down slows down both. The medians of the
 * rounds are results as those of JMH are.
 */
final class LlamaRounds {
  private static final String NAME = "LlamaBench.";

  private static final int ROUNDS = 3;
  private static final int PROMPT = 512;
  private static final int GENERATED = 64;

  /** Runs of each test that a program takes the mean of. */
  private static final int REPETITIONS = 3;

  /** About the time that a program takes with a small model, its warm-up included. */
  private static final double SECONDS = 12;

  private final Map<String, Function<Load, List<Speed>>> programs = new LinkedHashMap<>();
  private final Path model;
  private final List<Integer> threads;
  private final int prompt;
  private final int generated;

  /**
   * What to run.
   *
   * @param lanewise runs Lanewise's program
   * @param llama runs llama.cpp's
   * @param only part of the names of the tests to run
   */
  LlamaRounds(
      Function<Load, List<Speed>> lanewise,
      Function<Load, List<Speed>> llama,
      Path model,
      List<Integer> threads,
      String only) {
    programs.put("simd", lanewise);
    programs.put("llama.cpp", llama);
    this.model = model;
    this.threads = threads;
    prompt = (NAME + LlamaBench.PREFILL).contains(only) ? PROMPT : 0;
    generated = (NAME + LlamaBench.DECODE).contains(only) ? GENERATED : 0;
  }

  /**
   * What the command line asks for, if the environment names llama.cpp's program and a model.
   *
   * @throws LanewiseException if the model cannot be had
   */
  static Optional<LlamaRounds> of(SuiteOptions options) {
    Optional<String> program = LlamaBench.program();
    if (program.isEmpty() || !wanted(options)) {
      return Optional.empty();
    }
    List<Integer> threads =
        SuitePlan.threads("peers", options).stream().map(Integer::valueOf).toList();
    return ModelBenchmark.named()
        .filter(model -> SuitePlan.isFor(CausalBenchmark.class, model))
        .map(
            model ->
                new LlamaRounds(
                    LlamaBench::runLanewise,
                    load -> LlamaBench.run(program.get(), load),
                    model,
                    threads,
                    options.only()));
  }

  /** Whether the command line asks for it. */
  static boolean wanted(SuiteOptions options) {
    return List.of("peers", "all").contains(options.command())
        && Stream.of(LlamaBench.PREFILL, LlamaBench.DECODE)
            .anyMatch(test -> (NAME + test).contains(options.only()));
  }

  /** Numbers of threads that programs use. */
  List<Integer> threads() {
    return threads;
  }

  /** How often a program is run. */
  int count() {
    return threads.size() * ROUNDS * programs.size();
  }

  /** About the time that all of it takes. */
  double seconds() {
    return count() * SECONDS;
  }

  /**
   * Runs the rounds for one number of threads. A program that fails is not run again, and has no
   * results.
   */
  List<Result> run(int threads, SuiteProgress progress) {
    Load load = new Load(model, threads, prompt, generated, REPETITIONS);
    String modelName = ModelBenchmark.name(model.toString());
    Map<String, List<Speed>> speeds = new LinkedHashMap<>();
    programs.keySet().forEach(name -> speeds.put(name, new ArrayList<>()));
    for (int round = 1; round <= ROUNDS; round++) {
      for (String name : List.copyOf(speeds.keySet())) {
        progress.begin(
            "%simplementation=%s model=%s threads=%d round=%d"
                .formatted(NAME.replace('.', ' '), name, modelName, threads, round));
        try {
          speeds.get(name).addAll(programs.get(name).apply(load));
          progress.end();
        } catch (LanewiseException e) {
          progress.fail(e.getMessage());
          speeds.remove(name);
        }
      }
    }
    List<Result> results = new ArrayList<>();
    add(LlamaBench.PREFILL, prompt, prompt, speeds, threads, results);
    add(LlamaBench.DECODE, generated, 1, speeds, threads, results);
    return results;
  }

  /**
   * A result of each program.
   *
   * @param tokens of the test; 0 if it is not wanted
   * @param atOnce tokens of a forward pass, which is what a result tells the time of
   */
  private void add(
      String test,
      int tokens,
      int atOnce,
      Map<String, List<Speed>> speeds,
      int threads,
      List<Result> results) {
    speeds.forEach(
        (name, all) -> {
          double[] nanos =
              all.stream()
                  .filter(speed -> tokens > 0 && speed.test().equals(test))
                  .mapToDouble(speed -> atOnce * 1e9 / speed.tokensPerSecond())
                  .sorted()
                  .toArray();
          if (nanos.length > 0) {
            double median = nanos[nanos.length / 2];
            Map<String, String> parameters = new LinkedHashMap<>();
            parameters.put("implementation", name);
            parameters.put("model", ModelBenchmark.name(model.toString()));
            parameters.put("threads", Integer.toString(threads));
            parameters.put("tokens", Integer.toString(tokens));
            results.add(
                new Result(
                    NAME + test,
                    parameters,
                    median,
                    Math.max(median - nanos[0], nanos[nanos.length - 1] - median),
                    CausalBenchmark.forward(model, atOnce)));
          }
        });
  }
}
