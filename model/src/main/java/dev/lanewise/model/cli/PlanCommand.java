package dev.lanewise.model.cli;

import dev.lanewise.kernels.Roofline;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.ContextCost;
import dev.lanewise.model.catalogue.Sizes;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.FileMemory;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.task.ModelCost;
import dev.lanewise.model.task.Quantisation;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** {@code lanewise plan}: what a model will cost on this machine, before it is loaded. */
final class PlanCommand implements Command {
  private static final double SECONDS_PER_DAY = 86_400;

  private final Arguments arguments =
      new Arguments(
          "plan",
          "[-m MODEL] [options]",
          "Says what a model needs of this machine: room on disk and in memory, bytes and"
              + " operations for each token, and how fast it can be at most, by the machine's"
              + " limits, which are measured for about two seconds. Of a model in floats, what it"
              + " would need if it were quantised; and what it would take to train such a model"
              + " from nothing.");
  private final ModelOptions model = new ModelOptions().addAll(arguments);
  private final Option.Flag json =
      arguments.add(new Option.Flag("print one JSON object", "--json"));

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    Path path = model.path(io);
    try (FileMemory memory = FileMemory.owned(path.toString(), opened -> opened)) {
      memory.guarded(
          () -> {
            Checkpoint file = Checkpoint.open(path, memory);
            ModelCost cost = ModelCost.of(file); // first, as it may be refused
            int context = context(cost, path);
            Plan plan = new Plan(cost, context, Roofline.measure(model.threads()));
            io.emit(json.given() ? Json.write(plan.facts(file)) + "\n" : plan.table(file));
            return null;
          });
    }
    return Main.OK;
  }

  private int context(ModelCost cost, Path file) {
    int most = cost.context().contextLength();
    if (most == 0) {
      if (model.contextGiven()) {
        throw new LanewiseException(
            file + ": is no language model; -c sets the context that one remembers");
      }
      return 0;
    }
    int context = model.contextLength(most);
    ContextCost.require(context, file, most);
    return context;
  }

  /**
   * What is told of a model.
   *
   * @param context tokens of prompt and text together, 0 if the model is no language model
   */
  private record Plan(ModelCost cost, int context, Roofline limits) {
    Map<String, Object> facts(Checkpoint file) {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("file", file.file());
      facts.put("parameters", cost.parameters());
      facts.put("bits_per_parameter", cost.bitsPerParameter());
      facts.put("context", context);
      facts.put("cache_bytes", cost.context().bytes(context));
      facts.putAll(needs(cost));
      facts.put("flops_per_token", cost.flopsPerToken());
      facts.put("flops_per_prompt_token", cost.flopsPerPromptToken());
      facts.put("prompt_tokens_per_second", cost.promptTokensPerSecond(limits));
      facts.put("threads", limits.threads());
      facts.put("gflops", limits.gflops());
      facts.put("gbytes_per_second", limits.gbytesPerSecond());
      Map<String, Object> quantised = new LinkedHashMap<>();
      cost.quantised(file).forEach((type, other) -> quantised.put(type.name(), needs(other)));
      facts.put("quantised", quantised);
      facts.put("training_tokens", cost.trainingTokens());
      facts.put("training_flops", cost.trainingFlops());
      facts.put("training_days", trainingDays());
      return facts;
    }

    private Map<String, Object> needs(ModelCost of) {
      Map<String, Object> needs = new LinkedHashMap<>();
      needs.put("file_bytes", of.fileBytes());
      needs.put("memory_bytes", of.memoryBytes(context));
      if (context > 0) {
        needs.put("tokens_per_second", of.tokensPerSecond(limits, context / 2));
      }
      return needs;
    }

    private double trainingDays() {
      return cost.trainingFlops() / (limits.gflops() * 1e9) / SECONDS_PER_DAY;
    }

    String table(Checkpoint file) {
      Columns facts = new Columns();
      facts.row("model", file.file());
      facts.row(
          "parameters",
          cost.parameters() + ", " + Decimals.fixed(cost.bitsPerParameter(), 1) + " bits each");
      facts.row("file", Sizes.text(cost.fileBytes()));
      facts.row("memory", memory());
      facts.row("a token", Decimals.fixed(cost.flopsPerToken() / 1e9, 2) + " GFLOP" + read());
      facts.row("this machine", machine());
      facts.row("speed", "at most " + speed());
      facts.row("training", training());
      Map<Quantisation, ModelCost> smaller = cost.quantised(file);
      if (smaller.isEmpty()) {
        return facts.toString();
      }
      Columns types = new Columns();
      types.row("quantised", "file", "memory", context > 0 ? "at most" : "");
      smaller.forEach(
          (type, other) ->
              types.row(
                  type.name(),
                  Sizes.text(other.fileBytes()),
                  Sizes.text(other.memoryBytes(context)),
                  context > 0 ? perSecond(other.tokensPerSecond(limits, context / 2)) : ""));
      return facts + "\n" + types;
    }

    private String memory() {
      String weights = Sizes.text(cost.memoryBytes()) + " for weights";
      String cache = Sizes.text(cost.context().bytes(context));
      return context == 0
          ? weights
          : weights + ", " + cache + " for a context of " + context + " tokens";
    }

    private String read() {
      return context == 0
          ? ""
          : ", " + Sizes.text(Math.round(cost.bytesPerToken())) + " read to generate it";
    }

    private String machine() {
      return "%s GFLOP/s and %s GB/s with %d threads"
          .formatted(
              Decimals.fixed(limits.gflops(), 0),
              Decimals.fixed(limits.gbytesPerSecond(), 1),
              limits.threads());
    }

    private String speed() {
      String prompt = perSecond(cost.promptTokensPerSecond(limits));
      return context == 0
          ? prompt
          : "%s of a prompt, %s generated, %s once half of the context is full"
              .formatted(
                  prompt,
                  perSecond(cost.tokensPerSecond(limits, 0)),
                  perSecond(cost.tokensPerSecond(limits, context / 2)));
    }

    private String training() {
      return String.format(
          Locale.ROOT,
          "from nothing, with 20 tokens for each parameter: %.1e FLOP, at least %.0f days here",
          cost.trainingFlops(),
          trainingDays());
    }

    private static String perSecond(double tokens) {
      return Decimals.fixed(tokens, tokens < 10 ? 1 : 0) + " tokens/s";
    }
  }
}
