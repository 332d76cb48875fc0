package dev.lanewise.model.tokenizer;

/**
 * Cuts words at the matches of a pattern.
 *
 * @param scan the pattern
 * @param behaviour what becomes of the matches
 * @param inverted whether what lies between the matches counts as the match
 */
record SplitStep(Scan scan, Behaviour behaviour, boolean inverted) implements WordStep {
  /** What becomes of matches. */
  enum Behaviour {
    /** They are dropped. */
    REMOVED,
    /** Each is a word. */
    ISOLATED,
    /** Each belongs to what is before it, but not to another match. */
    MERGED_WITH_PREVIOUS,
    /** Each belongs to what is after it, but not to another match. */
    MERGED_WITH_NEXT,
    /** Neighbours are one word. */
    CONTIGUOUS
  }

  @Override
  public Words apply(Words words) {
    int[] text = words.text().characters();
    Words finer = new Words(words.text(), Math.max(words.count(), words.text().length() / 4));
    for (int i = 0; i < words.count(); i++) {
      Cut cut = new Cut(words.from(i), finer);
      scan.find(text, words.from(i), words.to(i), cut);
      cut.end(words.to(i));
    }
    return finer;
  }

  /** The cutting of one word: pieces come in order, matches and what lies between them. */
  private final class Cut implements Scan.Matches {
    private final Words out;
    private int done;
    private int from; // of the piece that may go on
    private int to;
    private boolean wasMatch;

    Cut(int from, Words out) {
      this.out = out;
      this.done = from;
      this.from = from;
      this.to = from;
    }

    @Override
    public void add(int start, int end) {
      if (start > done) {
        piece(done, start, inverted);
      }
      piece(start, end, !inverted);
      done = end;
    }

    void end(int end) {
      if (end > done) {
        piece(done, end, inverted);
      }
      out.add(from, to);
    }

    private void piece(int start, int end, boolean match) {
      boolean joined =
          switch (behaviour) {
            case ISOLATED, REMOVED -> false;
            case MERGED_WITH_PREVIOUS -> match && !wasMatch;
            case MERGED_WITH_NEXT -> !match && wasMatch;
            case CONTIGUOUS -> match == wasMatch;
          };
      if (!joined) {
        out.add(from, to);
        from = start;
      }
      to = match && behaviour == Behaviour.REMOVED ? from : end;
      wasMatch = match;
    }
  }
}
