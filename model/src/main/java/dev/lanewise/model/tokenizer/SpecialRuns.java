package dev.lanewise.model.tokenizer;

import java.util.Arrays;
import java.util.List;

/**
 * Where in a text special tokens count: runs that allow them alternate with runs that do not. To be
 * asked from left to right.
 */
final class SpecialRuns {
  private final int[] ends;
  private int run;

  /** The first run allows special tokens, and may be empty. */
  private SpecialRuns(int[] ends) {
    this.ends = ends;
  }

  /** One run. */
  static SpecialRuns of(int length, boolean special) {
    return new SpecialRuns(special ? new int[] {length} : new int[] {0, length});
  }

  /** The runs of segments, in code points. */
  static SpecialRuns of(List<Segment> segments) {
    int[] ends = new int[segments.size() + 1];
    int runs = 1;
    int length = 0;
    for (Segment segment : segments) {
      if (segment.special() != ((runs & 1) == 1)) {
        runs++;
        ends[runs - 1] = length;
      }
      length += segment.text().codePointCount(0, segment.text().length());
      ends[runs - 1] = length;
    }
    return new SpecialRuns(Arrays.copyOf(ends, runs));
  }

  /** Whether a stretch lies in one run that allows special tokens. */
  boolean allows(int from, int to) {
    while (run < ends.length - 1 && ends[run] <= from) {
      run++;
    }
    return (run & 1) == 0 && to <= ends[run];
  }
}
