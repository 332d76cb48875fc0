package dev.lanewise.model.task;

import static dev.lanewise.model.tokenizer.Truncation.Strategy.LONGEST_FIRST;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.HeadKind;
import dev.lanewise.model.tokenizer.TokenSequence;
import dev.lanewise.model.tokenizer.Tokens;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Tells which classes texts belong to, such as good and bad, or which pairs of texts do, such as
 * whether the second follows from the first (Devlin et al. 2018, arXiv:1810.04805, section 4.1).
 * Which of both a model was made for, its files do not say: any takes either.
 *
 * {@snippet :
 * try (TextClassifier classifier = TextClassifier.load(path)) {
 *   LabelScore best = classifier.classify("I like it.", 1).getFirst();
 * }
 * }
 *
 * <p>Owns threads and buffers and serves one caller at a time.
 */
public final class TextClassifier implements AutoCloseable {
  private final TextModel model;
  private final Scoring scoring;
  private final BatchEncoder encoder;

  /**
   * A classifier with threads of its own.
   *
   * @param threads threads that compute, the caller's included
   * @throws LanewiseException if the model was made for something else
   */
  public TextClassifier(TextModel model, int threads) {
    this(model, threads, false);
  }

  private TextClassifier(TextModel model, int threads, boolean ownsModel) {
    model.encoder().require(HeadKind.SEQUENCE_CLASSES);
    if (RerankPrompt.isIn(model.metadata())) {
      throw new LanewiseException(
          model.metadata().file()
              + ": its classes are the answers to whether a text answers a query; it is one for"
              + " rerank");
    }
    this.model = model;
    scoring = Scoring.of(model.metadata(), model.encoder().outputs());
    encoder = new BatchEncoder(model, threads, ownsModel);
  }

  /**
   * A classifier with a model of its own and all processors.
   *
   * @throws LanewiseException if the model cannot be loaded, see {@link TextModel#load}, or was
   *     made for something else
   */
  public static TextClassifier load(Path path) {
    return TextModel.loadFor(path, (model, threads) -> new TextClassifier(model, threads, true));
  }

  /** The names of the classes. */
  public List<String> labels() {
    return model.encoder().labels();
  }

  /** What the scores measure. */
  public Scoring scoring() {
    return scoring;
  }

  /**
   * How well each class fits each text, [texts][labels]. A text that is longer than the model takes
   * in is cut off.
   *
   * @throws LanewiseException if a text has no token
   * @throws IllegalStateException if the classifier or its model is closed, or it is at work
   * @throws java.util.concurrent.CancellationException if the progress says so, or the thread is
   *     interrupted
   */
  public float[][] scores(List<String> texts, BatchProgress progress) {
    List<TokenSequence> sequences = new ArrayList<>();
    for (String text : texts) {
      int number = sequences.size();
      sequences.add(model.sequence(number, text, model.maxLength(), progress));
      requireToken(sequences.getLast(), "text", number);
    }
    return scoresOf(sequences, progress);
  }

  /**
   * How well each class fits each pair of texts, [pairs][labels]. If the texts of a pair are longer
   * together than the model takes in, the longer is cut off.
   *
   * @throws LanewiseException if a pair has no token
   * @throws IllegalStateException if the classifier or its model is closed, or it is at work
   * @throws java.util.concurrent.CancellationException if the progress says so, or the thread is
   *     interrupted
   */
  public float[][] scoresOfPairs(List<TextPair> pairs, BatchProgress progress) {
    List<TokenSequence> sequences = new ArrayList<>();
    for (TextPair pair : pairs) {
      int number = sequences.size();
      Tokens first = model.tokenizer().tokens(pair.first());
      Tokens second = model.tokenizer().tokens(pair.second());
      sequences.add(model.sequence(number, first, second, LONGEST_FIRST, progress));
      requireToken(sequences.getLast(), "pair", number);
    }
    return scoresOf(sequences, progress);
  }

  private static void requireToken(TokenSequence sequence, String what, int number) {
    if (sequence.size() == 0) {
      throw new LanewiseException("%s %d has no token to classify".formatted(what, number + 1));
    }
  }

  private float[][] scoresOf(List<TokenSequence> sequences, BatchProgress progress) {
    return Arrays.stream(encoder.logits(sequences, progress))
        .map(logits -> scoring.scores(logits, 0, logits.length))
        .toArray(float[][]::new);
  }

  /**
   * The classes that fit a text best, the best first.
   *
   * @param top how many at most
   * @throws LanewiseException if the text has no token
   * @throws IllegalArgumentException if top is negative
   * @throws IllegalStateException if the classifier or its model is closed, or it is at work
   */
  public List<LabelScore> classify(String text, int top) {
    return classify(List.of(text), top, BatchProgress.NONE).getFirst();
  }

  /**
   * The classes that fit a pair of texts best, the best first.
   *
   * @param top how many at most
   * @throws LanewiseException if the pair has no token
   * @throws IllegalArgumentException if top is negative
   * @throws IllegalStateException if the classifier or its model is closed, or it is at work
   */
  public List<LabelScore> classify(TextPair pair, int top) {
    return classifyPairs(List.of(pair), top, BatchProgress.NONE).getFirst();
  }

  /**
   * The classes that fit each text best, the best first, in the order of the texts.
   *
   * @param top how many at most
   * @throws LanewiseException if a text has no token
   * @throws IllegalArgumentException if top is negative
   * @throws IllegalStateException if the classifier or its model is closed, or it is at work
   * @throws java.util.concurrent.CancellationException if the progress says so, or the thread is
   *     interrupted
   */
  public List<List<LabelScore>> classify(List<String> texts, int top, BatchProgress progress) {
    Counts.requireNotNegative("top", top);
    return best(scores(texts, progress), top);
  }

  /**
   * The classes that fit each pair of texts best, the best first, in the order of the pairs.
   *
   * @param top how many at most
   * @throws LanewiseException if a pair has no token
   * @throws IllegalArgumentException if top is negative
   * @throws IllegalStateException if the classifier or its model is closed, or it is at work
   * @throws java.util.concurrent.CancellationException if the progress says so, or the thread is
   *     interrupted
   */
  public List<List<LabelScore>> classifyPairs(
      List<TextPair> pairs, int top, BatchProgress progress) {
    Counts.requireNotNegative("top", top);
    return best(scoresOfPairs(pairs, progress), top);
  }

  private List<List<LabelScore>> best(float[][] scores, int top) {
    return Arrays.stream(scores).map(each -> LabelScore.best(labels(), each, top)).toList();
  }

  /** Ends the threads, and gives back the memory of a model of its own. */
  @Override
  public void close() {
    encoder.close();
  }
}
