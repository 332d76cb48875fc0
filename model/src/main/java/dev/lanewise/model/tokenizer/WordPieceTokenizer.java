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
 * <p>A piece that begins a word is marked in GGUF ({@code ▁play}, {@code ing}), one that goes on
 * with it in the Hugging Face hub's files ({@code play}, {@code ##ing}). What cleaning changes
 * (case, accents, spaces) is lost to decoding.
 */
public final class WordPieceTokenizer extends PieceTokenizer {
  private static final String GGUF_BEGIN = Character.toString(Spaces.MARK_CHARACTER);

  private final int maxWordCharacters;
  private final byte[] beginMark;
  private final byte[] innerMark;
  private final PieceTrie beginnings;
  private final PieceTrie insides;

  /**
   * A tokenizer of a vocabulary spelled as in GGUF.
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
        maxWordCharacters,
        GGUF_BEGIN,
        "");
  }

  /**
   * A tokenizer with any normalisation, any words and any spelling.
   *
   * @param beginMark what pieces that begin a word are spelled with, or empty
   * @param innerMark what other pieces are spelled with, or empty
   */
  WordPieceTokenizer(
      Vocabulary vocabulary,
      Normaliser normaliser,
      PreTokenizer preTokenizer,
      int maxWordCharacters,
      String beginMark,
      String innerMark) {
    super(vocabulary, normaliser, preTokenizer, true);
    if (vocabulary.unknown() < 0) {
      throw new LanewiseException(
          vocabulary.source() + "unknown_token_id is missing: WordPiece cannot do without");
    }
    this.maxWordCharacters = maxWordCharacters;
    this.beginMark = Utf8.encode(beginMark);
    this.innerMark = Utf8.encode(innerMark);
    StringTable pieces = vocabulary.pieces();
    this.beginnings = new PieceTrie(4 * pieces.size());
    this.insides = new PieceTrie(4 * pieces.size());
    for (int id = 0; id < pieces.size(); id++) {
      enter(id);
    }
  }

  /** Takes a piece into the tries. A method of its own, which is compiled soon. */
  private void enter(int id) {
    StringTable pieces = vocabulary().pieces();
    byte[] bytes = pieces.bytes();
    int from = pieces.offsets()[id];
    int to = pieces.offsets()[id + 1];
    if (vocabulary().isOutside(id)) {
      return;
    }
    if (begins(bytes, from, to, beginMark)) {
      beginnings.add(bytes, from + beginMark.length, to, id);
    }
    // Without a mark for what is inside, all that is not marked as a beginning is.
    if (innerMark.length > 0
        ? begins(bytes, from, to, innerMark)
        : beginMark.length == 0 || !begins(bytes, from, to, beginMark)) {
      insides.add(bytes, from + innerMark.length, to, id);
    }
  }

  private static boolean begins(byte[] bytes, int from, int to, byte[] mark) {
    return to - from >= mark.length
        && Arrays.equals(bytes, from, from + mark.length, mark, 0, mark.length);
  }

  @Override
  void encodeWord(byte[] word, int length, TokenList out) {
    int characters = 0;
    for (int i = 0; i < length && characters <= maxWordCharacters; i += Utf8.length(word[i])) {
      characters++;
    }
    int before = out.size();
    int at = characters > maxWordCharacters ? -1 : 0;
    while (at >= 0 && at < length) {
      PieceTrie trie = at == 0 ? beginnings : insides;
      int id = -1;
      int end = at;
      int node = trie.root(word[at]);
      for (int i = at + 1; node != 0; i++) {
        if (trie.token(node) >= 0) {
          id = trie.token(node);
          end = i;
        }
        node = i < length ? trie.child(node, word[i]) : 0;
      }
      if (id >= 0) {
        out.add(id, at, end);
      }
      at = id < 0 ? -1 : end;
    }
    if (at < 0) {
      out.truncate(before);
      out.add(vocabulary().unknown(), 0, length);
    }
  }

  @Override
  void decode(int id, ByteArrayOutputStream out) {
    StringTable pieces = vocabulary().pieces();
    byte[] bytes = pieces.bytes();
    int from = pieces.offsets()[id];
    int to = pieces.offsets()[id + 1];
    int kind = vocabulary().kind(id);
    if (kind != Vocabulary.NORMAL && kind != Vocabulary.USER_DEFINED) {
      return;
    }
    if (innerMark.length == 0) {
      Spaces.unmark(pieces, id, out);
    } else if (begins(bytes, from, to, innerMark)) {
      out.write(bytes, from + innerMark.length, to - from - innerMark.length);
    } else {
      out.write(' ');
      pieces.write(id, out);
    }
  }
}
