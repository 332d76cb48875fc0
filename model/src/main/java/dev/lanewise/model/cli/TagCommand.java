package dev.lanewise.model.cli;

import dev.lanewise.model.arch.HeadKind;
import dev.lanewise.model.task.Entity;
import dev.lanewise.model.task.Tagger;
import dev.lanewise.model.task.TextModel;
import java.util.List;
import java.util.Map;

/** {@code lanewise tag}: the entities of texts. */
final class TagCommand implements Command {
  private final Arguments arguments =
      new Arguments(
          "tag",
          "-m MODEL (TEXT… | -f FILE) [options]",
          "Finds the stretches of each text that are of a class, such as names: a line with score,"
              + " place, class and stretch for each, and an empty line between texts; or with"
              + " --json an object for each text,"
              + " {\"text\":…,\"entities\":[{\"label\":…,\"score\":…,\"start\":…,\"end\":…,\"text\":…},…]}."
              + " Places count characters (code points) from 0. Long texts are read in windows that"
              + " overlap.");
  private final TextOptions options = new TextOptions(arguments, ModelOptions.required());
  private boolean first = true;

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    List<String> texts = options.texts(io, "tag");
    try (TextModel model = options.load(io, HeadKind.TOKEN_CLASSES);
        Tagger tagger = new Tagger(model, options.threads())) {
      TextOptions.run(
          io, "tagging", texts, tagger::tag, (text, entities) -> print(text, entities, io));
    }
    return Main.OK;
  }

  private void print(String text, List<Entity> entities, Stdio io) {
    List<Stretch> stretches =
        entities.stream()
            .map(
                each ->
                    new Stretch(each.label(), each.score(), each.start(), each.end(), each.text()))
            .toList();
    if (options.json()) {
      io.emit(Stretch.object(Map.of("text", text), text, "entities", stretches));
    } else {
      io.emit((first ? "" : "\n") + Stretch.lines(text, stretches, "(nothing)"));
    }
    first = false;
  }
}
