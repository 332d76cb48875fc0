package dev.lanewise.model.cli;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.CausalModel;
import dev.lanewise.model.generate.Candidates;
import dev.lanewise.model.generate.LanguageModel;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code lanewise logits}: what a model predicts next, as JSON. */
final class LogitsCommand implements Command {
  private final Arguments arguments =
      new Arguments(
          "logits",
          "--ids IDS | -p TEXT [options]",
          "Prints as JSON the ids, the tokens that most likely follow them with their logits, and"
              + " the logarithm of the sum of all exponentials; with --all every logit after every"
              + " token.");
  private final Option.Text ids =
      arguments.add(new Option.Text("IDS", "token ids, separated by commas", "--ids"));
  private final Option.Text prompt =
      arguments.add(
          new Option.Text(
              "TEXT", "a text, with the tokens the model puts around it", "-p", "--prompt"));
  private final ModelOptions model = new ModelOptions().addAll(arguments);
  private final Option.Whole top =
      arguments.add(
          new Option.Whole(
              "K",
              10,
              1,
              Integer.MAX_VALUE,
              "how many of the likeliest to print (default 10)",
              "--top"));
  private final Option.Flag all =
      arguments.add(new Option.Flag("print the logits after every token", "--all"));

  LogitsCommand() {
    arguments.add(new Option.Flag("print one JSON object, which is the default", "--json"));
  }

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    if (ids.given() == prompt.given()) {
      throw new UsageException("give either --ids or -p");
    }
    if (ids.given()) { // no tokenizer is needed, so none needs to be there
      try (CausalModel loaded = model.loadWithoutTokenizer(io)) {
        print(TokenIds.parse("--ids", ids.value(), loaded.vocabSize()), loaded, io);
      }
    } else {
      try (LanguageModel loaded = model.load(io)) {
        Tokenizer tokenizer = loaded.tokenizer();
        print(tokenizer.prompt(tokenizer.encode(prompt.value(), false)), loaded.model(), io);
      }
    }
    return Main.OK;
  }

  private void print(int[] tokens, CausalModel loaded, Stdio io) {
    if (tokens.length == 0) {
      throw new LanewiseException("there is no token to begin with: give a text or ids");
    }
    try (Parallel team = Parallel.of(model.threads())) {
      CausalModel.Session session =
          loaded.newSession(Kernels.best(team), model.contextLength(loaded));
      if (all.given()) {
        printAll(tokens, session, io);
      } else {
        printTop(tokens, session, io);
      }
    }
  }

  private static void printAll(int[] tokens, CausalModel.Session session, Stdio io) {
    io.emit("{\"logits\":[");
    session.forwardAll(
        tokens,
        0,
        tokens.length,
        (index, logits) -> io.emit((index == 0 ? "" : ",") + Json.write(logits)));
    io.emit("]}\n");
  }

  private void printTop(int[] tokens, CausalModel.Session session, Stdio io) {
    float[] logits = session.forward(tokens, 0, tokens.length);
    List<List<Number>> best = new ArrayList<>();
    for (int id : Candidates.best(logits, top.intValue())) {
      best.add(List.of(id, logits[id]));
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("ids", tokens);
    map.put("top", best);
    map.put("logsumexp", LogSumExp.of(logits));
    io.emit(Json.write(map) + "\n");
  }
}
