package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.StringTable;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * WordPiece as BERT uses it: the text is cleaned and cut at white space, punctuation and Chinese
 * characters, and each word is spelled with the longest piece that fits, again and again; a word
 * that cannot be spelled is the unknown token. Devlin et al., BERT, 2019.
 *
 * <p>The vocabulary is spelled as in GGUF: pieces that begin a word with ▁, others bare; {@link
 * #marked} turns Hugging Face's spelling into it. What cleaning changes (case, accents, spaces) is
 * lost to decoding.
 */
public final class WordPieceTokenizer extends PieceTokenizer {
  private final int maxWordCharacters;

  /**
   * A tokenizer.
   *
   * @param maxWordCharacters longer words are unknown without a look at the vocabulary
   * @throws LanewiseException if the vocabulary has no unknown token
   */
  public WordPieceTokenizer(
      Vocabulary vocabulary, boolean lowercase, boolean stripAccents, int maxWordCharacters) {
    this(
        vocabulary,
        new BertNormaliser(true, true, stripAccents, lowercase),
        PreTokenizer.BERT,
        maxWordCharacters);
  }

  /** A tokenizer with any normalisation and any words. */
  WordPieceTokenizer(
      Vocabulary vocabulary,
      Normaliser normaliser,
      PreTokenizer preTokenizer,
      int maxWordCharacters) {
    super(vocabulary, normaliser, preTokenizer);
    if (vocabulary.unknown() < 0) {
      throw new LanewiseException(
          vocabulary.source() + "unknown_token_id is missing: WordPiece cannot do without");
    }
    this.maxWordCharacters = maxWordCharacters;
  }

  /**
   * A vocabulary in Hugging Face's spelling ({@code word}, {@code ##ing}, {@code [CLS]}) in GGUF's
   * ({@code ▁word}, {@code ing}, {@code [CLS]}).
   */
  public static StringTable marked(StringTable pieces) {
    byte[] bytes = pieces.bytes();
    int count = pieces.size();
    byte[] marked = new byte[Math.addExact(bytes.length, Math.multiplyExact(3, count))];
    int[] offsets = new int[count + 1];
    int at = 0;
    for (int i = 0; i < count; i++) {
      int from = pieces.offsets()[i];
      int to = pieces.offsets()[i + 1];
      boolean inner = to - from > 2 && bytes[from] == '#' && bytes[from + 1] == '#';
      boolean bracketed = to - from > 2 && bytes[from] == '[' && bytes[to - 1] == ']';
      if (inner) {
        from += 2;
      } else if (!bracketed) {
        at = Spaces.put(marked, at);
      }
      System.arraycopy(bytes, from, marked, at, to - from);
      at += to - from;
      offsets[i + 1] = at;
    }
    return new StringTable(Arrays.copyOf(marked, at), offsets);
  }

  @Override
  void encodeWord(byte[] text, int length, TokenList out) {
    byte[] word = new byte[length + 4];
    int first = Spaces.put(word, 0);
    System.arraycopy(text, 0, word, first, length);
    int characters = 0;
    for (int i = 0; i < length && characters <= maxWordCharacters; i += Utf8.length(text[i])) {
      characters++;
    }
    int to = first + length;
    int before = out.size();
    int at = characters > maxWordCharacters ? -1 : 0;
    while (at >= 0 && at < to) {
      int end = Math.min(to, at + vocabulary().longest());
      int id = -1;
      while (end > at && id < 0) {
        // A piece ends where a character ends, and none but the first begins with the mark.
        if ((end == to || (word[end] & 0xC0) != 0x80)
            && (at == 0 || !Spaces.isMark(word, at, to))) {
          id = vocabulary().find(word, at, end);
        }
        end--;
      }
      if (id >= 0) {
        out.add(id, Math.max(0, at - first), end + 1 - first);
      }
      at = id < 0 ? -1 : end + 1;
    }
    if (at < 0) {
      out.truncate(before);
      out.add(vocabulary().unknown(), 0, length);
    }
  }

  @Override
  void decode(int id, ByteArrayOutputStream out) {
    StringTable pieces = vocabulary().pieces();
    int kind = vocabulary().kind(id);
    if (kind == Vocabulary.NORMAL || kind == Vocabulary.USER_DEFINED) {
      Spaces.unmark(pieces.bytes(), pieces.offsets()[id], pieces.offsets()[id + 1], out);
    }
  }

  @Override
  boolean addsSpace() {
    return true;
  }
}
