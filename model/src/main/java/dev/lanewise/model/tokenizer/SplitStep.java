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
      Cut cut = new Cut(finer);
      int from = words.from(i);
      int to = words.to(i);
      int start = from;
      int at = from;
      while (at < to) {
        int end = scan.match(text, at, to);
        if (end == at) {
          at++;
          continue;
        }
        cut.piece(start, at, inverted);
        cut.piece(at, end, !inverted);
        at = end;
        start = end;
      }
      cut.piece(start, to, inverted);
      cut.end();
    }
    return finer;
  }

  /** The cutting of one word: pieces come in order, matches and what lies between them. */
  private final class Cut {
    private final Words out;
    private final int before;
    private boolean wasMatch;
    private int waitingFrom = -1; // of a match that may belong to what comes next
    private int waitingTo;

    Cut(Words out) {
      this.out = out;
      this.before = out.count();
    }

    void piece(int from, int to, boolean match) {
      if (from == to) {
        return;
      }
      switch (behaviour) {
        case ISOLATED -> out.add(from, to);
        case REMOVED -> out.add(from, match ? from : to);
        case MERGED_WITH_PREVIOUS -> join(from, to, match && !wasMatch);
        case CONTIGUOUS -> join(from, to, match == wasMatch);
        case MERGED_WITH_NEXT -> {
          if (match) {
            end();
            waitingFrom = from;
            waitingTo = to;
          } else {
            out.add(waitingFrom >= 0 ? waitingFrom : from, to);
            waitingFrom = -1;
          }
        }
      }
      wasMatch = match;
    }

    private void join(int from, int to, boolean joined) {
      if (joined && out.count() > before) {
        out.extend(to);
      } else {
        out.add(from, to);
      }
    }

    void end() {
      if (waitingFrom >= 0) {
        out.add(waitingFrom, waitingTo);
        waitingFrom = -1;
      }
    }
  }
}
