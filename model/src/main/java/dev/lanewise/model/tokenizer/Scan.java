package dev.lanewise.model.tokenizer;

import java.util.function.IntPredicate;

/** A pattern in a text, asked for at one place at a time. */
@FunctionalInterface
interface Scan {
  /** Where the match that starts at an index ends; the index itself if there is none. */
  int match(int[] text, int at, int end);

  /** Single characters of a kind. */
  static Scan characters(IntPredicate kind) {
    return (text, at, end) -> kind.test(text[at]) ? at + 1 : at;
  }

  /** Characters of a kind, as many as there are. */
  static Scan runs(IntPredicate kind) {
    return (text, at, end) -> {
      int to = at;
      while (to < end && kind.test(text[to])) {
        to++;
      }
      return to;
    };
  }

  /** A string as it stands. */
  static Scan literal(String literal) {
    int[] characters = literal.codePoints().toArray();
    return (text, at, end) -> {
      int i = 0;
      while (i < characters.length && at + i < end && text[at + i] == characters[i]) {
        i++;
      }
      return i == characters.length ? at + i : at;
    };
  }
}
