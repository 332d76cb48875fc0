package dev.lanewise.model.task;

import static dev.lanewise.model.tokenizer.Truncation.Strategy.LONGEST_FIRST;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.HeadKind;
import dev.lanewise.model.tokenizer.TokenSequence;
import dev.lanewise.model.tokenizer.Tokens;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Tells how well texts answer a query, by reading each together with it (a cross-encoder, Nogueira
 * and Cho 2019, arXiv:1901.04085): slower than comparing embeddings, and more exact, so made for
 * the best hits of a search. A language model that was trained to answer yes or no, such as
 * Qwen3-Reranker, does so too, from a GGUF file that holds its prompt.
 *
 * {@snippet :
 * try (Reranker reranker = Reranker.load(path)) {
 *   List<Reranker.Ranked> best = reranker.rank("who wrote Faust", texts);
 * }
 * }
 *
 * <p>Owns threads and buffers and serves one caller at a time.
 */
public final class Reranker implements AutoCloseable {
  private final TextModel model;
  private final BatchEncoder encoder;
  private final RerankPrompt prompt; // null if the model reads pairs of texts

  /**
   * A text with its score.
   *
   * @param index its number among the texts given, from 0
   * @param score the more the better; the logit that the model was trained with, or how likely it
   *     says yes
   */
  public record Ranked(int index, float score, String text) {}

  /**
   * A reranker with threads of its own.
   *
   * @param threads threads that compute, the caller's included
   * @throws LanewiseException if the model was made for something else
   */
  public Reranker(TextModel model, int threads) {
    this(model, threads, false);
  }

  private Reranker(TextModel model, int threads, boolean ownsModel) {
    model.encoder().require(HeadKind.SEQUENCE_CLASSES);
    prompt = RerankPrompt.of(model);
    if (prompt == null && model.encoder().outputs() != 1) {
      throw new LanewiseException(
          "%s: the head scores %d classes, not how well two texts go together; take a model for"
                  .formatted(model.metadata().file(), model.encoder().outputs())
              + " reranking (a cross-encoder)");
    }
    this.model = model;
    encoder = new BatchEncoder(model, threads, ownsModel);
  }

  /**
   * A reranker with a model of its own and all processors.
   *
   * @throws LanewiseException if the model cannot be loaded, see {@link TextModel#load}, or was
   *     made for something else
   */
  public static Reranker load(Path path) {
    return TextModel.loadFor(path, (model, threads) -> new Reranker(model, threads, true));
  }

  /**
   * The scores of texts, in their order. If query and text together are longer than the model takes
   * in, the longer is cut off, of a prompt the text.
   *
   * @throws LanewiseException if nothing of a text has room in a prompt
   * @throws IllegalStateException if the reranker or its model is closed, or it is at work
   * @throws java.util.concurrent.CancellationException if the progress says so, or the thread is
   *     interrupted
   */
  public float[] score(String query, List<String> texts, BatchProgress progress) {
    List<TokenSequence> pairs = new ArrayList<>();
    Tokens first = prompt == null ? model.tokenizer().tokens(query) : null;
    for (String text : texts) {
      int number = pairs.size();
      pairs.add(
          prompt == null
              ? model.sequence(
                  number, first, model.tokenizer().tokens(text), LONGEST_FIRST, progress)
              : prompt.sequence(query, text, number, progress));
    }
    float[][] logits = encoder.logits(pairs, progress);
    float[] scores = new float[logits.length];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = prompt == null ? logits[i][0] : prompt.score(logits[i]);
    }
    return scores;
  }

  /**
   * The texts with their scores, the best first.
   *
   * @throws LanewiseException as {@link #score} does
   * @throws IllegalStateException if the reranker or its model is closed, or it is at work
   */
  public List<Ranked> rank(String query, List<String> texts) {
    return rank(query, texts, BatchProgress.NONE);
  }

  /**
   * The texts with their scores, the best first.
   *
   * @throws LanewiseException as {@link #score} does
   * @throws IllegalStateException if the reranker or its model is closed, or it is at work
   * @throws java.util.concurrent.CancellationException if the progress says so, or the thread is
   *     interrupted
   */
  public List<Ranked> rank(String query, List<String> texts, BatchProgress progress) {
    float[] scores = score(query, texts, progress);
    return IntStream.range(0, scores.length)
        .mapToObj(i -> new Ranked(i, scores[i], texts.get(i)))
        .sorted(Comparator.comparingDouble(ranked -> -ranked.score()))
        .toList();
  }

  /** Ends the threads, and gives back the memory of a model of its own. */
  @Override
  public void close() {
    encoder.close();
  }
}
