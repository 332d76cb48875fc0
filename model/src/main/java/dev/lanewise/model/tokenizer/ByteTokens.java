package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import java.util.HexFormat;

/** Tokens that stand for one byte, spelled {@code <0x0A>}: what no other piece can spell. */
final class ByteTokens {
  private static final int SPELLING = "<0x00>".length();

  private ByteTokens() {}

  /**
   * The token of each byte, or −1.
   *
   * @throws LanewiseException if a token that the file calls a byte is not spelled like one
   */
  static int[] ids(Vocabulary vocabulary) {
    for (int id = 0; id < vocabulary.size(); id++) {
      if (vocabulary.kind(id) == Vocabulary.BYTE && value(vocabulary.pieces().get(id)) < 0) {
        throw new LanewiseException(
            "%stokens[%d] is \"%s\", but its type is a byte, spelled <0x00> to <0xFF>"
                .formatted(vocabulary.source(), id, vocabulary.pieces().get(id)));
      }
    }
    int[] ids = new int[256];
    byte[] spelling = {'<', '0', 'x', 0, 0, '>'};
    for (int i = 0; i < ids.length; i++) {
      spelling[3] = digit(i >> 4);
      spelling[4] = digit(i & 15);
      ids[i] = vocabulary.find(spelling, 0, SPELLING);
    }
    return ids;
  }

  /**
   * The token of each byte, or −1; null if the file calls no token a byte.
   *
   * @throws LanewiseException as of {@link #ids}
   */
  static int[] idsIfAny(Vocabulary vocabulary) {
    for (int id = 0; id < vocabulary.size(); id++) {
      if (vocabulary.kind(id) == Vocabulary.BYTE) {
        return ids(vocabulary);
      }
    }
    return null;
  }

  /** The byte that a piece spells, 0 to 255, or −1. */
  static int value(String piece) {
    boolean isByte =
        piece.length() == SPELLING
            && piece.startsWith("<0x")
            && piece.endsWith(">")
            && HexFormat.isHexDigit(piece.charAt(3))
            && HexFormat.isHexDigit(piece.charAt(4));
    return isByte ? HexFormat.fromHexDigits(piece, 3, 5) : -1;
  }

  /** Whether there are tokens for all of some bytes; none if there are no tokens of bytes. */
  static boolean spell(int[] byteIds, byte[] utf8, int from, int to) {
    if (byteIds == null) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (byteIds[utf8[i] & 0xFF] < 0) {
        return false;
      }
    }
    return true;
  }

  /** Appends bytes as their tokens. */
  static void add(
      Vocabulary vocabulary, int[] byteIds, byte[] utf8, int from, int to, TokenList out) {
    for (int i = from; i < to; i++) {
      int id = byteIds[utf8[i] & 0xFF];
      out.add(id >= 0 ? id : unknown(vocabulary, utf8[i]), i, i + 1);
    }
  }

  /** The token for a byte that has none. */
  static int unknown(Vocabulary vocabulary, byte value) {
    if (vocabulary.unknown() < 0) {
      throw new LanewiseException(
          "%stokens has no token for byte 0x%02X, and no unknown token instead"
              .formatted(vocabulary.source(), value));
    }
    return vocabulary.unknown();
  }

  private static byte digit(int value) {
    return (byte) (value < 10 ? '0' + value : 'A' + value - 10);
  }
}
