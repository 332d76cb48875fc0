package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;

/**
 * SentencePiece's byte-pair encoding, as Llama, Llama 2, Mistral and Gemma use it: spaces are
 * spelled ▁, the text is a row of characters, and of all neighbouring pairs that make a piece the
 * one of highest score becomes it, of equal scores the leftmost, until none is left. Characters
 * that are no piece become byte tokens, or a stretch of them the unknown token. Kudo and
 * Richardson, SentencePiece, 2018.
 *
 * <p>A text of n characters takes O(n log n). Decoding what was encoded gives the text back, if the
 * vocabulary has all bytes.
 */
public final class SentencePieceBpeTokenizer extends PieceTokenizer {
  private final int[] keys;
  private final int[] byteIds;
  private final UserSymbols symbols;

  /**
   * A tokenizer.
   *
   * @param scores of each piece; the highest merges first
   * @param spacePrefix whether a space comes before a text, and after each special token in it
   * @throws LanewiseException if there are not as many scores as pieces, a score is not a number,
   *     or a byte token is spelled wrong
   */
  public SentencePieceBpeTokenizer(Vocabulary vocabulary, float[] scores, boolean spacePrefix) {
    this(vocabulary, scores, spacePrefix, Spaces.marker(spacePrefix), UserSymbols.NONE);
  }

  /** A tokenizer with any normalisation. */
  SentencePieceBpeTokenizer(
      Vocabulary vocabulary,
      float[] scores,
      boolean spacePrefix,
      Normaliser normaliser,
      UserSymbols symbols) {
    super(vocabulary, normaliser, PreTokenizer.NONE, spacePrefix);
    vocabulary.requireScores(scores);
    this.symbols = symbols;
    this.byteIds = ByteTokens.ids(vocabulary);
    this.keys = new int[scores.length];
    for (int id = 0; id < scores.length; id++) {
      keys[id] = key(scores[id]);
    }
  }

  /** A number that is the lower, the higher the score. */
  private static int key(float score) {
    // Adding zero makes −0 the same as 0. The bits of a float are ordered like its value, but for
    // negative ones the other way round.
    int bits = Float.floatToRawIntBits(score + 0f);
    return ~(bits ^ (bits >> 31 & Integer.MAX_VALUE));
  }

  @Override
  void encodeWord(byte[] text, int size, TokenList out) {
    int length = 0;
    for (int at = 0; at < size; at = symbolEnd(text, at, size)) {
      length++;
    }
    int[] starts = new int[length + 1];
    MergeQueue queue = new MergeQueue(length);
    int at = 0;
    for (int i = 0; i < length; i++) {
      starts[i] = at;
      int end = symbolEnd(text, at, size);
      queue.add(vocabulary().find(text, at, end));
      at = end;
    }
    starts[length] = at;
    for (int i = 0; i + 1 < length; i++) {
      offer(queue, i, text, starts);
    }
    for (int left = queue.merge(); left >= 0; left = queue.merge()) {
      offer(queue, queue.previous(left), text, starts);
      offer(queue, left, text, starts);
    }
    boolean wasUnknown = false;
    for (int symbol = queue.first(); symbol >= 0; symbol = queue.next(symbol)) {
      int id = queue.id(symbol);
      int from = starts[symbol];
      int end = starts[queue.end(symbol)];
      boolean piece = id >= 0 && isText(id);
      boolean unknown = !piece && !ByteTokens.spell(byteIds, text, from, end);
      if (piece) {
        out.add(id, from, end);
      } else if (!unknown) {
        ByteTokens.add(vocabulary(), byteIds, text, from, end, out);
      } else if (wasUnknown) {
        out.endLastAt(end);
      } else {
        out.add(ByteTokens.unknown(vocabulary(), text[from]), from, end);
      }
      wasUnknown = unknown;
    }
  }

  /** Where a character ends, or a symbol that the user defined. */
  private int symbolEnd(byte[] text, int at, int size) {
    int symbol = symbols.match(text, at, size);
    return symbol > 0 ? at + symbol : at + Utf8.length(text[at]);
  }

  private void offer(MergeQueue queue, int left, byte[] text, int[] starts) {
    if (left < 0) {
      return;
    }
    int right = queue.next(left);
    boolean alone =
        right < 0 || symbols.contains(queue.id(left)) || symbols.contains(queue.id(right));
    int id = alone ? -1 : vocabulary().find(text, starts[left], starts[queue.end(right)]);
    if (id >= 0 && isText(id)) {
      queue.offer(left, keys[id], id);
    } else {
      queue.offer(left, MergeQueue.NONE, -1);
    }
  }

  /** Whether a token may come of merging: control tokens and bytes are not spelled out in text. */
  private boolean isText(int id) {
    int kind = vocabulary().kind(id);
    return kind != Vocabulary.CONTROL && kind != Vocabulary.UNKNOWN && kind != Vocabulary.BYTE;
  }
}
