package dev.lanewise.model.tokenizer;

import java.util.Arrays;

/**
 * A text while it is normalised and cut: its characters (code points) and, if wanted, for each the
 * range of the original that it comes from, in UTF-16 code units.
 *
 * @param characters the text's, and perhaps more behind them
 * @param length how many are the text's
 * @param starts where each character's range begins, or null if nobody asks
 * @param ends where it ends, or null
 * @param first whether it is the beginning of the original
 */
record AlignedText(int[] characters, int length, int[] starts, int[] ends, boolean first) {
  /** A text as written; lone surrogates become U+FFFD. */
  static AlignedText of(String text, boolean aligned) {
    int units = text.length();
    int[] characters = new int[units];
    int[] starts = aligned ? new int[units] : null;
    int[] ends = aligned ? new int[units] : null;
    int length = 0;
    for (int i = 0; i < units; length++) {
      int start = i;
      char c = text.charAt(i++);
      int character = c;
      if (Character.isSurrogate(c)) {
        if (Character.isHighSurrogate(c) && i < units && Character.isLowSurrogate(text.charAt(i))) {
          character = Character.toCodePoint(c, text.charAt(i++));
        } else {
          character = Utf8.REPLACEMENT;
        }
      }
      characters[length] = character;
      if (aligned) {
        starts[length] = start;
        ends[length] = i;
      }
    }
    return new AlignedText(characters, length, starts, ends, true);
  }

  /** Whether the original's ranges are known. */
  boolean aligned() {
    return starts != null;
  }

  /** The characters from an index to before another, as a text; this one if that is all of it. */
  AlignedText range(int from, int to) {
    if (from == 0 && to == length) {
      return this;
    }
    return new AlignedText(
        Arrays.copyOfRange(characters, from, to),
        to - from,
        aligned() ? Arrays.copyOfRange(starts, from, to) : null,
        aligned() ? Arrays.copyOfRange(ends, from, to) : null,
        beginsAt(from));
  }

  /** Whether the original begins at a character. */
  boolean beginsAt(int at) {
    return first && at == 0;
  }

  /** Whether all characters are below a limit. */
  boolean isBelow(int limit) {
    for (int i = 0; i < length; i++) {
      if (characters[i] >= limit) {
        return false;
      }
    }
    return true;
  }

  /** The text as a string. */
  String string() {
    return new String(characters, 0, length);
  }

  /** Writes a text anew, character by character, each with the range of one of the old text's. */
  static final class Writer {
    private final AlignedText source;
    private int[] characters;
    private int[] starts;
    private int[] ends;
    private int length;

    Writer(AlignedText source) {
      this.source = source;
      int capacity = source.length + source.length / 8 + 8;
      characters = new int[capacity];
      starts = source.aligned() ? new int[capacity] : null;
      ends = source.aligned() ? new int[capacity] : null;
    }

    /** Appends a character that comes from the source's character at an index. */
    void put(int character, int at) {
      put(character, at, at + 1);
    }

    /** Appends a character that comes from some characters of the source, or from before them. */
    void put(int character, int from, int to) {
      if (length == characters.length) {
        int capacity = Math.addExact(length, length);
        characters = Arrays.copyOf(characters, capacity);
        starts = starts == null ? null : Arrays.copyOf(starts, capacity);
        ends = ends == null ? null : Arrays.copyOf(ends, capacity);
      }
      characters[length] = character;
      if (starts != null) {
        starts[length] = source.starts[from];
        ends[length] = to > from ? source.ends[to - 1] : source.starts[from];
      }
      length++;
    }

    /** Appends characters of the source as they are. */
    void copy(int from, int to) {
      for (int i = from; i < to; i++) {
        put(source.characters[i], i);
      }
    }

    /** Number of characters written. */
    int length() {
      return length;
    }

    AlignedText text() {
      return new AlignedText(characters, length, starts, ends, source.first);
    }
  }
}
