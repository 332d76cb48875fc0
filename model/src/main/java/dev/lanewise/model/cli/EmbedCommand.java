package dev.lanewise.model.cli;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.task.Embedder;
import dev.lanewise.model.task.TextModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code lanewise embed}: texts to vectors. */
final class EmbedCommand implements Command {
  /** Texts that are sorted by length and held in memory together. */
  private static final int PART = 4096;

  private final Arguments arguments =
      new Arguments(
          "embed",
          "-m MODEL (TEXT… | -f FILE) [options]",
          "Prints the vector of each text on a line of its own, its numbers separated by spaces, or"
              + " with --json an object {\"text\":…,\"embedding\":[…]}. A text that is longer than"
              + " the model takes in is cut off.");
  private final ModelOptions model = new ModelOptions().addChoice(arguments);
  private final Option.Text file =
      arguments.add(
          new Option.Text(
              "FILE", "a file with a text in every line; - is standard input", "-f", "--file"));
  private final Option.Text prefix =
      arguments.add(
          new Option.Text(
              "P",
              "what to put before each text, as some models want it, such as 'query: ' and"
                  + " 'passage: ' for E5",
              "--prefix"));
  private final Option.Whole threads = arguments.add(Option.Whole.threads("threads"));
  private final Option.Flag json =
      arguments.add(new Option.Flag("print one JSON object per text", "--json"));

  EmbedCommand() {
    arguments.allowPositionals(Integer.MAX_VALUE);
  }

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    if (file.given() != arguments.positionals().isEmpty()) {
      throw new UsageException("give either texts or -f FILE");
    }
    List<String> texts =
        file.given() ? io.read(file.value()).lines().toList() : arguments.positionals();
    if (texts.isEmpty()) {
      throw new LanewiseException(file.value() + ": is empty; there is no text to embed");
    }
    try (Embedder embedder =
        new Embedder(TextModel.load(model.requiredPath(io)), threads.intValue())) {
      TextsProgress progress = new TextsProgress(io, "embedding", texts.size());
      for (int from = 0; from < texts.size(); from += PART) {
        List<String> part = texts.subList(from, Math.min(texts.size(), from + PART));
        progress.part(from);
        print(part, embedder.embed(prefixed(part), progress), io);
      }
      progress.done();
    }
    return Main.OK;
  }

  private List<String> prefixed(List<String> texts) {
    return prefix.given() ? texts.stream().map(prefix.value()::concat).toList() : texts;
  }

  private void print(List<String> texts, float[][] vectors, Stdio io) {
    for (int i = 0; i < vectors.length; i++) {
      if (json.given()) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("text", texts.get(i));
        map.put("embedding", vectors[i]);
        io.emit(Json.write(map) + "\n");
      } else {
        io.emit(line(vectors[i]));
      }
    }
  }

  private static String line(float[] vector) {
    StringBuilder line = new StringBuilder();
    for (float number : vector) {
      line.append(line.isEmpty() ? "" : " ").append(number);
    }
    return line.append('\n').toString();
  }
}
