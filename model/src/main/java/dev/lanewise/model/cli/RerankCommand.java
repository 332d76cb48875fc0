package dev.lanewise.model.cli;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.task.Reranker;
import dev.lanewise.model.task.TextModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code lanewise rerank}: texts in the order in which they answer a query. */
final class RerankCommand implements Command {
  private final Arguments arguments =
      new Arguments(
          "rerank",
          "-m MODEL --query Q (TEXT… | -f FILE) [options]",
          "Sorts texts by how well they answer a query, the best first: a line with score and text"
              + " for each, or with --json an object {\"score\":…,\"index\":…,\"text\":…}, where"
              + " the index counts the texts given from 0. The model must be a cross-encoder, made"
              + " for pairs of texts and one score.");
  private final ModelOptions model = new ModelOptions().addChoice(arguments);
  private final Option.Text query =
      arguments.add(new Option.Text("Q", "what the texts shall answer", "--query"));
  private final Option.Text file =
      arguments.add(
          new Option.Text(
              "FILE", "a file with a text in every line; - is standard input", "-f", "--file"));
  private final Option.Whole threads = arguments.add(Option.Whole.threads("threads"));
  private final Option.Flag json =
      arguments.add(new Option.Flag("print one JSON object per text", "--json"));

  RerankCommand() {
    arguments.allowPositionals(Integer.MAX_VALUE);
  }

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    if (!query.given()) {
      throw new UsageException("option --query is missing: what shall the texts answer?");
    }
    if (file.given() != arguments.positionals().isEmpty()) {
      throw new UsageException("give either texts or -f FILE");
    }
    List<String> texts =
        file.given() ? io.read(file.value()).lines().toList() : arguments.positionals();
    if (texts.isEmpty()) {
      throw new LanewiseException(file.value() + ": is empty; there is no text to rank");
    }
    try (Reranker reranker =
        new Reranker(TextModel.load(model.requiredPath(io)), threads.intValue())) {
      TextsProgress progress = new TextsProgress(io, "reranking", texts.size());
      List<Reranker.Ranked> ranking = reranker.rank(query.value(), texts, progress);
      progress.done();
      ranking.forEach(ranked -> io.emit(line(ranked)));
    }
    return Main.OK;
  }

  private String line(Reranker.Ranked ranked) {
    if (!json.given()) {
      return Decimals.fixed(ranked.score(), 4) + "  " + ranked.text() + "\n";
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("score", ranked.score());
    map.put("index", ranked.index());
    map.put("text", ranked.text());
    return Json.write(map) + "\n";
  }
}
