package dev.lanewise.model.cli;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.HeadKind;
import dev.lanewise.model.task.LabelScore;
import dev.lanewise.model.task.TextClassifier;
import dev.lanewise.model.task.TextModel;
import dev.lanewise.model.task.TextPair;
import dev.lanewise.model.task.ZeroShotClassifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code lanewise classify}: texts, or pairs of texts, to classes. */
final class ClassifyCommand implements Command {
  private static final String VERB = "classifying";

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
              + " text is cut off. With --labels, a model for natural language inference tells how"
              + " well labels fit that it was not trained for.");
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
  private final Option.Text labels =
      arguments.add(
          new Option.Text(
              "A,B,…",
              "the labels to choose from, instead of the model's classes; one is right",
              "--labels"));
  private final Option.Text hypothesis =
      arguments.add(
          new Option.Text(
              "TEXT",
              "what a label says of a text, with {} for the label (default "
                  + ZeroShotClassifier.HYPOTHESIS
                  + ")",
              "--hypothesis"));
  private final Option.Flag multiLabel =
      arguments.add(new Option.Flag("several of the labels may be right", "--multi-label"));

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    if (second.given() && pairs.given()) {
      throw new UsageException("give either --second or --pairs");
    }
    ZeroShotClassifier.Candidates candidates = candidates();
    List<String> texts = options.texts(io, "classify");
    List<TextPair> read = second.given() || pairs.given() ? pairs(texts) : null;
    try (TextModel model = options.load(io, HeadKind.SEQUENCE_CLASSES)) {
      if (candidates != null) {
        choose(model, texts, candidates, io);
      } else {
        classify(model, texts, read, io);
      }
    }
    return Main.OK;
  }

  private void classify(TextModel model, List<String> texts, List<TextPair> pairs, Stdio io) {
    try (TextClassifier classifier = new TextClassifier(model, options.threads())) {
      if (pairs == null) {
        TextOptions.run(
            io,
            VERB,
            texts,
            (part, progress) -> classifier.classify(part, top.intValue(), progress),
            (text, best) -> print(text, best, io));
      } else {
        TextOptions.run(
            io,
            VERB,
            pairs,
            (part, progress) -> classifier.classifyPairs(part, top.intValue(), progress),
            (pair, best) -> print(pair, best, io));
      }
    }
  }

  private void choose(
      TextModel model, List<String> texts, ZeroShotClassifier.Candidates candidates, Stdio io) {
    try (ZeroShotClassifier classifier = new ZeroShotClassifier(model, options.threads())) {
      TextOptions.run(
          io,
          VERB,
          texts,
          (part, progress) -> classifier.classify(part, candidates, top.intValue(), progress),
          (text, best) -> print(text, best, io));
    }
  }

  /** The labels to choose from; null for the model's classes. */
  private ZeroShotClassifier.Candidates candidates() {
    if (!labels.given()) {
      if (hypothesis.given() || multiLabel.given()) {
        throw new UsageException("options --hypothesis and --multi-label need --labels");
      }
      return null;
    }
    if (second.given() || pairs.given()) {
      throw new UsageException("--labels makes pairs itself; leave out --second and --pairs");
    }
    List<String> names =
        Arrays.stream(labels.value().split(","))
            .map(String::strip)
            .filter(name -> !name.isEmpty())
            .toList();
    String says = hypothesis.given() ? hypothesis.value() : ZeroShotClassifier.HYPOTHESIS;
    try {
      return new ZeroShotClassifier.Candidates(names, says, multiLabel.given());
    } catch (IllegalArgumentException e) {
      throw new UsageException(e.getMessage());
    }
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

  private void print(String text, List<LabelScore> best, Stdio io) {
    io.emit(
        options.json()
            ? LabelScores.object(Map.of("text", text), best)
            : LabelScores.line(best, text));
  }

  private void print(TextPair pair, List<LabelScore> best, Stdio io) {
    if (!options.json()) {
      io.emit(LabelScores.line(best, pair.first() + "\t" + pair.second()));
      return;
    }
    Map<String, String> map = new LinkedHashMap<>();
    map.put("text", pair.first());
    map.put("second", pair.second());
    io.emit(LabelScores.object(map, best));
  }
}
