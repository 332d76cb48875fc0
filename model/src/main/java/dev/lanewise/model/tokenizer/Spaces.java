package dev.lanewise.model.tokenizer;

import dev.lanewise.model.StringTable;
import java.io.ByteArrayOutputStream;

/** SentencePiece's spelling of spaces: ▁, U+2581. Kudo and Richardson, SentencePiece, 2018. */
final class Spaces {
  private static final byte[] MARK = {(byte) 0xE2, (byte) 0x96, (byte) 0x81};

  /** The mark. */
  static final int MARK_CHARACTER = '\u2581';

  private Spaces() {}

  /** Spells spaces as marks, and puts one more mark before a text if wanted. */
  static Normaliser marker(boolean before) {
    return text -> {
      AlignedText.Writer out = new AlignedText.Writer(text);
      if (before && text.length() > 0) {
        out.put(MARK_CHARACTER, 0);
      }
      for (int i = 0; i < text.length(); i++) {
        int c = text.characters()[i];
        out.put(c == ' ' ? MARK_CHARACTER : c, i);
      }
      return out.text();
    };
  }

  /** Writes a piece with marks as spaces. */
  static void unmark(StringTable pieces, int id, ByteArrayOutputStream out) {
    byte[] bytes = pieces.bytes();
    int to = pieces.offsets()[id + 1];
    for (int i = pieces.offsets()[id]; i < to; ) {
      if (isMark(bytes, i, to)) {
        out.write(' ');
        i += MARK.length;
      } else {
        out.write(bytes[i++]);
      }
    }
  }

  private static boolean isMark(byte[] bytes, int at, int to) {
    return to - at >= MARK.length
        && bytes[at] == MARK[0]
        && bytes[at + 1] == MARK[1]
        && bytes[at + 2] == MARK[2];
  }
}
