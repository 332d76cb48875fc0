package dev.lanewise.model.cli;

import dev.lanewise.model.arch.EmbeddingConfig;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.task.Embedder;
import dev.lanewise.model.task.TextModel;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code lanewise embed}: texts to vectors. */
final class EmbedCommand implements Command {
  private final Arguments arguments =
      new Arguments(
          "embed",
          "[-m MODEL] (TEXT… | -f FILE) [options]",
          "Prints the vector of each text on a line of its own, its numbers separated by spaces, or"
              + " with --json an object {\"text\":…,\"embedding\":[…]}. A text that is longer than"
              + " the model takes in is cut off.");
  private final TextOptions options = new TextOptions(arguments, ModelOptions.embedder());
  private final Option.Text prefix =
      arguments.add(
          new Option.Text(
              "P",
              "what to put before each text, as some models want it, such as 'query: ' and"
                  + " 'passage: ' for E5 (default: what the model's files say)",
              "--prefix"));

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    List<String> texts = options.texts(io, "embed");
    try (TextModel model = options.load(io);
        Embedder embedder = new Embedder(model, options.threads())) {
      noteGuess(model, io);
      String before = prefix.given() ? prefix.value() : embedder.prompt();
      TextOptions.run(
          io,
          "embedding",
          texts,
          (part, progress) -> Arrays.asList(embedder.embed(prefixed(before, part), progress)),
          (text, vector) -> io.emit(options.json() ? object(text, vector) : line(vector)));
    }
    return Main.OK;
  }

  /** Says so if a model was likely not made for embeddings. */
  static void noteGuess(TextModel model, Stdio io) {
    if (EmbeddingConfig.isGuess(model.metadata())) {
      io.note(
          "lanewise: %s does not say how to make embeddings, as models for them do; the state of the"
                  .formatted(model.metadata().file())
              + " last token is taken, which may tell little");
    }
  }

  private static List<String> prefixed(String before, List<String> texts) {
    return before.isEmpty() ? texts : texts.stream().map(before::concat).toList();
  }

  private static String object(String text, float[] vector) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("text", text);
    map.put("embedding", vector);
    return Json.write(map) + "\n";
  }

  private static String line(float[] vector) {
    StringBuilder line = new StringBuilder();
    for (float number : vector) {
      line.append(line.isEmpty() ? "" : " ").append(number);
    }
    return line.append('\n').toString();
  }
}
