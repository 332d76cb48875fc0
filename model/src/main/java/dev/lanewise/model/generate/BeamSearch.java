package dev.lanewise.model.generate;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.EncoderDecoderModel;
import dev.lanewise.model.arch.GenerationConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Beam search (Graves 2012, arXiv:1211.3711, with the length penalty as a power): follows the
 * likeliest texts side by side and returns the best of those that ended, by log-probability /
 * length^penalty. The steps are those of Hugging Face's transformers, so that the same model gives
 * the same text; nothing is random.
 *
 * <p>Each step takes the best {@code (1 + number of end tokens) · beams} continuations of all
 * texts. Those that end the text finish if they are among the first {@code beams}; the others go
 * on, {@code beams} of them. When it ends is said by {@link GenerationConfig.Stopping}; at the
 * greatest length all texts finish as they are.
 *
 * <p>Memory: a cache and a row of logits for each beam. The weights are read once for all.
 */
public final class BeamSearch {
  /** The score of what does not count: as low as to lose, and yet finite. */
  private static final float LOST = -1e9f;

  /**
   * A text and how good it is.
   *
   * @param ids without start token and end token
   * @param ended whether an end token ended it
   * @param score log-probability / length^penalty, where the end token counts
   */
  public record Result(List<Integer> ids, boolean ended, float score) {}

  private final Kernels kernels;
  private final GenerationConfig config;
  private final TokenRules rules;
  private final BeamOptions options;
  private final Map<Integer, Float> biases;

  /**
   * A search by a checkpoint's rules, those about the source aside.
   *
   * @param kernels used during {@link #search} only
   */
  public BeamSearch(Kernels kernels, GenerationConfig config, BeamOptions options) {
    this(
        kernels,
        config,
        TokenRules.of(config::isEnd, config, Integer.MAX_VALUE, () -> new int[0]),
        options,
        Map.of());
  }

  /**
   * A search by rules of its own.
   *
   * @param biases added to the log-probabilities, by token
   */
  BeamSearch(
      Kernels kernels,
      GenerationConfig config,
      TokenRules rules,
      BeamOptions options,
      Map<Integer, Float> biases) {
    this.kernels = kernels;
    this.config = config;
    this.rules = rules;
    this.options = options;
    this.biases = biases;
  }

  /**
   * The best text of the source that the session encoded last.
   *
   * @param maxTokens most tokens to generate, the end token included; 1 or more
   * @param cancelled asked between tokens; true ends the search with the best text so far
   * @throws LanewiseException if nothing was encoded, or no token may come next
   */
  public Result search(
      EncoderDecoderModel.Session session, int maxTokens, BooleanSupplier cancelled) {
    int limit = Math.min(maxTokens, session.contextLength()) + 1;
    Run run = new Run(session.hypotheses(options.beams()), limit);
    while (run.length < limit && !cancelled.getAsBoolean() && run.step()) {}
    return run.best();
  }

  /** One search. */
  private final class Run {
    private final int beams = options.beams();
    private final EncoderDecoderModel.Hypotheses hypotheses;
    private final int limit;
    private final int[] tokens = new int[beams];
    private final int[] parents = new int[beams];
    private final List<Result> finished = new ArrayList<>();
    private int[][] texts;
    private int[][] nextTexts;
    private float[] scores = new float[beams];
    private float[] nextScores = new float[beams];
    private int length = 1; // of each text, start token included

    Run(EncoderDecoderModel.Hypotheses hypotheses, int limit) {
      this.hypotheses = hypotheses;
      this.limit = limit;
      texts = new int[beams][limit];
      nextTexts = new int[beams][limit];
      for (int[] text : texts) {
        text[0] = config.startToken();
      }
      Arrays.fill(tokens, config.startToken());
      // All texts are alike at first; only one of them counts.
      Arrays.fill(scores, 1, beams, LOST);
    }

    /** Appends a token to each text; false if the search is over. */
    boolean step() {
      float[] logits = hypotheses.forward(tokens);
      int vocabSize = logits.length / beams;
      kernels.logSoftmax(logits, logits, beams, vocabSize);
      LogitBias bias = new LogitBias(biases, vocabSize);
      for (int b = 0; b < beams; b++) {
        bias.addTo(logits, b * vocabSize);
        restrict(logits, b, vocabSize);
      }
      if (config.renormalised()) {
        kernels.logSoftmax(logits, logits, beams, vocabSize);
      }
      for (int i = 0; i < logits.length; i++) {
        logits[i] += scores[i / vocabSize];
      }
      int[] best = new int[Math.min(candidates(), logits.length)];
      kernels.topK(logits, logits.length, best);
      if (!(logits[best[0]] > Float.NEGATIVE_INFINITY)) {
        throw new LanewiseException(
            "no token is left to choose from: every score is -infinity or not a number; the model"
                + " file is damaged, or all tokens are banned");
      }
      length++;
      int going = 0;
      for (int rank = 0; rank < best.length; rank++) {
        int beam = best[rank] / vocabSize;
        int id = best[rank] % vocabSize;
        float score = logits[best[rank]];
        if (rules.isEnd(id) || length == limit) {
          if (rank < beams && score > LOST / 2) {
            finish(texts[beam], id, score);
          }
        } else if (going < beams) {
          goOn(going++, beam, id, score);
        }
      }
      if (going == 0 || nextScores[0] < LOST / 2) {
        return false;
      }
      for (int lost = going; lost < beams; lost++) {
        goOn(lost, parents[0], tokens[0], LOST);
      }
      swap();
      if (isOver()) {
        return false;
      }
      hypotheses.reorder(parents);
      return true;
    }

    private int candidates() {
      return Math.max(2, 1 + config.endTokens().size()) * beams;
    }

    /** What may follow a text, and what the caller wants more or less. */
    private void restrict(float[] logProbabilities, int beam, int vocabSize) {
      int at = beam * vocabSize;
      rules.apply(texts[beam], length, limit, logProbabilities, at, vocabSize);
    }

    private void goOn(int place, int beam, int id, float score) {
      System.arraycopy(texts[beam], 0, nextTexts[place], 0, length - 1);
      nextTexts[place][length - 1] = id;
      nextScores[place] = score;
      tokens[place] = id;
      parents[place] = beam;
    }

    private void swap() {
      int[][] oldTexts = texts;
      texts = nextTexts;
      nextTexts = oldTexts;
      float[] oldScores = scores;
      scores = nextScores;
      nextScores = oldScores;
    }

    /** Keeps a finished text if it is among the best; the earlier of equals is the better. */
    private void finish(int[] text, int id, float sum) {
      boolean ended = rules.isEnd(id);
      List<Integer> ids = new ArrayList<>(length);
      for (int i = 1; i < length - 1; i++) {
        ids.add(text[i]);
      }
      if (!ended) {
        ids.add(id);
      }
      float score = penalised(sum, length - 1);
      int place = 0;
      while (place < finished.size() && finished.get(place).score() >= score) {
        place++;
      }
      finished.add(place, new Result(ids, ended, score));
      if (finished.size() > beams) {
        finished.removeLast();
      }
    }

    private float penalised(float sum, int tokensGenerated) {
      return sum / (float) Math.pow(tokensGenerated, options.lengthPenalty());
    }

    private boolean isOver() {
      if (finished.size() < beams) {
        return false;
      }
      boolean grows =
          options.stopping() == GenerationConfig.Stopping.WHEN_HOPELESS
              && options.lengthPenalty() > 0;
      float possible = penalised(scores[0], (grows ? limit : length) - 1);
      return options.stopping() == GenerationConfig.Stopping.WHEN_FULL
          || !(possible > finished.getLast().score());
    }

    /** The best finished text, or the likeliest of all if none is. */
    Result best() {
      if (!finished.isEmpty()) {
        return finished.getFirst();
      }
      List<Integer> ids = new ArrayList<>();
      for (int i = 1; i < length; i++) {
        ids.add(texts[0][i]);
      }
      return new Result(ids, false, penalised(scores[0], Math.max(1, length - 1)));
    }
  }
}
