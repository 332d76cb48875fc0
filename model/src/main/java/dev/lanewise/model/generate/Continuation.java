package dev.lanewise.model.generate;

import dev.lanewise.model.tokenizer.TextStream;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.IntPredicate;

/**
 * A text in the making, behind a prompt: logits → token → text, until something ends it. Whoever
 * has the model feeds it the tokens.
 */
final class Continuation {
  private final GenerationOptions options;
  private final IntPredicate ends;
  private final Consumer<? super String> listener;
  private final long seed;
  private final Sampler sampler;
  private final StopStrings stops;
  private final TextStream stream;
  private final StringBuilder text = new StringBuilder();
  private final int[] ids;
  private int count;

  /**
   * An empty text.
   *
   * @param tokenizer of its tokens
   * @param whole whether it is a text of its own, not the rest of one
   * @param scored tokens that the model scores
   * @param room most tokens for which there is room
   * @param ends which tokens end the text
   * @param listener receives the text piece by piece
   */
  Continuation(
      GenerationOptions options,
      Tokenizer tokenizer,
      boolean whole,
      int scored,
      int room,
      IntPredicate ends,
      Consumer<? super String> listener) {
    this.options = options;
    this.ends = options.ignoreEndOfGeneration() ? _ -> false : ends;
    this.listener = Objects.requireNonNull(listener, "listener");
    seed = options.seedOrRandom();
    // A model may have spare rows of logits beyond its vocabulary; they name no token.
    sampler = options.sampler().newSampler(Math.min(scored, tokenizer.vocabSize()), seed);
    stops = new StopStrings(options.stop());
    stream = new TextStream(tokenizer, whole);
    ids = new int[Math.min(options.maxTokens(), room)];
  }

  /** Takes note of a token of the prompt. */
  void accept(int id) {
    if (id < sampler.vocabSize()) {
      sampler.accept(id);
    }
  }

  /** Most tokens that it will have. */
  int limit() {
    return ids.length;
  }

  /** Tokens that come into question. */
  int vocabSize() {
    return sampler.vocabSize();
  }

  /**
   * Appends the token that follows.
   *
   * @param logits those that the prompt and the text so far lead to, from {@code at} on
   * @return why the text is done; null if it goes on behind {@link #last}
   */
  FinishReason append(float[] logits, int at) {
    if (count == options.maxTokens()) {
      return FinishReason.LENGTH; // none were wanted
    }
    int id = sampler.sample(logits, at);
    if (ends.test(id)) {
      return FinishReason.STOP;
    }
    sampler.accept(id);
    ids[count++] = id;
    emit(stops.append(stream.append(id)));
    if (stops.found()) {
      return FinishReason.STOP_STRING;
    }
    if (count == options.maxTokens()) {
      return FinishReason.LENGTH;
    }
    return count == ids.length ? FinishReason.CONTEXT : null;
  }

  /** The token appended last. */
  int last() {
    return ids[count - 1];
  }

  /**
   * The text, which has ended.
   *
   * @param reason why
   * @param decodeStart when the prompt was done, in nanoseconds
   */
  Generation end(
      FinishReason reason,
      int promptTokens,
      int reusedTokens,
      double prefillSeconds,
      long decodeStart) {
    emit(stops.append(stream.flush()));
    emit(stops.flush());
    return new Generation(
        text.toString(),
        Arrays.copyOf(ids, count),
        stops.found() ? FinishReason.STOP_STRING : reason, // also if what was left completed it
        seed,
        promptTokens,
        reusedTokens,
        prefillSeconds,
        (System.nanoTime() - decodeStart) * 1e-9);
  }

  private void emit(String piece) {
    if (!piece.isEmpty()) {
      text.append(piece);
      listener.accept(piece);
    }
  }
}
