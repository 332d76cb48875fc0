package dev.lanewise.model.generate;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.model.SingleCaller;
import dev.lanewise.model.arch.EncoderDecoderModel;
import dev.lanewise.model.arch.GenerationConfig;
import dev.lanewise.model.tokenizer.TextStream;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntPredicate;

/**
 * Makes one text of another with an encoder–decoder: source → encode → {@link Generator}'s loop, or
 * {@link BeamSearch}. The checkpoint's {@link GenerationConfig} says what the loop may choose.
 *
 * <p>Owns a session and serves one caller at a time.
 */
public final class ConditionalGenerator {
  private final Tokenizer tokenizer;
  private final Kernels kernels;
  private final EncoderDecoderModel.Session session;
  private final Generator generator;
  private final GenerationConfig config;
  private final SingleCaller caller = new SingleCaller("this generator");
  private int[] source = {};

  /**
   * A generator with a session of its own.
   *
   * @param tokenizer of the texts that are made
   * @param kernels what computes; used by this generator alone
   * @param contextLength most tokens of a text
   * @throws dev.lanewise.model.LanewiseException if the context length is not between 1 and the
   *     model's
   */
  public ConditionalGenerator(
      EncoderDecoderModel model, Tokenizer tokenizer, Kernels kernels, int contextLength) {
    this(model, model.generationConfig(), tokenizer, kernels, contextLength);
  }

  /**
   * A generator with a session of its own, for a task that wants texts begun or continued otherwise
   * than the checkpoint does by itself.
   *
   * @param config for the task
   * @param tokenizer of the texts that are made
   * @param kernels what computes; used by this generator alone
   * @param contextLength most tokens of a text
   * @throws dev.lanewise.model.LanewiseException if the context length is not between 1 and the
   *     model's
   */
  public ConditionalGenerator(
      EncoderDecoderModel model,
      GenerationConfig config,
      Tokenizer tokenizer,
      Kernels kernels,
      int contextLength) {
    this.tokenizer = tokenizer;
    this.kernels = kernels;
    this.config = config;
    session = model.newSession(kernels, contextLength);
    generator =
        new Generator(
            new LanguageModel(model, tokenizer, Optional.empty()), session, rules(this::isEnd));
  }

  private TokenRules rules(IntPredicate ends) {
    return TokenRules.of(ends, config, tokenizer.vocabSize(), () -> source);
  }

  private boolean isEnd(int id) {
    return config.isEnd(id) || tokenizer.isEndOfGeneration(id);
  }

  /**
   * Makes a text of a source.
   *
   * @param source token ids, end-of-sequence token included if the model wants one
   * @param listener receives the text piece by piece; all at once where there are beams
   * @throws dev.lanewise.model.LanewiseException if the source is empty or too long, or an id is
   *     out of range
   * @throws IllegalStateException if the model is closed, or the generator at work
   */
  public Generation generate(
      int[] source, GenerationOptions options, Consumer<? super String> listener) {
    caller.enter();
    try {
      return encoded(source, options, listener);
    } finally {
      caller.leave();
    }
  }

  private Generation encoded(
      int[] source, GenerationOptions options, Consumer<? super String> listener) {
    long start = System.nanoTime();
    session.encode(source);
    this.source = source;
    long encoded = System.nanoTime();
    Generation text =
        options.beams().beams() > 1
            ? searched(options, listener)
            : generator.generate(new int[] {config.startToken()}, options, listener);
    return new Generation(
        text.text(),
        text.ids(),
        text.finishReason(),
        text.seed(),
        source.length,
        0,
        (encoded - start) * 1e-9 + text.prefillSeconds(),
        text.decodeSeconds());
  }

  private Generation searched(GenerationOptions options, Consumer<? super String> listener) {
    long start = System.nanoTime();
    IntPredicate ends = options.ignoreEndOfGeneration() ? _ -> false : this::isEnd;
    boolean[] cut = {false}; // what the search was told
    BooleanSupplier cancelled =
        () -> cut[0] = options.cancelled().getAsBoolean() || Thread.currentThread().isInterrupted();
    BeamSearch search =
        new BeamSearch(
            kernels, config, rules(ends), options.beams(), options.sampler().logitBias());
    int maxTokens = Math.min(options.maxTokens(), session.contextLength());
    BeamSearch.Result best = search.search(session, maxTokens, cancelled);
    int[] ids = best.ids().stream().mapToInt(Integer::intValue).toArray();
    StopStrings stops = new StopStrings(options.stop());
    TextStream stream = new TextStream(tokenizer, true);
    StringBuilder text = new StringBuilder();
    int read = 0;
    while (read < ids.length && !stops.found()) {
      text.append(stops.append(stream.append(ids[read++])));
    }
    text.append(stops.append(stream.flush())).append(stops.flush());
    if (!text.isEmpty()) {
      listener.accept(text.toString());
    }
    FinishReason reason;
    if (stops.found()) {
      reason = FinishReason.STOP_STRING;
    } else if (cut[0]) {
      reason = FinishReason.CANCELLED;
    } else if (best.ended()) {
      reason = FinishReason.STOP;
    } else {
      reason = ids.length < options.maxTokens() ? FinishReason.CONTEXT : FinishReason.LENGTH;
    }
    return new Generation(
        text.toString(),
        Arrays.copyOf(ids, read),
        reason,
        0,
        1,
        0,
        0,
        (System.nanoTime() - start) * 1e-9);
  }
}
