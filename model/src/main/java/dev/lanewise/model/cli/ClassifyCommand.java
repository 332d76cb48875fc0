package dev.lanewise.model.cli;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.HeadKind;
import dev.lanewise.model.task.LabelScore;
import dev.lanewise.model.task.TextClassifier;
import dev.lanewise.model.task.TextModel;
import dev.lanewise.model.task.TextPair;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code lanewise classify}: texts, or pairs of texts, to classes. */
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
              + " cut off. Models that were made for pairs of texts, to tell whether the second"
              + " follows from the first, say, need --second or --pairs: a line ends with both"
              + " texts and a tab between them, an object has the second text as well,"
              + " {\"text\":…,\"second\":…,\"labels\":…}, and of a pair that is too long the longer"
              + " text is cut off.");
  private final TextOptions options = new TextOptions(arguments, ModelOptions.required());
  private final Option.Whole top = arguments.add(Option.Whole.top(5, "classes of a text"));
  private final Option.Text second =
      arguments.add(
          new Option.Text(
              "TEXT",
              "make pairs: this is the second text, each of the others a first",
              "--second"));
  private final Option.Flag pairs =
      arguments.add(
          new Option.Flag(
              "make pairs: a line of FILE holds the first text, a tab and the second", "--pairs"));

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    if (second.given() && pairs.given()) {
      throw new UsageException("give either --second or --pairs");
    }
    List<String> texts = options.texts(io, "classify");
    List<TextPair> read = second.given() || pairs.given() ? pairs(texts) : null;
    try (TextModel model = options.load(io, HeadKind.SEQUENCE_CLASSES);
        TextClassifier classifier = new TextClassifier(model, options.threads())) {
      if (read == null) {
        TextOptions.run(
            io,
            "classifying",
            texts,
            (part, progress) -> classifier.classify(part, top.intValue(), progress),
            (text, labels) -> print(text, labels, io));
      } else {
        TextOptions.run(
            io,
            "classifying",
            read,
            (part, progress) -> classifier.classifyPairs(part, top.intValue(), progress),
            (pair, labels) -> print(pair, labels, io));
      }
    }
    return Main.OK;
  }

  private List<TextPair> pairs(List<String> texts) {
    if (second.given()) {
      return texts.stream().map(text -> new TextPair(text, second.value())).toList();
    }
    if (options.file() == null) {
      throw new UsageException("option --pairs needs -f FILE, with a pair in every line");
    }
    List<TextPair> read = new ArrayList<>();
    for (String line : texts) {
      String[] parts = line.split("\t", -1);
      if (parts.length != 2) {
        throw new LanewiseException(
            "%s: line %d has %d tabs, but a pair has one, between its texts"
                .formatted(options.file(), read.size() + 1, parts.length - 1));
      }
      read.add(new TextPair(parts[0], parts[1]));
    }
    return read;
  }

  private void print(String text, List<LabelScore> labels, Stdio io) {
    io.emit(
        options.json()
            ? LabelScores.object(Map.of("text", text), labels)
            : LabelScores.line(labels, text));
  }

  private void print(TextPair pair, List<LabelScore> labels, Stdio io) {
    if (!options.json()) {
      io.emit(LabelScores.line(labels, pair.first() + "\t" + pair.second()));
      return;
    }
    Map<String, String> map = new LinkedHashMap<>();
    map.put("text", pair.first());
    map.put("second", pair.second());
    io.emit(LabelScores.object(map, labels));
  }
}
