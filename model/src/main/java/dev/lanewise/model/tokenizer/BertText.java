package dev.lanewise.model.tokenizer;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;

/**
 * A text as BERT reads it, character by character: without control characters, accents taken apart
 * and dropped if wanted, every kind of white space the same.
 */
final class BertText {
  /** Stands for white space of any kind. */
  static final int SPACE = ' ';

  /** After the last character. */
  static final int END = -1;

  private static final int REPLACEMENT = 0xFFFD;

  private final byte[] utf8;
  private final int to;
  private final boolean stripAccents;
  private int at;

  BertText(byte[] bytes, int from, int to, boolean stripAccents) {
    this.stripAccents = stripAccents;
    int i = from;
    while (i < to && bytes[i] >= 0) {
      i++;
    }
    if (!stripAccents || i == to) {
      this.utf8 = bytes;
      this.at = from;
      this.to = to;
    } else {
      String text = new String(bytes, from, to - from, StandardCharsets.UTF_8);
      this.utf8 = Utf8.encode(Normalizer.normalize(text, Normalizer.Form.NFD));
      this.at = 0;
      this.to = utf8.length;
    }
  }

  /** The next character, {@link #SPACE} or {@link #END}. */
  int next() {
    while (at < to) {
      int c = Utf8.codePoint(utf8, at);
      at += Utf8.length(utf8[at]);
      if (CharacterClass.of(c) == CharacterClass.SPACE) {
        return SPACE;
      }
      if (c != REPLACEMENT && !isDropped(Character.getType(c))) {
        return c;
      }
    }
    return END;
  }

  private boolean isDropped(int type) {
    return switch (type) {
      case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE, Character.SURROGATE -> true;
      case Character.NON_SPACING_MARK -> stripAccents;
      default -> false;
    };
  }

  /** Whether a character is a word by itself: punctuation, ASCII signs, Chinese characters. */
  static boolean standsAlone(int c) {
    int kind = CharacterClass.of(c);
    return kind == CharacterClass.PUNCTUATION
        || (kind == CharacterClass.SYMBOL && c < 128)
        || isChinese(c);
  }

  private static boolean isChinese(int c) {
    return (c >= 0x4E00 && c <= 0x9FFF)
        || (c >= 0x3400 && c <= 0x4DBF)
        || (c >= 0x20000 && c <= 0x2A6DF)
        || (c >= 0x2A700 && c <= 0x2B73F)
        || (c >= 0x2B740 && c <= 0x2B81F)
        // BERT's own code begins this block at 0x2B820; models of today are trained with this slip.
        || (c >= 0x2B920 && c <= 0x2CEAF)
        || (c >= 0xF900 && c <= 0xFAFF)
        || (c >= 0x2F800 && c <= 0x2FA1F);
  }
}
