package dev.lanewise.model.generate;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.SingleCaller;
import dev.lanewise.model.arch.CausalModel;
import dev.lanewise.model.tokenizer.Message;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Continues texts with a language model: prompt → prefill → (sample → text) until something ends
 * it.
 *
 * <p>A generator owns a session, and so the memory of one context; it serves one caller at a time,
 * and a second one gets an {@link IllegalStateException}. Several generators may share a {@link
 * LanguageModel}.
 */
public final class Generator implements AutoCloseable {
  private final LanguageModel model;
  private final Tokenizer tokenizer;
  private final CausalModel.Session session;
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
    this.model = model;
    this.tokenizer = model.tokenizer();
    this.session = model.model().newSession(kernels, contextLength);
    this.team = team;
    this.held = new int[contextLength];
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
    if (options.beams().beams() > 1) {
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
    private final Continuation text;
    private final int[] next = new int[1];

    Run(int[] prompt, GenerationOptions options, Consumer<? super String> listener) {
      this.prompt = prompt;
      this.options = options;
      text =
          new Continuation(
              options,
              tokenizer,
              false,
              model.model().vocabSize(),
              held.length - prompt.length + 1,
              tokenizer::isEndOfGeneration,
              listener);
    }

    Generation generate() {
      int reused = options.reusePrefix() ? sharedPrefix() : 0;
      heldCount = reused;
      session.rewind(reused);
      long start = System.nanoTime();
      float[] logits = prefill();
      long decodeStart = System.nanoTime();
      FinishReason reason = logits == null ? FinishReason.CANCELLED : decode(logits);
      return text.end(reason, prompt.length, reused, (decodeStart - start) * 1e-9, decodeStart);
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
        int slice = Math.min(prompt.length - heldCount, options.promptSlice());
        logits = forward(prompt, heldCount, heldCount + slice);
      }
      for (int id : prompt) {
        text.accept(id);
      }
      return logits;
    }

    private FinishReason decode(float[] promptLogits) {
      float[] logits = promptLogits;
      while (!cancelled()) {
        FinishReason reason = text.append(logits, 0);
        if (reason != null) {
          return reason;
        }
        next[0] = text.last();
        logits = forward(next, 0, 1);
      }
      return FinishReason.CANCELLED;
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
  }
}
