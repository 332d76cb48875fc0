package dev.lanewise.model.generate;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.GenerationConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

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
 * <p>One instance serves many texts, whose steps come one after another.
 */
final class BeamSearch {
  /** The score of what does not count: as low as to lose, and yet finite. */
  private static final float LOST = -1e9f;

  /**
   * A text and how good it is.
   *
   * @param ids without start token and end token
   * @param ended whether an end token ended it
   * @param score log-probability / length^penalty, where the end token counts
   */
  record Result(List<Integer> ids, boolean ended, float score) {}

  private final Kernels kernels;
  private final GenerationConfig config;
  private final BeamOptions options;
  private final int beams;
  private final int vocabSize;
  private final LogitBias bias;
  private final float[] scores; // [beams × vocabSize] of the continuations, in a step
  private final int[] best;

  /**
   * Searches by a checkpoint's rules.
   *
   * @param kernels used during steps only
   * @param vocabSize tokens that the model scores
   * @param biases added to the log-probabilities, by token
   * @throws LanewiseException if a bias is for a token that there is not, or there are too many
   *     beams
   */
  BeamSearch(
      Kernels kernels,
      GenerationConfig config,
      BeamOptions options,
      int vocabSize,
      Map<Integer, Float> biases) {
    this.kernels = kernels;
    this.config = config;
    this.options = options;
    this.vocabSize = vocabSize;
    beams = options.beams();
    bias = new LogitBias(biases, vocabSize);
    int most = Integer.MAX_VALUE / vocabSize;
    if (beams > most) {
      throw new LanewiseException("beams " + beams + ": this model's vocabulary allows " + most);
    }
    scores = new float[beams * vocabSize];
    int candidates = Math.max(2, 1 + config.endTokens().size()) * beams;
    best = new int[Math.min(candidates, scores.length)];
  }

  /**
   * Begins a text, with the start token.
   *
   * @param maxTokens most tokens to generate, the end token included
   */
  Run begin(TokenRules rules, int maxTokens) {
    return new Run(rules, maxTokens + 1);
  }

  /** One search. */
  final class Run {
    /** The last token of each text, and what it goes on from: one of those that were. */
    final int[] tokens = new int[beams];

    final int[] parents = new int[beams];

    private final TokenRules rules;
    private final int limit;
    private final List<Result> finished = new ArrayList<>();
    private int[][] texts;
    private int[][] nextTexts;
    private float[] sums = new float[beams]; // log-probabilities
    private float[] nextSums = new float[beams];
    private int length = 1; // of each text, start token included

    private Run(TokenRules rules, int limit) {
      this.rules = rules;
      this.limit = limit;
      texts = new int[beams][limit];
      nextTexts = new int[beams][limit];
      for (int[] text : texts) {
        text[0] = config.startToken();
      }
      Arrays.fill(tokens, config.startToken());
      // All texts are alike at first; only one of them counts.
      Arrays.fill(sums, 1, beams, LOST);
    }

    /**
     * Appends a token to each text.
     *
     * @param logits those of the first text begin at {@code at}
     * @return false if the search is over
     */
    boolean step(float[] logits, int at) {
      if (length == limit) {
        return false; // no token was wanted
      }
      System.arraycopy(logits, at, scores, 0, scores.length);
      score();
      kernels.topK(scores, scores.length, best);
      if (!(scores[best[0]] > Float.NEGATIVE_INFINITY)) {
        throw new LanewiseException(
            "no token is left to choose from: every score is -infinity or not a number; the model"
                + " file is damaged, or all tokens are banned");
      }
      length++;
      int going = 0;
      for (int rank = 0; rank < best.length; rank++) {
        int beam = best[rank] / vocabSize;
        int id = best[rank] % vocabSize;
        float sum = scores[best[rank]];
        if (rules.isEnd(id) || length == limit) {
          if (rank < beams && sum > LOST / 2) {
            finish(texts[beam], id, sum);
          }
        } else if (going < beams) {
          goOn(going++, beam, id, sum);
        }
      }
      if (going == 0 || nextSums[0] < LOST / 2) {
        return false;
      }
      for (int lost = going; lost < beams; lost++) {
        goOn(lost, parents[0], tokens[0], LOST);
      }
      swap();
      return !isOver();
    }

    /** Makes the log-probabilities of all continuations of their logits. */
    private void score() {
      kernels.logSoftmax(scores, scores, beams, vocabSize);
      for (int b = 0; b < beams; b++) {
        bias.addTo(scores, b * vocabSize);
        rules.apply(texts[b], length, limit, scores, b * vocabSize, vocabSize);
      }
      if (config.renormalised()) {
        kernels.logSoftmax(scores, scores, beams, vocabSize);
      }
      for (int b = 0; b < beams; b++) {
        float sum = sums[b];
        for (int i = b * vocabSize; i < (b + 1) * vocabSize; i++) {
          scores[i] += sum;
        }
      }
    }

    private void goOn(int place, int beam, int id, float sum) {
      System.arraycopy(texts[beam], 0, nextTexts[place], 0, length - 1);
      nextTexts[place][length - 1] = id;
      nextSums[place] = sum;
      tokens[place] = id;
      parents[place] = beam;
    }

    private void swap() {
      int[][] oldTexts = texts;
      texts = nextTexts;
      nextTexts = oldTexts;
      float[] oldSums = sums;
      sums = nextSums;
      nextSums = oldSums;
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
      float possible = penalised(sums[0], (grows ? limit : length) - 1);
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
      return new Result(ids, false, penalised(sums[0], Math.max(1, length - 1)));
    }
  }
}
