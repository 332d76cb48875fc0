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
  private final boolean lowercase;
  private final boolean stripAccents;
  private final int maxWordCharacters;

  /**
   * A tokenizer.
   *
   * @param maxWordCharacters longer words are unknown without a look at the vocabulary
   * @throws LanewiseException if the vocabulary has no unknown token
   */
  public WordPieceTokenizer(
      Vocabulary vocabulary, boolean lowercase, boolean stripAccents, int maxWordCharacters) {
    super(vocabulary);
    if (vocabulary.unknown() < 0) {
      throw new LanewiseException(
          vocabulary.source() + "unknown_token_id is missing: WordPiece cannot do without");
    }
    this.lowercase = lowercase;
    this.stripAccents = stripAccents;
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
  void encode(byte[] utf8, int from, int to, IntList ids) {
    BertText text = new BertText(utf8, from, to, stripAccents);
    byte[] word = new byte[256];
    int length = 0;
    int characters = 0;
    for (int c = text.next(); c != BertText.END; c = text.next()) {
      boolean alone = c != BertText.SPACE && BertText.standsAlone(c);
      if (characters > 0 && (alone || c == BertText.SPACE)) {
        addWord(word, length, characters, ids);
        characters = 0;
      }
      if (c == BertText.SPACE) {
        continue;
      }
      if (characters == 0) {
        length = Spaces.put(word, 0);
      }
      if (length + 4 > word.length) {
        word = Arrays.copyOf(word, Math.addExact(length, length));
      }
      length = Utf8.put(lowercase ? Character.toLowerCase(c) : c, word, length);
      characters++;
      if (alone) {
        addWord(word, length, characters, ids);
        characters = 0;
      }
    }
    if (characters > 0) {
      addWord(word, length, characters, ids);
    }
  }

  private void addWord(byte[] word, int length, int characters, IntList ids) {
    int before = ids.size();
    int at = characters > maxWordCharacters ? -1 : 0;
    while (at >= 0 && at < length) {
      int end = Math.min(length, at + vocabulary().longest());
      int id = -1;
      while (end > at && id < 0) {
        // A piece ends where a character ends.
        if (end == length || (word[end] & 0xC0) != 0x80) {
          id = vocabulary().find(word, at, end);
        }
        end--;
      }
      if (id >= 0) {
        ids.add(id);
      }
      at = id < 0 ? -1 : end + 1;
    }
    if (at < 0) {
      ids.truncate(before);
      ids.add(vocabulary().unknown());
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
