package dev.lanewise.model.tokenizer;

/**
 * The classes of characters that pre-tokenizers tell apart: the major Unicode categories, with
 * white space as a class of its own. Every code point is in exactly one.
 */
final class CharacterClass {
  /** Regular expressions' {@code \p{L}}. */
  static final int LETTER = 1;

  /** {@code \p{N}}. */
  static final int NUMBER = 2;

  /** {@code \p{M}}. */
  static final int MARK = 4;

  /** {@code \p{P}}. */
  static final int PUNCTUATION = 8;

  /** {@code \p{S}}. */
  static final int SYMBOL = 16;

  /** {@code \s}: Unicode's White_Space. */
  static final int SPACE = 32;

  /** Anything else: control, format, private use, unassigned. */
  static final int OTHER = 64;

  private static final byte[] ASCII = new byte[128];

  static {
    for (int c = 0; c < ASCII.length; c++) {
      ASCII[c] = (byte) classify(c);
    }
  }

  private CharacterClass() {}

  /** The class of a code point. */
  static int of(int codePoint) {
    return codePoint < 128 ? ASCII[codePoint] : classify(codePoint);
  }

  /** Whether a character is white space. */
  static boolean isSpace(int c) {
    return of(c) == SPACE;
  }

  /** Whether a character is punctuation; ASCII's symbols count, as in BERT. */
  static boolean isPunctuation(int c) {
    int kind = of(c);
    return kind == PUNCTUATION || (kind == SYMBOL && c < 128);
  }

  /** Whether a character belongs to a word, as regular expressions see it: {@code \w}. */
  static boolean isWord(int c) {
    return (of(c) & (LETTER | MARK)) != 0
        || Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER
        || Character.getType(c) == Character.CONNECTOR_PUNCTUATION
        || Character.isAlphabetic(c)
        || c == 0x200C // the zero-width joiners
        || c == 0x200D;
  }

  private static int classify(int c) {
    if ((c >= '\t' && c <= '\r') || c == 0x85) {
      return SPACE;
    }
    return switch (Character.getType(c)) {
      case Character.UPPERCASE_LETTER,
          Character.LOWERCASE_LETTER,
          Character.TITLECASE_LETTER,
          Character.MODIFIER_LETTER,
          Character.OTHER_LETTER ->
          LETTER;
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER ->
          NUMBER;
      case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK ->
          MARK;
      case Character.DASH_PUNCTUATION,
          Character.START_PUNCTUATION,
          Character.END_PUNCTUATION,
          Character.CONNECTOR_PUNCTUATION,
          Character.OTHER_PUNCTUATION,
          Character.INITIAL_QUOTE_PUNCTUATION,
          Character.FINAL_QUOTE_PUNCTUATION ->
          PUNCTUATION;
      case Character.MATH_SYMBOL,
          Character.CURRENCY_SYMBOL,
          Character.MODIFIER_SYMBOL,
          Character.OTHER_SYMBOL ->
          SYMBOL;
      case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
          SPACE;
      default -> OTHER;
    };
  }
}
