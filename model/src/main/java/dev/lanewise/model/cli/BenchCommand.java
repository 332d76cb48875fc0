package dev.lanewise.model.cli;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.arch.CausalModel;
import dev.lanewise.model.generate.LanguageModel;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.task.TextModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * {@code lanewise bench}: how many tokens per second a model reads and writes, how many sequences
 * an encoder embeds, or how fast one kernel is.
 */
final class BenchCommand implements Command {
  /** Two runs that differ by less count as equally fast: nothing is being compiled any more. */
  private static final double STEADY = 0.03;

  /** Compilers need so many runs and so much time before two equal times mean anything. */
  private static final int MIN_WARM_UPS = 3;

  private static final double MIN_WARM_UP_SECONDS = 2;

  /** Kernels are compiled sooner than models. */
  private static final double KERNEL_WARM_UP_SECONDS = 2.5;

  /** All layers run in every round, so that most is compiled in a few. */
  private static final double ENCODER_WARM_UP_SECONDS = 5;

  /** A kernel's name and its sizes. */
  private static final int MAX_WORDS = 4;

  private final Arguments arguments =
      new Arguments(
          "bench",
          """
          -m MODEL [options]
                 lanewise bench gemm M N K [options]
                 lanewise bench softmax ROWS COLUMNS [options]
                 lanewise bench attention HEADS HEAD_DIM LENGTH [--causal] [options]
                 lanewise bench gemv TYPE ROWS COLUMNS [options]
                 lanewise bench embed -m MODEL [--batch B] [--length L] [options]\
          """,
          "Measures prompt processing (ppP: P random tokens at once, from an empty context) and"
              + " text generation (tgN: N tokens one by one, from an empty context), each after"
              + " warm-up runs until the time is steady. With a kernel's name it measures that"
              + " kernel instead, on random operands, after checking its output: the median speed,"
              + " and its part of what this machine can do at best (more than 100 percent if the"
              + " operands stay in a cache). Suites of benchmarks: lanewise bench kernels --help.");
  private final ModelOptions model = new ModelOptions().addChoice(arguments);
  private final Option.Whole threads = arguments.add(Option.Whole.threads("threads"));
  private final Option.Whole prompt =
      arguments.add(
          new Option.Whole(
              "P", 512, 0, 1 << 20, "tokens of the prompt; 0: skip (default 512)", "-p"));
  private final Option.Whole count =
      arguments.add(
          new Option.Whole("N", 64, 0, 1 << 20, "tokens to generate; 0: skip (default 64)", "-n"));
  private final Option.Whole repetitions =
      arguments.add(
          new Option.Whole(
              "R",
              5,
              1,
              1000,
              "measured runs of each test (default 5; kernels and embed: for 2 s)",
              "-r"));
  private final Option.Decimal warmUp =
      arguments.add(
          new Option.Decimal(
              "S",
              20,
              0,
              3600,
              "longest warm-up of a test in seconds (default 20, kernels: 2.5, embed: 5)",
              "--warm-up"));
  private final Option.Whole batch =
      arguments.add(
          new Option.Whole("B", 1, 1, 1 << 16, "embed: sequences at once (default 1)", "--batch"));
  private final Option.Whole length =
      arguments.add(
          new Option.Whole(
              "L", 128, 1, 1 << 20, "embed: tokens of a sequence (default 128)", "--length"));
  private final Option.Flag causal =
      arguments.add(new Option.Flag("attention: queries see no later keys", "--causal"));
  private final Option.Flag json =
      arguments.add(new Option.Flag("print a JSON array (kernels and embed: an object)", "--json"));

  /** Declares what it takes. */
  BenchCommand() {
    arguments.allowPositionals(MAX_WORDS);
  }

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    List<String> words = arguments.positionals();
    if (words.isEmpty()) {
      return runModel(io);
    }
    return words.equals(List.of("embed")) ? runEncoder(io) : runKernel(io);
  }

  private int runEncoder(Stdio io) {
    if (causal.given() || prompt.given() || count.given()) {
      throw new UsageException("-p, -n and --causal are not for embed; see --batch and --length");
    }
    if (!model.given()) {
      throw new UsageException("option -m is missing: which model?");
    }
    BenchEmbed bench =
        new BenchEmbed(TextModel.load(model.path(io)), batch.intValue(), length.intValue());
    print(
        bench.measure(
            threads.intValue(),
            warmUp.given() ? warmUp.value() : ENCODER_WARM_UP_SECONDS,
            repetitions.given() ? repetitions.intValue() : 0,
            io),
        io);
    return Main.OK;
  }

  private int runKernel(Stdio io) {
    if (model.given() || prompt.given() || count.given()) {
      throw new UsageException("-m, -p and -n are for models, and a kernel was named");
    }
    refuseSizesOfBatches();
    Map<String, Object> result =
        KernelSpeed.measure(
            KernelBench.of(arguments.positionals(), causal.given()),
            threads.intValue(),
            warmUp.given() ? warmUp.value() : KERNEL_WARM_UP_SECONDS,
            repetitions.given() ? repetitions.intValue() : 0,
            io);
    print(result, io);
    return Main.OK;
  }

  private void print(Map<String, Object> result, Stdio io) {
    io.emit(json.given() ? Json.write(result) + "\n" : table(result));
  }

  private void refuseSizesOfBatches() {
    if (batch.given() || length.given()) {
      throw new UsageException("--batch and --length are for embed: bench embed -m MODEL");
    }
  }

  private int runModel(Stdio io) {
    if (causal.given()) {
      throw new UsageException("--causal is for attention: bench attention HEADS HEAD_DIM LENGTH");
    }
    refuseSizesOfBatches();
    if (prompt.intValue() == 0 && count.intValue() == 0) {
      throw new UsageException("-p 0 and -n 0 leave nothing to measure");
    }
    LanguageModel loaded = LanguageModel.load(model.path(io)); // it has warm-up runs of its own
    int context = Math.max(1, Math.max(prompt.intValue(), count.intValue()));
    List<Result> results = new ArrayList<>();
    try (Parallel team = Parallel.of(threads.intValue())) {
      Kernels kernels = Kernels.best(team);
      io.note("lanewise bench: " + kernels.description() + ", " + team.threads() + " threads");
      CausalModel.Session session = loaded.model().newSession(kernels, context);
      int[] ids = randomIds(context, loaded.model().vocabSize());
      if (prompt.intValue() > 0) {
        results.add(measure("pp", prompt.intValue(), prompt.intValue(), ids, session, io));
      }
      if (count.intValue() > 0) {
        results.add(measure("tg", count.intValue(), 1, ids, session, io));
      }
    }
    io.emit(json.given() ? toJson(results) : table(results));
    return Main.OK;
  }

  private static int[] randomIds(int n, int vocabSize) {
    SplittableRandom random = new SplittableRandom(1);
    int[] ids = new int[n];
    for (int i = 0; i < n; i++) {
      ids[i] = random.nextInt(vocabSize);
    }
    return ids;
  }

  private Result measure(
      String kind, int tokens, int step, int[] ids, CausalModel.Session session, Stdio io) {
    String test = kind + tokens;
    double total = 0;
    double last = 0;
    boolean steady = false;
    for (int i = 0; i == 0 || (!steady && total < warmUp.value()); i++) {
      double seconds = seconds(tokens, step, ids, session);
      total += seconds;
      steady =
          i + 1 >= MIN_WARM_UPS
              && total >= MIN_WARM_UP_SECONDS
              && Math.abs(seconds - last) <= STEADY * last;
      last = seconds;
    }
    if (!steady) {
      io.note("lanewise bench: " + test + ": the time was not steady after the warm-up");
    }
    double[] speeds = new double[repetitions.intValue()];
    for (int i = 0; i < speeds.length; i++) {
      speeds[i] = tokens / seconds(tokens, step, ids, session);
    }
    return Result.of(test, speeds);
  }

  /** Time to feed tokens from an empty context, {@code step} at once. */
  private static double seconds(int tokens, int step, int[] ids, CausalModel.Session session) {
    session.rewind(0);
    long start = System.nanoTime();
    for (int i = 0; i < tokens; i += step) {
      session.forward(ids, i, i + step);
    }
    return (System.nanoTime() - start) * 1e-9;
  }

  private static String toJson(List<Result> results) {
    List<Object> list = new ArrayList<>();
    for (Result result : results) {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("test", result.test());
      map.put("tokens_per_second", result.mean());
      map.put("stddev", result.deviation());
      list.add(map);
    }
    return Json.write(list) + "\n";
  }

  private static String table(List<Result> results) {
    Columns columns = new Columns().row("test", "tokens/s", "±");
    for (Result result : results) {
      columns.row(
          result.test(), Decimals.fixed(result.mean(), 2), Decimals.fixed(result.deviation(), 2));
    }
    return columns.toString();
  }

  private static String table(Map<String, Object> result) {
    Columns columns = new Columns();
    result.forEach(
        (key, value) ->
            columns.row(
                key,
                value instanceof Double number ? Decimals.fixed(number, 2) : value.toString()));
    return columns.toString();
  }

  /**
   * One line of the outcome.
   *
   * @param mean of the runs' tokens per second
   * @param deviation their sample standard deviation; 0 for a single run
   */
  record Result(String test, double mean, double deviation) {
    static Result of(String test, double[] speeds) {
      double sum = 0;
      for (double speed : speeds) {
        sum += speed;
      }
      double mean = sum / speeds.length;
      double squares = 0;
      for (double speed : speeds) {
        squares += (speed - mean) * (speed - mean);
      }
      double deviation = speeds.length < 2 ? 0 : Math.sqrt(squares / (speeds.length - 1));
      return new Result(test, mean, deviation);
    }
  }
}
