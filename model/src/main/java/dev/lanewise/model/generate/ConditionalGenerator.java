package dev.lanewise.model.generate;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.model.SingleCaller;
import dev.lanewise.model.arch.EncoderDecoderModel;
import dev.lanewise.model.arch.GenerationConfig;
import dev.lanewise.model.tokenizer.TextStream;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.function.ObjIntConsumer;

/**
 * Makes texts of others with an encoder–decoder: source → encode → (logits → token → text) until
 * something ends it, by sampling or by beam search. The checkpoint's {@link GenerationConfig} says
 * which tokens may be chosen.
 *
 * <p>Texts are made side by side: those of up to {@value #MAX_ROWS} hypotheses go through the
 * decoder together, and when one is done the next begins. With float32 weights a text is the same,
 * to the last bit of its logits, whatever is made beside it. Other weights are multiplied in
 * another way for a few rows than for many, so that logits differ by what rounding makes of that.
 * For any number of threads the texts are the same.
 *
 * <p>Owns a session and serves one caller at a time.
 */
public final class ConditionalGenerator {
  /** Enough to share the reading of the weights; beyond, a step takes longer by as much. */
  private static final int MAX_ROWS = 32;

  /**
   * Most memory of keys and values if all texts become as long as they may, unless a single one
   * needs more: enough for all rows of small models, and less than the weights of large ones.
   */
  private static final long MAX_BYTES = Math.min(512L << 20, Runtime.getRuntime().maxMemory() / 4);

  private static final int[] NONE = {};

  private final EncoderDecoderModel model;
  private final Tokenizer tokenizer;
  private final Kernels kernels;
  private final EncoderDecoderModel.Session session;
  private final GenerationConfig config;
  private final SingleCaller caller = new SingleCaller("this generator");

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
    this.model = model;
    this.tokenizer = tokenizer;
    this.kernels = kernels;
    this.config = config;
    session = model.newSession(kernels, contextLength);
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
    Generation[] made = new Generation[1];
    run(List.of(source), options, listener, (text, _) -> made[0] = text);
    return made[0];
  }

  /**
   * Makes a text of each of some sources.
   *
   * @param sources token ids, end-of-sequence token included if the model wants one
   * @param options for each of them; what cancels one cancels all
   * @param sink receives the texts in the order of their sources, each with the number of its
   *     source, as soon as it and those before it are made
   * @throws dev.lanewise.model.LanewiseException if a source is empty or too long, or an id is out
   *     of range
   * @throws IllegalStateException if the model is closed, or the generator at work
   */
  public void generate(
      List<int[]> sources, GenerationOptions options, ObjIntConsumer<Generation> sink) {
    run(sources, options, _ -> {}, sink);
  }

  private void run(
      List<int[]> sources,
      GenerationOptions options,
      Consumer<? super String> listener,
      ObjIntConsumer<Generation> sink) {
    caller.enter();
    try {
      new Batch(sources, options, listener, sink).run();
    } finally {
      caller.leave();
    }
  }

  /** What the model's files name ends a text; by its spelling a token does only if they do not. */
  private boolean isEnd(int id) {
    return config.endTokens().isEmpty() ? tokenizer.isEndOfGeneration(id) : config.isEnd(id);
  }

  /** Some sources, of which texts are made. */
  private final class Batch {
    private final List<int[]> sources;
    private final GenerationOptions options;
    private final Consumer<? super String> listener;
    private final ObjIntConsumer<Generation> sink;
    private final int maxTokens;
    private final int rowsOfText;
    private final BeamSearch search; // null where there is none
    private final List<Text> texts = new ArrayList<>(); // in the making, as the session has them
    private final Generation[] made; // those that wait for earlier ones
    private final int[] tokens;
    private final int[] parents;
    private int rows;
    private long heldTokens; // at most, of sources and of texts
    private int begun;
    private int handedOver;

    Batch(
        List<int[]> sources,
        GenerationOptions options,
        Consumer<? super String> listener,
        ObjIntConsumer<Generation> sink) {
      this.sources = sources;
      this.options = options;
      this.listener = listener;
      this.sink = sink;
      maxTokens = Math.min(options.maxTokens(), session.contextLength());
      BeamOptions beams = options.beams();
      rowsOfText = beams.beams();
      search =
          rowsOfText == 1
              ? null
              : new BeamSearch(
                  kernels, config, beams, model.vocabSize(), options.sampler().logitBias());
      made = new Generation[sources.size()];
      tokens = new int[Math.max(MAX_ROWS, rowsOfText)];
      parents = new int[tokens.length];
    }

    void run() {
      session.reorder(NONE, 0); // what an earlier batch may have left
      while (handedOver < sources.size()) {
        boolean cancelled = cancelled();
        while (!cancelled && begun < sources.size() && hasRoom(sources.get(begun))) {
          begin(sources.get(begun));
          cancelled = begun < sources.size() && cancelled();
        }
        step(cancelled);
        if (cancelled) {
          leaveOut();
        }
        handOver();
      }
    }

    private boolean cancelled() {
      return options.cancelled().getAsBoolean() || Thread.currentThread().isInterrupted();
    }

    /** Makes nothing of the sources that were not begun. */
    private void leaveOut() {
      for (; begun < sources.size(); begun++) {
        int length = sources.get(begun).length;
        made[begun] = new Generation("", NONE, FinishReason.CANCELLED, 0, length, 0, 0, 0);
      }
    }

    private boolean hasRoom(int[] source) {
      return rows == 0
          || (rows + rowsOfText <= MAX_ROWS
              && (heldTokens + mostTokens(source)) * model.bytesPerToken() <= MAX_BYTES);
    }

    private long mostTokens(int[] source) {
      return source.length + (long) rowsOfText * maxTokens;
    }

    private void begin(int[] source) {
      long start = System.nanoTime();
      session.encode(source);
      session.begin(rowsOfText);
      int number = begun++;
      texts.add(search == null ? new Sampled(number, start) : new Searched(number, start));
      Arrays.fill(tokens, rows, rows + rowsOfText, config.startToken());
      rows += rowsOfText;
      heldTokens += mostTokens(source);
    }

    /** Appends a token to each text, or ends them all. */
    private void step(boolean cancelled) {
      float[] logits = cancelled ? null : session.forward(tokens);
      rows = 0;
      int going = 0;
      for (int i = 0; i < texts.size(); i++) {
        Text text = texts.get(i);
        int from = i * rowsOfText;
        if (!cancelled && text.append(logits, from * model.vocabSize())) {
          for (int r = 0; r < rowsOfText; r++) {
            tokens[rows] = text.tokens()[r];
            parents[rows++] = from + text.parents()[r];
          }
          texts.set(going++, text);
        } else {
          made[text.number] = text.end(cancelled);
          heldTokens -= mostTokens(text.source);
        }
      }
      texts.subList(going, texts.size()).clear();
      session.reorder(parents, rows);
    }

    /** Hands over what is made, as far as there are no gaps. */
    private void handOver() {
      while (handedOver < begun && made[handedOver] != null) {
        Generation done = made[handedOver];
        made[handedOver] = null;
        sink.accept(done, handedOver++);
      }
    }

    /** A text in the making. */
    private abstract class Text {
      final int number;
      final int[] source;
      final double encodeSeconds;
      final long encoded = System.nanoTime();

      Text(int number, long start) {
        this.number = number;
        source = sources.get(number);
        encodeSeconds = (encoded - start) * 1e-9;
      }

      final TokenRules rules(IntPredicate ends) {
        return new TokenRules(ends, config, tokenizer.vocabSize(), source);
      }

      /**
       * Appends a token to each hypothesis.
       *
       * @param logits those of the first hypothesis begin at {@code at}
       * @return false if the text is done
       */
      abstract boolean append(float[] logits, int at);

      /** The token that each hypothesis got last. */
      abstract int[] tokens();

      /** What each hypothesis goes on from: one of those before the last token. */
      abstract int[] parents();

      /** What became of it. */
      abstract Generation end(boolean cancelled);
    }

    /** A text of one hypothesis, whose tokens the sampler chooses. */
    private final class Sampled extends Text {
      private final TokenRules rules = rules(ConditionalGenerator.this::isEnd);
      private final Continuation text =
          new Continuation(
              options,
              tokenizer,
              true,
              model.vocabSize(),
              session.contextLength(),
              ConditionalGenerator.this::isEnd,
              listener);
      private final int[] ids = new int[1 + text.limit()]; // start token included
      private final int[] last = new int[1];
      private final int[] itself = new int[1];
      private int length;
      private FinishReason reason;

      Sampled(int number, long start) {
        super(number, start);
        ids[length++] = config.startToken();
        text.accept(config.startToken());
      }

      @Override
      boolean append(float[] logits, int at) {
        rules.apply(ids, length, ids.length, logits, at, text.vocabSize());
        reason = text.append(logits, at);
        if (reason != null) {
          return false;
        }
        last[0] = text.last();
        ids[length++] = last[0];
        return true;
      }

      @Override
      int[] tokens() {
        return last;
      }

      @Override
      int[] parents() {
        return itself;
      }

      @Override
      Generation end(boolean cancelled) {
        FinishReason why = cancelled ? FinishReason.CANCELLED : reason;
        return text.end(why, source.length, 0, encodeSeconds, encoded);
      }
    }

    /** A text of several hypotheses, the best of which is searched. */
    private final class Searched extends Text {
      private final BeamSearch.Run run;

      Searched(int number, long start) {
        super(number, start);
        IntPredicate none = _ -> false;
        IntPredicate ends =
            options.ignoreEndOfGeneration() ? none : ConditionalGenerator.this::isEnd;
        run = search.begin(rules(ends), maxTokens);
      }

      @Override
      boolean append(float[] logits, int at) {
        return run.step(logits, at);
      }

      @Override
      int[] tokens() {
        return run.tokens;
      }

      @Override
      int[] parents() {
        return run.parents;
      }

      @Override
      Generation end(boolean cancelled) {
        BeamSearch.Result best = run.best();
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
        } else if (cancelled) {
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
            source.length,
            0,
            encodeSeconds,
            (System.nanoTime() - encoded) * 1e-9);
      }
    }
  }
}
