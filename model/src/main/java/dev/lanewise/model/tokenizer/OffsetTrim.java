package dev.lanewise.model.tokenizer;

/**
 * Takes white space off the ends of tokens' ranges, as the post-processor of byte-level
 * vocabularies does: as many characters as the token's spelling has spaces there.
 *
 * @param trims whether it does anything
 * @param keepsFirst whether a single space before the first token stays, as if it was put there
 */
record OffsetTrim(boolean trims, boolean keepsFirst) {
  void apply(String text, Vocabulary vocabulary, TokenList tokens) {
    if (!trims) {
      return;
    }
    for (int i = 0; i < tokens.size(); i++) {
      int id = tokens.id(i);
      int start = tokens.start(i);
      int end = tokens.end(i);
      // Tokens that took white space with them are spelled with it.
      boolean strips = vocabulary.stripsBefore(id) || vocabulary.stripsAfter(id);
      String spelling = strips ? text.substring(start, end) : vocabulary.pieces().get(id);
      int leading = 0;
      while (leading < spelling.length() && isSpace(spelling.charAt(leading))) {
        leading++;
      }
      int last = spelling.length();
      while (last > 0 && isSpace(spelling.charAt(last - 1))) {
        last--;
      }
      if (leading == 1 && keepsFirst && (i == 0 || start == 0)) {
        leading = 0;
      }
      int trimmed = start;
      for (int n = 0; n < leading && trimmed < end; n++) {
        trimmed = text.offsetByCodePoints(trimmed, 1);
      }
      for (int n = last; n < spelling.length() && end > trimmed; n++) {
        end = text.offsetByCodePoints(end, -1);
      }
      tokens.set(i, trimmed, end);
    }
  }

  private static boolean isSpace(char c) {
    return c == ByteCharacters.character(' ') || CharacterClass.isSpace(c);
  }
}
