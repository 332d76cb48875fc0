package dev.lanewise.model.cli;

import dev.lanewise.model.arch.HeadKind;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.task.Filling;
import dev.lanewise.model.task.MaskFiller;
import dev.lanewise.model.task.TextModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code lanewise fill}: what fits where texts have masks. */
final class FillCommand implements Command {
  private final Arguments arguments =
      new Arguments(
          "fill",
          "-m MODEL (TEXT… | -f FILE) [options]",
          "Tells which tokens fit best where a text has a mask, written [MASK] or <mask>: a line"
              + " with score and completed text for each, and an empty line between masks; or with"
              + " --json an object for each text,"
              + " {\"text\":…,\"masks\":[[{\"score\":…,\"id\":…,\"token\":…,\"text\":…},…],…]}."
              + " Each of several masks has a list of its own.");
  private final TextOptions options = new TextOptions(arguments, ModelOptions.required());
  private final Option.Whole top = arguments.add(Option.Whole.top(5, "tokens for a mask"));
  private boolean first = true;

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    List<String> texts = options.texts(io, "fill");
    try (TextModel model = options.load(io, HeadKind.MASKED_TOKENS);
        MaskFiller filler = new MaskFiller(model, options.threads())) {
      TextOptions.run(
          io,
          "filling",
          texts,
          (part, progress) -> filler.fill(part, top.intValue(), progress),
          (text, masks) -> print(text, masks, io));
    }
    return Main.OK;
  }

  private void print(String text, List<List<Filling>> masks, Stdio io) {
    if (options.json()) {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("text", text);
      map.put("masks", masks.stream().map(FillCommand::list).toList());
      io.emit(Json.write(map) + "\n");
      return;
    }
    for (List<Filling> fillings : masks) {
      StringBuilder lines = new StringBuilder(first ? "" : "\n");
      for (Filling filling : fillings) {
        lines.append(Decimals.fixed(filling.score(), 4)).append("  ");
        lines.append(filling.text()).append('\n');
      }
      io.emit(lines.toString());
      first = false;
    }
  }

  private static List<Object> list(List<Filling> fillings) {
    List<Object> list = new ArrayList<>();
    for (Filling filling : fillings) {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("score", filling.score());
      map.put("id", filling.id());
      map.put("token", filling.token());
      map.put("text", filling.text());
      list.add(map);
    }
    return list;
  }
}
