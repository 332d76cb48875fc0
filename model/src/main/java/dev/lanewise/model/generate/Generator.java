package dev.lanewise.model.generate;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.SingleCaller;
import dev.lanewise.model.arch.CausalModel;
import dev.lanewise.model.tokenizer.Message;
import dev.lanewise.model.tokenizer.TextStream;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Continues texts with a language model: prompt → prefill → (sample → text) until something ends
 * it. The only generation loop.
 *
 * <p>A generator owns a session, and so the memory of one context; it serves one caller at a time,
 * and a second one gets an {@link IllegalStateException}. Several generators may share a {@link
 * LanguageModel}.
 */
public final class Generator implements AutoCloseable {
  /** Tokens of the prompt between two looks at the cancellation. */
  private static final int PREFILL_SLICE = 512;

  private final LanguageModel model;
  private final Tokenizer tokenizer;
  private final CausalModel.Session session;
  private final TokenRules rules;
  private final boolean wholeTexts;
  private final Parallel team;
  private final SingleCaller caller = new SingleCaller("this generator");
  private final int[] held;
  private int heldCount;

  /** With a team that it closes in the end. */
  Generator(LanguageModel model, Parallel team, int contextLength) {
    this(model, Kernels.best(team), contextLength, team);
  }

  /**
   * A generator that computes with kernels of the caller's choice; they serve it alone.
   *
   * @param contextLength most tokens of prompt and text together
   * @throws LanewiseException if the context length is not between 1 and the model's
   */
  public Generator(LanguageModel model, Kernels kernels, int contextLength) {
    this(model, kernels, contextLength, null);
  }

  private Generator(LanguageModel model, Kernels kernels, int contextLength, Parallel team) {
    this(
        model,
        model.model().newSession(kernels, contextLength),
        TokenRules.of(model.tokenizer()::isEndOfGeneration),
        false,
        team);
  }

  /** With a session that someone else gives a source to; its texts are whole, not continued. */
  Generator(LanguageModel model, CausalModel.Session session, TokenRules rules) {
    this(model, session, rules, true, null);
  }

  private Generator(
      LanguageModel model,
      CausalModel.Session session,
      TokenRules rules,
      boolean wholeTexts,
      Parallel team) {
    this.model = model;
    this.tokenizer = model.tokenizer();
    this.session = session;
    this.rules = rules;
    this.wholeTexts = wholeTexts;
    this.team = team;
    this.held = new int[session.contextLength()];
  }

  /** Most tokens of prompt and text together. */
  public int contextLength() {
    return held.length;
  }

  /**
   * Continues a text. Special tokens written out in it are text like any other.
   *
   * @param listener receives the text piece by piece as it comes, never part of a character and
   *     nothing of a stop string
   * @throws LanewiseException if the prompt has no token, or more than the context holds; if the
   *     options ask for several beams, ban every token, or the model's logits are not numbers
   * @throws IllegalStateException if the generator or the model is closed, before or meanwhile, or
   *     the generator is at work
   */
  public Generation generate(
      String prompt, GenerationOptions options, Consumer<? super String> listener) {
    return generate(tokenizer.prompt(tokenizer.encode(prompt, false)), options, listener);
  }

  /**
   * Answers in a conversation, as the model's chat template writes it.
   *
   * @param messages the conversation so far, a user's message last
   * @throws LanewiseException if the model has no chat template, or the conversation has more
   *     tokens than the context holds; if the options ask for several beams, ban every token, or
   *     the model's logits are not numbers
   * @throws IllegalStateException if the generator or the model is closed, before or meanwhile, or
   *     the generator is at work
   */
  public Generation chat(
      List<Message> messages, GenerationOptions options, Consumer<? super String> listener) {
    return generate(model.encodeChat(messages), options, listener);
  }

  /**
   * Continues a sequence of tokens.
   *
   * @param prompt token ids, begin-of-sequence token included if the model wants one
   * @throws LanewiseException if the prompt is empty or longer than the context, or an id is out of
   *     range; if the options ask for several beams, ban every token, or the model's logits are not
   *     numbers
   * @throws IllegalStateException if the generator or the model is closed, before or meanwhile, or
   *     the generator is at work
   */
  public Generation generate(
      int[] prompt, GenerationOptions options, Consumer<? super String> listener) {
    if (options.beams().beams() > 1 && !wholeTexts) {
      throw new LanewiseException(
          "beams "
              + options.beams().beams()
              + ": only encoder-decoders search with beams; this model continues one text");
    }
    if (prompt.length == 0) {
      throw new LanewiseException(
          "the prompt is empty, and this model has no token that begins a sequence; give it a"
              + " text");
    }
    if (prompt.length > held.length) {
      throw new LanewiseException(
          "the prompt has "
              + prompt.length
              + " tokens (n_prompt), the context holds "
              + held.length
              + " (n_ctx): "
              + (held.length < model.contextLength()
                  ? "shorten it or ask for a longer context"
                  : "shorten it, for this is the model's longest"));
    }
    caller.enter();
    try {
      return new Run(prompt, options, listener).generate();
    } finally {
      caller.leave();
    }
  }

  /**
   * Ends the threads, if they are its own. A generation that is at work in another thread ends in
   * an {@link IllegalStateException}.
   */
  @Override
  public void close() {
    caller.close();
    if (team != null) {
      team.close();
    }
  }

  /** One generation. */
  private final class Run {
    private final int[] prompt;
    private final GenerationOptions options;
    private final Consumer<? super String> listener;
    private final long seed;
    private final Sampler sampler;
    private final StopStrings stops;
    private final TextStream stream = new TextStream(tokenizer, wholeTexts);
    private final StringBuilder text = new StringBuilder();
    private final int[] next = new int[1];
    private final int[] ids;
    private final int limit; // most tokens of prompt and text
    private int count;

    Run(int[] prompt, GenerationOptions options, Consumer<? super String> listener) {
      this.prompt = prompt;
      this.options = options;
      this.listener = listener;
      this.seed = options.seedOrRandom();
      // A model may have spare rows of logits beyond its vocabulary; they name no token.
      int vocabSize = Math.min(model.model().vocabSize(), tokenizer.vocabSize());
      this.sampler = options.sampler().newSampler(vocabSize, seed);
      this.stops = new StopStrings(options.stop());
      this.ids = new int[Math.min(options.maxTokens(), held.length - prompt.length + 1)];
      this.limit = prompt.length + ids.length;
    }

    Generation generate() {
      int reused = options.reusePrefix() ? sharedPrefix() : 0;
      heldCount = reused;
      session.rewind(reused);
      long start = System.nanoTime();
      float[] logits = prefill();
      long decodeStart = System.nanoTime();
      FinishReason reason = logits == null ? FinishReason.CANCELLED : decode(logits);
      emit(stops.append(stream.flush()));
      emit(stops.flush());
      if (stops.found()) {
        reason = FinishReason.STOP_STRING; // also if what was left completed it
      }
      long end = System.nanoTime();
      return new Generation(
          text.toString(),
          Arrays.copyOf(ids, count),
          reason,
          seed,
          prompt.length,
          reused,
          (decodeStart - start) * 1e-9,
          (end - decodeStart) * 1e-9);
    }

    /** Tokens at the start of the prompt that the session holds; the last is always computed. */
    private int sharedPrefix() {
      int most = Math.min(heldCount, prompt.length - 1);
      int mismatch = Arrays.mismatch(held, 0, most, prompt, 0, most);
      return mismatch < 0 ? most : mismatch;
    }

    /** Feeds what is left of the prompt; the logits after its last, or null if cancelled. */
    private float[] prefill() {
      for (int id : prompt) {
        if (id < 0 || id >= model.model().vocabSize()) {
          throw new LanewiseException(
              "prompt token " + id + ": ids run from 0 to " + (model.model().vocabSize() - 1));
        }
      }
      float[] logits = null;
      while (heldCount < prompt.length) {
        if (cancelled()) {
          return null;
        }
        logits = forward(prompt, heldCount, Math.min(prompt.length, heldCount + PREFILL_SLICE));
      }
      for (int id : prompt) {
        if (id < sampler.vocabSize()) {
          sampler.accept(id);
        }
      }
      return logits;
    }

    private FinishReason decode(float[] promptLogits) {
      float[] logits = promptLogits;
      while (count < options.maxTokens()) {
        if (cancelled()) {
          return FinishReason.CANCELLED;
        }
        rules.apply(held, heldCount, limit, logits, 0, sampler.vocabSize());
        int id = sampler.sample(logits);
        if (rules.isEnd(id) && !options.ignoreEndOfGeneration()) {
          return FinishReason.STOP;
        }
        sampler.accept(id);
        ids[count++] = id;
        emit(stops.append(stream.append(id)));
        if (stops.found()) {
          return FinishReason.STOP_STRING;
        }
        if (count < options.maxTokens()) {
          if (heldCount == held.length) {
            return FinishReason.CONTEXT;
          }
          next[0] = id;
          logits = forward(next, 0, 1);
        }
      }
      return FinishReason.LENGTH;
    }

    private float[] forward(int[] tokens, int from, int to) {
      float[] logits;
      try {
        logits = session.forward(tokens, from, to);
      } catch (IllegalStateException e) {
        caller.requireOpen(); // the reason, if its threads were ended meanwhile
        throw e;
      }
      caller.requireOpen();
      System.arraycopy(tokens, from, held, heldCount, to - from);
      heldCount += to - from;
      return logits;
    }

    private boolean cancelled() {
      return options.cancelled().getAsBoolean() || Thread.currentThread().isInterrupted();
    }

    private void emit(String piece) {
      if (!piece.isEmpty()) {
        text.append(piece);
        listener.accept(piece);
      }
    }
  }
}
