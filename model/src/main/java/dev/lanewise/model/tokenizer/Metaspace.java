package dev.lanewise.model.tokenizer;

/**
 * Spells spaces as a mark, as SentencePiece does, and cuts a text before each mark.
 *
 * @param mark the mark, mostly ▁
 * @param prefix where a mark comes before a text that has none
 * @param split whether the text is cut
 */
record Metaspace(int mark, Prefix prefix, boolean split) implements WordStep {
  /** Where a mark is put before a stretch of text. */
  enum Prefix {
    /** Before the beginning of the text, and each stretch after a special token. */
    ALWAYS,
    /** Before the beginning of the text. */
    FIRST,
    /** Nowhere. */
    NEVER
  }

  @Override
  public Words apply(Words words) {
    Words marked = Words.rewritten(words, this::write);
    return split
        ? new SplitStep(
                Scan.characters(c -> c == mark), SplitStep.Behaviour.MERGED_WITH_NEXT, false)
            .apply(marked)
        : marked;
  }

  private void write(AlignedText text, int from, int to, AlignedText.Writer out) {
    int[] characters = text.characters();
    boolean wanted = prefix == Prefix.ALWAYS || (prefix == Prefix.FIRST && text.beginsAt(from));
    if (wanted && characters[from] != mark && characters[from] != ' ') {
      out.put(mark, from);
    }
    for (int i = from; i < to; i++) {
      out.put(characters[i] == ' ' ? mark : characters[i], i);
    }
  }
}
