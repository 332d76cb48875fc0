package dev.lanewise.model.tokenizer;

/**
 * What SentencePiece makes of a text before it looks for pieces: characters are mapped, spaces
 * become ▁.
 *
 * @param map how characters are normalised
 * @param prefix where a space comes before a stretch of text
 * @param mergeSpaces whether several spaces are one, and none begins or ends a text
 * @param symbols stay as they are
 */
record SentencePieceText(
    CharacterMap map, Metaspace.Prefix prefix, boolean mergeSpaces, UserSymbols symbols)
    implements Normaliser {
  @Override
  public AlignedText apply(AlignedText text) {
    boolean later = prefix == Metaspace.Prefix.FIRST && !text.beginsAt(0);
    boolean spacePrefix = prefix != Metaspace.Prefix.NEVER && !later;
    Pen pen = new Pen(new AlignedText.Writer(text), spacePrefix, later);
    int[] characters = text.characters();
    int length = text.length();
    int at = 0;
    while (at < length) {
      int symbol = symbols.match(characters, at, length);
      if (symbol > 0) {
        for (int to = at + symbol; at < to; at++) {
          pen.put(characters[at], at, at + 1);
        }
        continue;
      }
      long match = map.match(characters, at, length);
      int end = match < 0 ? at + 1 : at + CharacterMap.matched(match);
      if (match < 0) {
        pen.put(characters[at], at, end);
      } else {
        int to = map.end(match);
        for (int i = CharacterMap.start(match); i < to; i += map.length(i, to)) {
          pen.put(map.character(i, to), at, end);
        }
      }
      at = end;
    }
    pen.end(length);
    return pen.out.text();
  }

  /** Writes characters, and knows of the last space. */
  private final class Pen {
    private final AlignedText.Writer out;
    private final boolean spacePrefix;
    private final boolean later; // behind a special token: a space of its own counts
    private boolean first = true;
    private boolean word;
    private int spaceFrom = -1;
    private int spaceTo;

    Pen(AlignedText.Writer out, boolean spacePrefix, boolean later) {
      this.out = out;
      this.spacePrefix = spacePrefix;
      this.later = later;
    }

    /** Spaces alone are a text as well, if they count, and have one before them. */
    void end(int length) {
      if (first && length > 0 && spacePrefix && !mergeSpaces) {
        out.put(Spaces.MARK_CHARACTER, length - 1, length);
      }
    }

    void put(int character, int from, int to) {
      boolean space = character == ' ';
      if (space) {
        spaceFrom = from;
        spaceTo = to;
      }
      boolean kept = mergeSpaces && (!first || (later && spaceFrom >= 0));
      if (space ? !mergeSpaces : !word && (kept || (first && spacePrefix))) {
        boolean given = (!first || later) && spaceFrom >= 0;
        out.put(Spaces.MARK_CHARACTER, given ? spaceFrom : from, given ? spaceTo : to);
      }
      if (!space) {
        out.put(character, from, to);
        first = false;
      }
      word = !space;
    }
  }
}
