package dev.lanewise.model.tokenizer;

import java.util.function.IntPredicate;

/** A pattern that is looked for in texts. */
@FunctionalInterface
interface Scan {
  /**
   * Tells of the matches in {@code text[from, to)}, in order. They do not overlap, and may be
   * empty.
   */
  void find(int[] text, int from, int to, Matches matches);

  /** Takes matches. */
  @FunctionalInterface
  interface Matches {
    void add(int from, int to);
  }

  /** A pattern that is asked for at one place at a time, and never empty. */
  @FunctionalInterface
  interface Start {
    /** Where the match that starts at an index ends; the index itself if there is none. */
    int match(int[] text, int at, int to);
  }

  /** Finds a pattern by asking for it at one place after the other. */
  static Scan of(Start pattern) {
    return (text, from, to, matches) -> {
      int at = from;
      while (at < to) {
        int end = pattern.match(text, at, to);
        if (end > at) {
          matches.add(at, end);
        }
        at = Math.max(end, at + 1);
      }
    };
  }

  /** Single characters of a kind. */
  static Scan characters(IntPredicate kind) {
    return of((text, at, _) -> kind.test(text[at]) ? at + 1 : at);
  }

  /** Characters of a kind, as many as there are. */
  static Scan runs(IntPredicate kind) {
    return of(
        (text, at, end) -> {
          int to = at;
          while (to < end && kind.test(text[to])) {
            to++;
          }
          return to;
        });
  }

  /** A string as it stands; the empty one is between all characters. */
  static Scan literal(String literal) {
    int[] characters = literal.codePoints().toArray();
    if (characters.length == 0) {
      return (_, from, to, matches) -> {
        for (int at = from; at <= to && from < to; at++) {
          matches.add(at, at);
        }
      };
    }
    return of(
        (text, at, end) -> {
          int i = 0;
          while (i < characters.length && at + i < end && text[at + i] == characters[i]) {
            i++;
          }
          return i == characters.length ? at + i : at;
        });
  }
}
