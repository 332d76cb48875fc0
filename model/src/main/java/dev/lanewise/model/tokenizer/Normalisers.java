package dev.lanewise.model.tokenizer;

/** The simple normalisers, each a loop over the text. */
final class Normalisers {
  private static final int CAPITAL_I_WITH_DOT = 0x130;
  private static final int DOT_ABOVE = 0x307;

  private Normalisers() {}

  /** Small letters, without regard to language and context. */
  static AlignedText lowercase(AlignedText text) {
    AlignedText.Writer out = new AlignedText.Writer(text);
    for (int i = 0; i < text.length(); i++) {
      int c = text.characters()[i];
      out.put(Character.toLowerCase(c), i);
      if (c == CAPITAL_I_WITH_DOT) { // the one that becomes two characters
        out.put(DOT_ABOVE, i);
      }
    }
    return out.text();
  }

  /** Drops marks. */
  static AlignedText stripMarks(AlignedText text) {
    AlignedText.Writer out = new AlignedText.Writer(text);
    for (int i = 0; i < text.length(); i++) {
      int c = text.characters()[i];
      if (CharacterClass.of(c) != CharacterClass.MARK) {
        out.put(c, i);
      }
    }
    return out.text();
  }

  /** Drops marks that take no space. */
  static AlignedText stripAccents(AlignedText text) {
    AlignedText.Writer out = new AlignedText.Writer(text);
    for (int i = 0; i < text.length(); i++) {
      int c = text.characters()[i];
      if (c < 0x300 || Character.getType(c) != Character.NON_SPACING_MARK) {
        out.put(c, i);
      }
    }
    return out.text();
  }

  /** Drops white space at the ends. */
  static Normaliser strip(boolean left, boolean right) {
    return text -> {
      int from = 0;
      int to = text.length();
      while (left && from < to && CharacterClass.isSpace(text.characters()[from])) {
        from++;
      }
      while (right && from < to && CharacterClass.isSpace(text.characters()[to - 1])) {
        to--;
      }
      if (from == 0) {
        return text.range(from, to);
      }
      AlignedText.Writer out = new AlignedText.Writer(text); // still the beginning of the original
      out.copy(from, to);
      return out.text();
    };
  }

  /** Puts characters before a text, unless it is empty. */
  static Normaliser prepend(String prefix) {
    int[] characters = prefix.codePoints().toArray();
    return text -> {
      if (text.length() == 0) {
        return text;
      }
      AlignedText.Writer out = new AlignedText.Writer(text);
      for (int c : characters) {
        out.put(c, 0);
      }
      out.copy(0, text.length());
      return out.text();
    };
  }

  /**
   * Replaces the matches of a pattern; the replacement has the range of a match's last character,
   * or of the one before an empty match, or an empty range if there is none before it.
   */
  static Normaliser replace(Scan scan, String replacement) {
    int[] characters = replacement.codePoints().toArray();
    return text -> {
      AlignedText.Writer out = new AlignedText.Writer(text);
      int[] done = {0};
      scan.find(
          text.characters(),
          0,
          text.length(),
          (from, to) -> {
            out.copy(done[0], from);
            for (int c : characters) {
              out.put(c, Math.max(to - 1, 0), to);
            }
            done[0] = to;
          });
      out.copy(done[0], text.length());
      return out.text();
    };
  }

  /** Spells a text in GPT-2's byte characters. */
  static AlignedText bytes(AlignedText text) {
    AlignedText.Writer out = new AlignedText.Writer(text);
    putBytes(text, 0, text.length(), out);
    return out.text();
  }

  /** Writes characters of a text in GPT-2's byte characters. */
  static void putBytes(AlignedText text, int from, int to, AlignedText.Writer out) {
    byte[] utf8 = new byte[4];
    for (int i = from; i < to; i++) {
      int length = Utf8.put(text.characters()[i], utf8, 0);
      for (int j = 0; j < length; j++) {
        out.put(ByteCharacters.character(utf8[j] & 0xFF), i);
      }
    }
  }

  /**
   * Drops control characters, and makes every white space a space, as SentencePiece's NMT rules.
   */
  static AlignedText nmt(AlignedText text) {
    AlignedText.Writer out = new AlignedText.Writer(text);
    for (int i = 0; i < text.length(); i++) {
      int c = text.characters()[i];
      boolean dropped =
          (c >= 1 && c <= 8)
              || c == 0x0B
              || (c >= 0x0E && c <= 0x1F)
              || c == 0x7F
              || c == 0x8F
              || c == 0x9F;
      if (!dropped) {
        out.put(isSpaceOfNmt(c) ? ' ' : c, i);
      }
    }
    return out.text();
  }

  private static boolean isSpaceOfNmt(int c) {
    return switch (c) {
      case '\t', '\n', '\f', '\r', 0x1680, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD -> true;
      default -> c >= 0x200B && c <= 0x200F;
    };
  }
}
