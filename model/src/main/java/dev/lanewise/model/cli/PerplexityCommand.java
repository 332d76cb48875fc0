package dev.lanewise.model.cli;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.CausalModel;
import dev.lanewise.model.generate.LanguageModel;
import dev.lanewise.model.json.Json;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code lanewise perplexity}: how well a model predicts a text. */
final class PerplexityCommand implements Command {
  /** A token, and one that it predicts. */
  private static final int MIN_WINDOW = 2;

  private final Arguments arguments =
      new Arguments(
          "perplexity",
          "-f FILE [options]",
          "Cuts a text into windows; in each, every token but the first is predicted from those"
              + " before it. Prints as JSON how many tokens were predicted, the mean of their"
              + " negative log-likelihoods and its exponential. A window is no longer than the"
              + " context, if that is given.");
  private final Option.Text file =
      arguments.add(new Option.Text("FILE", "the text; - is standard input", "-f", "--file"));
  private final ModelOptions model = new ModelOptions().addAll(arguments);
  private final Option.Whole window =
      arguments.add(
          new Option.Whole(
              "W", 512, MIN_WINDOW, 1 << 24, "tokens per window (default 512)", "--window"));
  private final Option.Whole windows =
      arguments.add(
          new Option.Whole(
              "N", Integer.MAX_VALUE, 1, Integer.MAX_VALUE, "stop after N windows", "--windows"));

  private double sum;

  PerplexityCommand() {
    arguments.add(new Option.Flag("print one JSON object, which is the default", "--json"));
  }

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    if (!file.given()) {
      throw new UsageException("option -f is missing: which text?");
    }
    model.requireContext(window.given() ? window.intValue() : MIN_WINDOW, "--window");
    String text = io.read(file.value());
    long predicted;
    try (LanguageModel loaded = model.load(io);
        Parallel team = Parallel.of(model.threads())) {
      int[] ids = loaded.tokenizer().prompt(loaded.tokenizer().encode(text, false));
      if (ids.length < 2) {
        throw new LanewiseException(
            "%s: %d tokens; at least 2 are needed to predict one"
                .formatted(Stdio.name(file.value()), ids.length));
      }
      int most = window.intValue();
      if (!window.given()) {
        most = Math.min(most, model.contextLength(loaded));
      }
      int length = Math.min(most, ids.length);
      predicted = measure(ids, length, loaded.model(), Kernels.best(team), io);
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("tokens", predicted);
    map.put("mean_nll", sum / predicted);
    map.put("perplexity", Math.exp(sum / predicted));
    io.emit(Json.write(map) + "\n");
    return Main.OK;
  }

  /** Adds up the losses and returns over how many tokens. */
  private long measure(int[] ids, int length, CausalModel model, Kernels kernels, Stdio io) {
    CausalModel.Session session = model.newSession(kernels, length);
    // A last window of one token predicts nothing, as the logits after it meet no token.
    int count = ids.length / length + (ids.length % length >= 2 ? 1 : 0);
    int wanted = Math.min(count, windows.intValue());
    long predicted = 0;
    for (int w = 0; w < wanted; w++) {
      int from = w * length;
      int to = Math.min(ids.length, from + length);
      session.rewind(0);
      session.forwardAll(
          ids,
          from,
          to - 1,
          (index, logits) -> sum += LogSumExp.of(logits) - logits[ids[index + 1]]);
      predicted += to - from - 1;
      io.note(
          "window "
              + (w + 1)
              + " of "
              + wanted
              + ": perplexity so far "
              + Decimals.fixed(Math.exp(sum / predicted), 4));
    }
    return predicted;
  }
}
