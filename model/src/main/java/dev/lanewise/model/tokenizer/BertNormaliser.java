package dev.lanewise.model.tokenizer;

import java.text.Normalizer;

/**
 * A text as BERT reads it. Devlin et al., BERT, 2019, and the library tokenizers.
 *
 * @param clean whether control characters are dropped and every white space is a space
 * @param partChinese whether spaces come around Chinese characters, so that each is a word
 * @param stripAccents whether accents are taken apart and dropped
 * @param lowercase whether capitals become small
 */
record BertNormaliser(boolean clean, boolean partChinese, boolean stripAccents, boolean lowercase)
    implements Normaliser {
  @Override
  public AlignedText apply(AlignedText text) {
    AlignedText done = clean || partChinese ? cleaned(text) : text;
    if (stripAccents && !done.isBelow(0xC0)) {
      done = Normalisers.stripAccents(new UnicodeForm(Normalizer.Form.NFD).apply(done));
    }
    return lowercase ? Normalisers.lowercase(done) : done;
  }

  private AlignedText cleaned(AlignedText text) {
    AlignedText.Writer out = new AlignedText.Writer(text);
    for (int i = 0; i < text.length(); i++) {
      int c = text.characters()[i];
      if (clean && isDropped(c)) {
        continue;
      }
      boolean chinese = partChinese && isChinese(c);
      if (chinese) {
        out.put(' ', i);
      }
      out.put(clean && CharacterClass.isSpace(c) ? ' ' : c, i);
      if (chinese) {
        out.put(' ', i);
      }
    }
    return out.text();
  }

  private static boolean isDropped(int c) {
    if (c < 0x80) {
      return (c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
    }
    return c == Utf8.REPLACEMENT
        || switch (Character.getType(c)) {
          case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE, Character.SURROGATE ->
              true;
          default -> false;
        };
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
