package dev.lanewise.model.tokenizer;

import java.io.ByteArrayOutputStream;

/** SentencePiece's spelling of spaces: ▁, U+2581. Kudo and Richardson, SentencePiece, 2018. */
final class Spaces {
  private static final byte[] MARK = {(byte) 0xE2, (byte) 0x96, (byte) 0x81};

  private Spaces() {}

  /** The bytes with spaces as marks. */
  static byte[] mark(byte[] utf8, int from, int to) {
    return mark(utf8, from, to, false);
  }

  /** The bytes with spaces as marks, and one more mark before them if wanted. */
  static byte[] mark(byte[] utf8, int from, int to, boolean before) {
    int spaces = before ? 1 : 0;
    for (int i = from; i < to; i++) {
      spaces += utf8[i] == ' ' ? 1 : 0;
    }
    byte[] marked = new byte[Math.addExact(to - from, 2 * spaces + (before ? 1 : 0))];
    int at = before ? put(marked, 0) : 0;
    for (int i = from; i < to; i++) {
      if (utf8[i] == ' ') {
        at = put(marked, at);
      } else {
        marked[at++] = utf8[i];
      }
    }
    return marked;
  }

  /** Writes bytes with marks as spaces. */
  static void unmark(byte[] bytes, int from, int to, ByteArrayOutputStream out) {
    for (int i = from; i < to; ) {
      if (isMark(bytes, i, to)) {
        out.write(' ');
        i += MARK.length;
      } else {
        out.write(bytes[i++]);
      }
    }
  }

  /** Writes a mark; returns where it ends. */
  static int put(byte[] bytes, int at) {
    System.arraycopy(MARK, 0, bytes, at, MARK.length);
    return at + MARK.length;
  }

  private static boolean isMark(byte[] bytes, int at, int to) {
    return to - at >= MARK.length
        && bytes[at] == MARK[0]
        && bytes[at + 1] == MARK[1]
        && bytes[at + 2] == MARK[2];
  }
}
