package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import java.util.Arrays;
import java.util.BitSet;

/**
 * SentencePiece's unigram model, as T5 and XLM-RoBERTa use it: of all ways to spell a text the one
 * whose pieces' scores (log probabilities) sum to most, found by Viterbi's algorithm. Kudo, Subword
 * Regularization, 2018.
 *
 * <p>What normalisation changes is lost to decoding.
 */
public final class UnigramTokenizer extends PieceTokenizer {
  /** What an unknown character costs more than the rarest piece. */
  private static final double UNKNOWN_PENALTY = 10;

  /** What each byte but the first counts of a piece that a SentencePiece file's maker defined. */
  private static final double DEFINED_BONUS = 0.1;

  private final double[] scores;
  private final double unknownScore;
  private final PieceTrie trie;
  private final int[] byteIds; // null if the vocabulary has none

  /**
   * A tokenizer.
   *
   * @param scores of each piece
   * @param map how characters are normalised
   * @param spacePrefix whether a space comes before a text
   * @param mergeSpaces whether several spaces are one, and none ends a text
   * @throws LanewiseException if there are not as many scores as pieces, or a score is not a number
   */
  public UnigramTokenizer(
      Vocabulary vocabulary,
      float[] scores,
      CharacterMap map,
      boolean spacePrefix,
      boolean mergeSpaces) {
    this(
        vocabulary,
        doubles(vocabulary, scores),
        new SentencePieceText(
            map,
            spacePrefix ? Metaspace.Prefix.ALWAYS : Metaspace.Prefix.NEVER,
            mergeSpaces,
            UserSymbols.NONE),
        PreTokenizer.NONE,
        spacePrefix,
        new BitSet());
  }

  /**
   * A tokenizer with any normalisation and any words.
   *
   * @param scores of each piece; negative infinity for those that spell nothing
   * @param defined pieces that the maker of a SentencePiece file defined: whatever their scores,
   *     which are replaced, they count more than other pieces, and the longer the more
   */
  UnigramTokenizer(
      Vocabulary vocabulary,
      double[] scores,
      Normaliser normaliser,
      PreTokenizer preTokenizer,
      boolean addsSpace,
      BitSet defined) {
    super(vocabulary, normaliser, preTokenizer, addsSpace);
    this.scores = scores;
    this.byteIds = ByteTokens.idsIfAny(vocabulary);
    this.trie = new PieceTrie(4 * scores.length);
    double least = Double.MAX_VALUE;
    for (int id = 0; id < scores.length; id++) {
      int kind = vocabulary.kind(id);
      if (kind == Vocabulary.NORMAL && scores[id] > Double.NEGATIVE_INFINITY && !defined.get(id)) {
        least = Math.min(least, scores[id]);
      }
      boolean spells =
          kind == Vocabulary.NORMAL || kind == Vocabulary.USER_DEFINED || kind == Vocabulary.UNUSED;
      if (spells && (scores[id] > Double.NEGATIVE_INFINITY || defined.get(id))) {
        trie.add(vocabulary.pieces(), id);
      }
    }
    int[] offsets = vocabulary.pieces().offsets();
    for (int id = defined.nextSetBit(0); id >= 0; id = defined.nextSetBit(id + 1)) {
      scores[id] = DEFINED_BONUS * (offsets[id + 1] - offsets[id] - 1);
    }
    this.unknownScore = least - UNKNOWN_PENALTY;
  }

  /** Scores in double precision, checked; user-defined tokens cost nothing. */
  static double[] doubles(Vocabulary vocabulary, float[] scores) {
    vocabulary.requireScores(scores);
    double[] all = new double[scores.length];
    for (int id = 0; id < all.length; id++) {
      all[id] = vocabulary.kind(id) == Vocabulary.USER_DEFINED ? 0 : scores[id];
    }
    return all;
  }

  @Override
  void encodeWord(byte[] text, int length, TokenList out) {
    double[] best = new double[length + 1];
    int[] token = new int[length + 1];
    int[] start = new int[length + 1];
    Arrays.fill(best, 1, length + 1, Double.NEGATIVE_INFINITY);
    int unknown = vocabulary().unknown();
    for (int at = 0; at < length; ) {
      int next = Math.min(length, at + Utf8.length(text[at]));
      boolean spelled = false;
      int node = trie.root(text[at]);
      for (int end = at + 1; node != 0; end++) {
        int id = trie.token(node);
        if (id >= 0) {
          spelled |= end == next;
          if (best[at] + scores[id] > best[end]) {
            best[end] = best[at] + scores[id];
            token[end] = id;
            start[end] = at;
          }
        }
        node = end < length ? trie.child(node, text[end]) : 0;
      }
      if (!spelled && best[at] + unknownScore > best[next]) {
        best[next] = best[at] + unknownScore;
        token[next] = unknown;
        start[next] = at;
      }
      at = next;
    }
    int count = 0;
    for (int at = length; at > 0; at = start[at]) {
      count++;
    }
    int[] ends = new int[count];
    for (int at = length; at > 0; at = start[at]) {
      ends[--count] = at;
    }
    int from = 0;
    for (int i = 0; i < ends.length; i++) {
      int id = token[ends[i]];
      // Neighbouring unknown characters are one unknown token.
      while (id == unknown && i + 1 < ends.length && token[ends[i + 1]] == unknown) {
        i++;
      }
      if (id == unknown && ByteTokens.spell(byteIds, text, from, ends[i])) {
        for (int at = from; at < ends[i]; at++) {
          out.add(byteIds[text[at] & 0xFF], from, ends[i]);
        }
      } else {
        int found = id >= 0 ? id : ByteTokens.unknown(vocabulary(), text[from]);
        out.add(found, from, ends[i]);
      }
      from = ends[i];
    }
  }
}
