package dev.lanewise.model.task;

import static dev.lanewise.model.tokenizer.Truncation.Strategy.ONLY_FIRST;
import static java.util.Comparator.comparingInt;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.HeadKind;
import dev.lanewise.model.tokenizer.TokenSequence;
import dev.lanewise.model.tokenizer.Tokens;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Tells which of any labels fit texts, without having been trained for them: a model for natural
 * language inference says how surely a text entails that the label is right (Yin et al. 2019,
 * arXiv:1909.00161). Scores are those of the zero-shot-classification pipeline of Hugging Face's
 * transformers 5.24, except that a class named contradiction is found wherever it stands.
 *
 * {@snippet :
 * try (ZeroShotClassifier classifier = ZeroShotClassifier.load(path)) {
 *   var candidates = new ZeroShotClassifier.Candidates(List.of("sports", "politics"));
 *   LabelScore best = classifier.classify("They won again.", candidates, 1).getFirst();
 * }
 * }
 *
 * <p>Owns threads and buffers and serves one caller at a time.
 */
public final class ZeroShotClassifier implements AutoCloseable {
  /** Where the label stands in a hypothesis. */
  public static final String PLACE = "{}";

  /** The hypothesis unless another is given. */
  public static final String HYPOTHESIS = "This example is " + PLACE + ".";

  private final TextModel model;
  private final int entailment;
  private final int contradiction;
  private final BatchEncoder encoder;

  /**
   * What may be true of a text.
   *
   * @param labels one or more
   * @param hypothesis what a label says of a text, with {@link #PLACE} for the label
   * @param several whether any number of labels may be right, so that each is scored for itself by
   *     softmax over contradiction and entailment; else one is, and softmax over the entailment of
   *     all makes scores that sum to 1. A label alone is always scored for itself.
   */
  public record Candidates(List<String> labels, String hypothesis, boolean several) {
    /**
     * Copies the list.
     *
     * @throws IllegalArgumentException if there is no label, or no place for it in the hypothesis
     */
    public Candidates {
      labels = List.copyOf(labels);
      if (labels.isEmpty()) {
        throw new IllegalArgumentException("there are no labels to choose from");
      }
      if (!hypothesis.contains(PLACE)) {
        throw new IllegalArgumentException(
            "the hypothesis '%s' has no %s, where the label stands".formatted(hypothesis, PLACE));
      }
    }

    /** One of the labels is right, and {@link #HYPOTHESIS} says so. */
    public Candidates(List<String> labels) {
      this(labels, HYPOTHESIS, false);
    }
  }

  /**
   * A classifier with threads of its own.
   *
   * @param threads threads that compute, the caller's included
   * @throws LanewiseException if the model was made for something else, or none of its classes is
   *     entailment
   */
  public ZeroShotClassifier(TextModel model, int threads) {
    this(model, threads, false);
  }

  private ZeroShotClassifier(TextModel model, int threads, boolean ownsModel) {
    model.encoder().require(HeadKind.SEQUENCE_CLASSES);
    this.model = model;
    List<String> classes = model.encoder().labels();
    entailment = named(classes, "entail");
    if (entailment < 0 || classes.size() < 2) {
      throw new LanewiseException(
          "%s: its classes (%s) do not tell entailment from something else; choosing among given"
                  .formatted(model.metadata().file(), String.join(", ", classes))
              + " labels takes a model for natural language inference");
    }
    int named = named(classes, "contradict");
    int opposite =
        entailment == 0 ? classes.size() - 1 : 0; // where models without the name have it
    contradiction = named < 0 ? opposite : named;
    encoder = new BatchEncoder(model, threads, ownsModel);
  }

  /** The first class whose name begins so, in any case; -1 if none does. */
  private static int named(List<String> classes, String beginning) {
    return IntStream.range(0, classes.size())
        .filter(i -> classes.get(i).toLowerCase(Locale.ROOT).startsWith(beginning))
        .findFirst()
        .orElse(-1);
  }

  /**
   * A classifier with a model of its own and all processors.
   *
   * @throws LanewiseException if the model cannot be loaded, see {@link TextModel#load}, or was
   *     made for something else
   */
  public static ZeroShotClassifier load(Path path) {
    return TextModel.loadFor(
        path, (model, threads) -> new ZeroShotClassifier(model, threads, true));
  }

  /**
   * The labels that fit a text best, the best first.
   *
   * @param top how many at most
   * @throws LanewiseException if a hypothesis leaves no room for the text
   * @throws IllegalArgumentException if top is negative
   * @throws IllegalStateException if the classifier or its model is closed, or it is at work
   */
  public List<LabelScore> classify(String text, Candidates candidates, int top) {
    return classify(List.of(text), candidates, top, BatchProgress.NONE).getFirst();
  }

  /**
   * The labels that fit each text best, the best first, in the order of the texts. A text that is
   * longer than the model takes in together with a hypothesis is cut off, the hypothesis never.
   *
   * @param top how many at most
   * @throws LanewiseException if a hypothesis leaves no room for a text
   * @throws IllegalArgumentException if top is negative
   * @throws IllegalStateException if the classifier or its model is closed, or it is at work
   * @throws java.util.concurrent.CancellationException if the progress says so, or the thread is
   *     interrupted
   */
  public List<List<LabelScore>> classify(
      List<String> texts, Candidates candidates, int top, BatchProgress progress) {
    Counts.requireNotNegative("top", top);
    List<String> labels = candidates.labels();
    List<TokenSequence> pairs = pairs(texts, candidates, progress);
    float[][] logits = encoder.logits(pairs, new TextCount(progress, texts.size()));
    List<List<LabelScore>> best = new ArrayList<>();
    for (int from = 0; from < logits.length; from += labels.size()) {
      best.add(LabelScore.best(labels, scores(logits, from, candidates), top));
    }
    return best;
  }

  /** Each text with each hypothesis, [texts × labels]. Of a text's cuts the deepest is told. */
  private List<TokenSequence> pairs(
      List<String> texts, Candidates candidates, BatchProgress progress) {
    List<Tokens> hypotheses =
        candidates.labels().stream()
            .map(label -> candidates.hypothesis().replace(PLACE, label))
            .map(model.tokenizer()::tokens)
            .toList();
    int longest = hypotheses.indexOf(Collections.max(hypotheses, comparingInt(Tokens::size)));
    List<TokenSequence> pairs = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      Tokens text = model.tokenizer().tokens(texts.get(i));
      for (int j = 0; j < hypotheses.size(); j++) {
        BatchProgress told = j == longest ? progress : BatchProgress.NONE;
        pairs.add(model.sequence(i, text, hypotheses.get(j), ONLY_FIRST, told));
      }
    }
    return pairs;
  }

  /** The scores of a text's labels, whose logits are [labels][classes] from a row on. */
  private float[] scores(float[][] logits, int from, Candidates candidates) {
    float[] scores = new float[candidates.labels().size()];
    boolean each = candidates.several() || scores.length == 1;
    for (int i = 0; i < scores.length; i++) {
      float[] row = logits[from + i];
      float[] both = {row[contradiction], row[entailment]};
      scores[i] = each ? Scoring.SOFTMAX.scores(both, 0, 2)[1] : both[1];
    }
    return each ? scores : Scoring.SOFTMAX.scores(scores, 0, scores.length);
  }

  /** Ends the threads, and gives back the memory of a model of its own. */
  @Override
  public void close() {
    encoder.close();
  }
}
