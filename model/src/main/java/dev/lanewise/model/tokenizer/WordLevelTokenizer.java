package dev.lanewise.model.tokenizer;

import java.io.ByteArrayOutputStream;

/** Words as they stand: each is a token of the vocabulary, or the unknown token, or nothing. */
final class WordLevelTokenizer extends PieceTokenizer {
  /** A tokenizer with any normalisation and any words. */
  WordLevelTokenizer(Vocabulary vocabulary, Normaliser normaliser, PreTokenizer preTokenizer) {
    super(vocabulary, normaliser, preTokenizer, true);
  }

  @Override
  void encodeWord(byte[] word, int length, TokenList out) {
    int id = vocabulary().find(word, 0, length);
    id = id < 0 ? vocabulary().unknown() : id;
    if (id >= 0) {
      out.add(id, 0, length);
    }
  }

  @Override
  void decode(int id, ByteArrayOutputStream out) {
    int kind = vocabulary().kind(id);
    if (kind == Vocabulary.NORMAL || kind == Vocabulary.USER_DEFINED) {
      out.write(' ');
      vocabulary().pieces().write(id, out);
    }
  }
}
