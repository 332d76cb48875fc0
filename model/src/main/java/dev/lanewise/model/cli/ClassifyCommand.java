package dev.lanewise.model.cli;

import dev.lanewise.model.arch.HeadKind;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.task.LabelScore;
import dev.lanewise.model.task.TextClassifier;
import dev.lanewise.model.task.TextModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** {@code lanewise classify}: texts to classes. */
final class ClassifyCommand implements Command {
  private final Arguments arguments =
      new Arguments(
          "classify",
          "-m MODEL (TEXT… | -f FILE) [options]",
          "Tells which classes each text belongs to: a line with the best classes, their scores and"
              + " the text, or with --json an object"
              + " {\"text\":…,\"labels\":[{\"label\":…,\"score\":…},…]}. Scores of classes of which"
              + " one is right sum to 1; where several may be, each is from 0 to 1; a model of"
              + " regression tells its numbers. A text that is longer than the model takes in is"
              + " cut off.");
  private final TextOptions options = new TextOptions(arguments, ModelOptions.required());
  private final Option.Whole top =
      arguments.add(
          new Option.Whole("K", 5, 1, 1 << 20, "most classes of a text (default 5)", "--top"));

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    List<String> texts = options.texts(io, "classify");
    TextModel model = options.load(io, HeadKind.SEQUENCE_CLASSES);
    try (TextClassifier classifier = new TextClassifier(model, options.threads())) {
      TextOptions.run(
          io,
          "classifying",
          texts,
          (part, progress) -> classifier.classify(part, top.intValue(), progress),
          (text, labels) -> io.emit(options.json() ? object(text, labels) : line(text, labels)));
    }
    return Main.OK;
  }

  private static String line(String text, List<LabelScore> labels) {
    String scores =
        labels.stream()
            .map(each -> each.label() + " " + Decimals.fixed(each.score(), 4))
            .collect(Collectors.joining(", "));
    return scores + "  " + text + "\n";
  }

  private static String object(String text, List<LabelScore> labels) {
    List<Object> list = new ArrayList<>();
    for (LabelScore each : labels) {
      Map<String, Object> label = new LinkedHashMap<>();
      label.put("label", each.label());
      label.put("score", each.score());
      list.add(label);
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("text", text);
    map.put("labels", list);
    return Json.write(map) + "\n";
  }
}
