package dev.lanewise.model.generate;

import dev.lanewise.model.arch.GenerationConfig;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Which tokens end a text, and which may come next whatever their scores: those that may not get
 * the score −∞. Depends on nothing but the source and the text so far, so that one instance serves
 * all texts that are made of a source.
 */
final class TokenRules {
  private final IntPredicate ends;
  private final GenerationConfig config;
  private final int known;
  private final int[] source;

  /**
   * What a checkpoint forbids or forces.
   *
   * @param known tokens from here on are none: a model may have spare rows of logits
   * @param source the tokens of which the text is made
   */
  TokenRules(IntPredicate ends, GenerationConfig config, int known, int[] source) {
    this.ends = ends;
    this.config = config;
    this.known = known;
    this.source = source;
  }

  /** Whether a token ends a text. */
  boolean isEnd(int id) {
    return ends.test(id);
  }

  /**
   * Forbids or forces the token that follows a text, and makes those that came about less likely.
   *
   * @param ids the text so far in {@code [0, n)}, the start token included
   * @param limit most tokens it may grow to
   * @param scores of every token in {@code [at, at + vocabSize)}
   */
  void apply(int[] ids, int n, int limit, float[] scores, int at, int vocabSize) {
    if (n == limit - 1 && config.lastToken() != GenerationConfig.NONE) {
      force(config.lastToken(), scores, at, vocabSize);
    } else if (n == 1 && config.firstToken() != GenerationConfig.NONE) {
      force(config.firstToken(), scores, at, vocabSize);
    } else {
      penaliseRepeats(ids, n, scores, at);
      if (known < vocabSize) {
        Arrays.fill(scores, at + known, at + vocabSize, Float.NEGATIVE_INFINITY);
      }
      forbidRepeats(ids, n, config.noRepeatNgram(), ids, n, scores, at);
      forbidRepeats(source, source.length, config.noRepeatNgramOfSource(), ids, n, scores, at);
      forbidWords(ids, n, scores, at);
      if (n == (config.firstToken() == GenerationConfig.NONE ? 1 : 2)) {
        forbid(config.bannedFirst(), scores, at);
      }
      if (n < config.minLength()) {
        forbid(config.endTokens(), scores, at);
      }
    }
  }

  private static void force(int id, float[] scores, int at, int vocabSize) {
    Arrays.fill(scores, at, at + vocabSize, Float.NEGATIVE_INFINITY);
    scores[at + id] = 0;
  }

  private static void forbid(List<Integer> tokens, float[] scores, int at) {
    for (int token : tokens) {
      scores[at + token] = Float.NEGATIVE_INFINITY;
    }
  }

  /** Keskar et al. 2019, arXiv:1909.05858: each token once, however often it came about. */
  private void penaliseRepeats(int[] ids, int n, float[] scores, int at) {
    float penalty = config.repetitionPenalty();
    if (penalty == 1) {
      return;
    }
    float[] penalised = new float[n];
    for (int i = 0; i < n; i++) {
      float score = scores[at + ids[i]];
      penalised[i] = score < 0 ? score * penalty : score / penalty;
    }
    for (int i = 0; i < n; i++) {
      scores[at + ids[i]] = penalised[i];
    }
  }

  /** Forbids what follows in the first m tokens of others where the last of a text come there. */
  private static void forbidRepeats(
      int[] others, int m, int size, int[] ids, int n, float[] scores, int at) {
    if (size == 0 || size > n + 1) {
      return;
    }
    for (int i = 0; i + size <= m; i++) {
      int end = i + size - 1;
      if (Arrays.equals(others, i, end, ids, n - size + 1, n)) {
        scores[at + others[end]] = Float.NEGATIVE_INFINITY;
      }
    }
  }

  private void forbidWords(int[] ids, int n, float[] scores, int at) {
    List<List<Integer>> words = config.bannedWords();
    for (int i = 0; i < words.size(); i++) {
      List<Integer> word = words.get(i);
      if (endsWith(ids, n, word)) {
        scores[at + word.getLast()] = Float.NEGATIVE_INFINITY;
      }
    }
  }

  /** Whether a text ends with all of a word but its last token. */
  private static boolean endsWith(int[] ids, int n, List<Integer> word) {
    int length = word.size() - 1;
    if (length > n) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (ids[n - length + i] != word.get(i)) {
        return false;
      }
    }
    return true;
  }
}
