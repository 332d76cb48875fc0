package dev.lanewise.model.task;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.SingleCaller;
import dev.lanewise.model.generate.ConditionalGenerator;
import dev.lanewise.model.generate.FinishReason;
import dev.lanewise.model.generate.Generation;
import dev.lanewise.model.generate.GenerationOptions;
import dev.lanewise.model.tokenizer.Segment;
import dev.lanewise.model.tokenizer.TokenSequence;
import dev.lanewise.model.tokenizer.Tokenizer;
import dev.lanewise.model.tokenizer.Tokens;
import dev.lanewise.model.tokenizer.Truncation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * Makes one text of another, as an {@link Instruction} says: translates, summarises.
 *
 * {@snippet :
 * ConditionalModel model = ConditionalModel.load(Path.of("t5-small"));
 * Instruction german = Instruction.translation(model, "English", "German");
 * try (TextToText translator = new TextToText(model, german, TextToText.Overlong.REFUSED, 2)) {
 *   String text = translator.convert("The house is wonderful.");
 * }
 * }
 *
 * <p>Special tokens that are written out in a text are text like any other. In the words that the
 * instruction puts before it they count, such as T5's {@code <extra_id_0>}.
 *
 * <p>Owns threads and buffers and serves one caller at a time.
 */
public final class TextToText implements AutoCloseable {
  /** Receives what becomes of texts, in their order. */
  @FunctionalInterface
  public interface Sink {
    /**
     * Takes what became of a text.
     *
     * @param text its number, from 0
     */
    void accept(int text, Generation made);
  }

  /** What becomes of a text that has more tokens than the model reads. */
  public enum Overlong {
    /** What is too much at its end does not count; the progress is told. */
    CUT_OFF,

    /** It is an error. */
    REFUSED
  }

  private final ConditionalModel model;
  private final Instruction instruction;
  private final Overlong overlong;
  private final int[] ending;
  private final Parallel team;
  private final Kernels kernels;
  private final SingleCaller caller = new SingleCaller("this converter of texts");
  private ConditionalGenerator generator;
  private int contextLength;

  /**
   * A converter with threads of its own.
   *
   * @param threads threads that compute, the caller's included
   */
  public TextToText(
      ConditionalModel model, Instruction instruction, Overlong overlong, int threads) {
    this.model = model;
    this.instruction = instruction;
    this.overlong = overlong;
    List<Integer> ends = instruction.config().endTokens();
    // A tokenizer that is but a list of pieces does not say that every source ends with a token.
    ending =
        model.tokenizer().ownTokens(1) > 0 || ends.isEmpty()
            ? new int[0]
            : new int[] {ends.getFirst()};
    team = Parallel.of(threads);
    kernels = team.closedUnless(() -> Kernels.best(team));
  }

  /** The options that the model's makers recommend for the task. */
  public GenerationOptions.Builder options() {
    return GenerationOptions.builder().as(instruction.config());
  }

  /** Most tokens of a source, those that the model wants around it included. */
  public int maxLength() {
    return model.model().sourceLength();
  }

  /**
   * What becomes of a text.
   *
   * @throws LanewiseException if it is too long, and such are refused
   */
  public String convert(String text) {
    List<Generation> made = new ArrayList<>();
    convert(List.of(text), options().build(), BatchProgress.NONE, (_, each) -> made.add(each));
    return made.getFirst().text();
  }

  /**
   * What becomes of texts, in their order. Of a blank text comes an empty one. The others are made
   * side by side, see {@link ConditionalGenerator}.
   *
   * @param options see {@link #options}
   * @param sink receives each as soon as it and those before it are made
   * @throws LanewiseException if a text is too long, and such are refused, before any is made
   * @throws CancellationException if the progress says so, or the thread is interrupted
   * @throws IllegalStateException if the converter is closed or at work
   */
  public void convert(
      List<String> texts, GenerationOptions options, BatchProgress progress, Sink sink) {
    caller.enter();
    try {
      convertAll(texts, options, progress, sink);
    } finally {
      caller.leave();
    }
  }

  private void convertAll(
      List<String> texts, GenerationOptions options, BatchProgress progress, Sink sink) {
    List<int[]> sources = new ArrayList<>(texts.size());
    int[] numbers = new int[texts.size()]; // of the texts that have a source
    for (int i = 0; i < texts.size(); i++) {
      if (!texts.get(i).isBlank()) {
        numbers[sources.size()] = i;
        sources.add(source(i, texts.get(i), progress));
      }
    }
    reserve(options.maxTokens());
    Results results = new Results(texts.size(), progress, sink);
    results.requireGoingOn();
    generator.generate(
        sources,
        options,
        (made, source) -> {
          results.blankUntil(numbers[source]);
          results.handOver(stripped(made));
        });
    results.blankUntil(texts.size());
  }

  /** Hands over what becomes of texts, one after the other. */
  private static final class Results {
    private final int total;
    private final BatchProgress progress;
    private final Sink sink;
    private int done;

    Results(int total, BatchProgress progress, Sink sink) {
      this.total = total;
      this.progress = progress;
      this.sink = sink;
    }

    /** The texts before this one, as far as nothing was handed over for them, are blank. */
    void blankUntil(int text) {
      while (done < text) {
        handOver(nothing());
      }
    }

    void requireGoingOn() {
      if (progress.cancelled() || Thread.currentThread().isInterrupted()) {
        throw new CancellationException(done + " of " + total + " texts were done");
      }
    }

    void handOver(Generation made) {
      requireGoingOn();
      sink.accept(done++, made);
      progress.update(done, total);
    }
  }

  private static Generation stripped(Generation made) {
    return new Generation(
        made.text().strip(),
        made.ids(),
        made.finishReason(),
        made.seed(),
        made.promptTokens(),
        made.reusedTokens(),
        made.prefillSeconds(),
        made.decodeSeconds());
  }

  private static Generation nothing() {
    return new Generation("", new int[0], FinishReason.STOP, 0, 0, 0, 0, 0);
  }

  /** Sees to it that texts of so many tokens fit; caches are as long as need be and no longer. */
  private void reserve(int tokens) {
    int wanted = Math.clamp(tokens + 1L, 1, model.model().contextLength());
    if (generator == null || wanted > contextLength) {
      contextLength = wanted;
      generator =
          new ConditionalGenerator(
              model.model(), instruction.config(), model.tokenizer(), kernels, contextLength);
    }
  }

  /** What the model reads of a text. */
  private int[] source(int number, String text, BatchProgress progress) {
    Tokenizer tokenizer = model.tokenizer();
    Segment words = new Segment(instruction.prefix(), true);
    int[] own = tokenizer.encode(List.of(words, new Segment(text, false)));
    int[] none = new int[own.length]; // nobody asks where they lie
    Tokens tokens = new Tokens(own, none, none, none);
    int added = instruction.languages().added() + ending.length;
    TokenSequence sequence = new Truncation(maxLength() - added).sequence(tokenizer, tokens);
    int wanted = tokens.size() + tokenizer.ownTokens(1);
    if (sequence.size() < wanted) {
      if (overlong == Overlong.REFUSED) {
        throw new LanewiseException(
            "text %d has %d tokens, but the model reads at most %d; split it into shorter texts"
                .formatted(number + 1, wanted + added, maxLength()));
      }
      progress.truncated(number, wanted + added, sequence.size() + added);
    }
    int[] ids = instruction.languages().source(tokenizer, sequence);
    int[] all = Arrays.copyOf(ids, ids.length + ending.length);
    System.arraycopy(ending, 0, all, ids.length, ending.length);
    return all;
  }

  /** Ends the threads. */
  @Override
  public void close() {
    caller.close();
    team.close();
  }
}
