package dev.lanewise.model.cli;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.CausalModel;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.speed.EncoderSpeed;
import dev.lanewise.model.speed.KernelSpeed;
import dev.lanewise.model.speed.ModelSpeed;
import dev.lanewise.model.task.TextModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code lanewise bench}: how many tokens per second a model reads and writes, how many sequences
 * an encoder embeds, or how fast one kernel is.
 */
final class BenchCommand implements Command {
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
          [-m MODEL] [options]
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
    return words.getFirst().equals("embed") ? runEncoder(io) : runKernel(io);
  }

  private int runEncoder(Stdio io) {
    if (arguments.positionals().size() > 1) {
      throw new UsageException(
          "embed takes options alone, not '"
              + arguments.positionals().get(1)
              + "'; name the model with -m");
    }
    if (causal.given() || prompt.given() || count.given()) {
      throw new UsageException("-p, -n and --causal are not for embed; see --batch and --length");
    }
    if (!model.given()) {
      throw new UsageException("option -m is missing: which model?");
    }
    try (TextModel loaded = TextModel.load(model.path(io))) {
      if (length.intValue() > loaded.encoder().maxLength()) {
        throw new LanewiseException(
            "--length %d: the model takes in %d tokens at most"
                .formatted(length.intValue(), loaded.encoder().maxLength()));
      }
      EncoderSpeed speed = new EncoderSpeed(loaded, batch.intValue(), length.intValue());
      print(
          speed.measure(
              threads.intValue(),
              warmUp.given() ? warmUp.value() : ENCODER_WARM_UP_SECONDS,
              repetitions.given() ? repetitions.intValue() : 0,
              note -> note(note, io)),
          io);
    }
    return Main.OK;
  }

  private int runKernel(Stdio io) {
    if (model.given() || prompt.given() || count.given()) {
      throw new UsageException("-m, -p and -n are for models, and a kernel was named");
    }
    refuseSizesOfBatches();
    Map<String, Object> result =
        KernelSpeed.measure(
            KernelArguments.bench(arguments.positionals(), causal.given()),
            threads.intValue(),
            warmUp.given() ? warmUp.value() : KERNEL_WARM_UP_SECONDS,
            repetitions.given() ? repetitions.intValue() : 0,
            note -> note(note, io));
    print(result, io);
    return Main.OK;
  }

  private static void note(String note, Stdio io) {
    io.note("lanewise bench: " + note);
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
    ModelSpeed speed =
        new ModelSpeed(warmUp.value(), repetitions.intValue(), note -> note(note, io));
    List<ModelSpeed.Result> results;
    try (CausalModel loaded = Checkpoint.load(model.path(io), Architectures::load)) {
      results = speed.measure(loaded, threads.intValue(), prompt.intValue(), count.intValue());
    }
    io.emit(json.given() ? toJson(results) : table(results));
    return Main.OK;
  }

  private static String toJson(List<ModelSpeed.Result> results) {
    List<Object> list = new ArrayList<>();
    for (ModelSpeed.Result result : results) {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("test", result.test());
      map.put("tokens_per_second", result.mean());
      map.put("stddev", result.deviation());
      list.add(map);
    }
    return Json.write(list) + "\n";
  }

  private static String table(List<ModelSpeed.Result> results) {
    Columns columns = new Columns().row("test", "tokens/s", "±");
    for (ModelSpeed.Result result : results) {
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
}
