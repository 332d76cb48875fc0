package dev.lanewise.model.tokenizer;

import java.util.Arrays;
import java.util.List;

/** Where in a text special tokens count: runs that allow them alternate with runs that do not. */
final class SpecialRuns {
  private final int[] ends; // in UTF-16 code units

  /** The first run allows special tokens, and may be empty. */
  private SpecialRuns(int[] ends) {
    this.ends = ends;
  }

  /** One run, of any length. */
  static SpecialRuns of(boolean special) {
    return new SpecialRuns(special ? new int[] {Integer.MAX_VALUE} : new int[] {0});
  }

  /** The runs of segments, for texts whose ranges of the original are known. */
  static SpecialRuns of(List<Segment> segments) {
    int[] ends = new int[segments.size() + 1];
    int runs = 1;
    int length = 0;
    for (Segment segment : segments) {
      if (segment.special() != ((runs & 1) == 1)) {
        runs++;
      }
      length += segment.text().length();
      ends[runs - 1] = length;
    }
    return new SpecialRuns(Arrays.copyOf(ends, runs));
  }

  /** Whether some characters of a text lie in one run that allows special tokens. */
  boolean allows(AlignedText text, int from, int to) {
    int start = text.aligned() ? text.starts()[from] : from;
    int end = text.aligned() ? text.ends()[to - 1] : to;
    int run = runAt(start);
    return run < ends.length && (run & 1) == 0 && end <= ends[run];
  }

  /** The first run that ends behind a place; as many as there are if none does. */
  private int runAt(int place) {
    int low = 0;
    int high = ends.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (ends[middle] <= place) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
