package dev.lanewise.model.cli;

import dev.lanewise.model.arch.HeadKind;
import dev.lanewise.model.task.TextClassifier;
import dev.lanewise.model.task.TextModel;
import java.util.List;

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
  private final Option.Whole top = arguments.add(Option.Whole.top(5, "classes of a text"));

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    List<String> texts = options.texts(io, "classify");
    try (TextModel model = options.load(io, HeadKind.SEQUENCE_CLASSES);
        TextClassifier classifier = new TextClassifier(model, options.threads())) {
      TextOptions.run(
          io,
          "classifying",
          texts,
          (part, progress) -> classifier.classify(part, top.intValue(), progress),
          (text, labels) ->
              io.emit(
                  options.json()
                      ? LabelScores.object(labels, "text", text)
                      : LabelScores.line(labels, text)));
    }
    return Main.OK;
  }
}
