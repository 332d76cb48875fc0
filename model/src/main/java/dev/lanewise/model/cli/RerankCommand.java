package dev.lanewise.model.cli;

import dev.lanewise.model.arch.HeadKind;
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
              + " for pairs of texts and one score, or a GGUF file of Qwen3-Reranker.");
  private final TextOptions options = new TextOptions(arguments, ModelOptions.required());
  private final Option.Text query =
      arguments.add(new Option.Text("Q", "what the texts shall answer (required)", "--query"));

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    if (!query.given()) {
      throw new UsageException("option --query is missing: what shall the texts answer?");
    }
    List<String> texts = options.texts(io, "rank");
    try (TextModel model = options.load(io, HeadKind.SEQUENCE_CLASSES);
        Reranker reranker = new Reranker(model, options.threads())) {
      BatchProgressLine progress = new BatchProgressLine(io, "reranking", texts.size());
      List<Reranker.Ranked> ranking = reranker.rank(query.value(), texts, progress);
      progress.done();
      ranking.forEach(ranked -> io.emit(line(ranked)));
    }
    return Main.OK;
  }

  private String line(Reranker.Ranked ranked) {
    if (!options.json()) {
      return Decimals.fixed(ranked.score(), 4) + "  " + ranked.text() + "\n";
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("score", ranked.score());
    map.put("index", ranked.index());
    map.put("text", ranked.text());
    return Json.write(map) + "\n";
  }
}
