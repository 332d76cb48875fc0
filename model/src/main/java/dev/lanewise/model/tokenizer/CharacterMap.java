package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import java.util.Arrays;

/**
 * SentencePiece's normalisation: a table of byte strings and what each becomes, the longest match
 * at each place. Its form is a double-array trie (Yata, Darts-clone) behind its length, then the
 * replacements, each ended by a zero byte.
 */
public final class CharacterMap {
  private final String source;
  private final int[] units;
  private final byte[] replacements;

  private CharacterMap(String source, int[] units, byte[] replacements) {
    this.source = source;
    this.units = units;
    this.replacements = replacements;
  }

  /** A map that changes nothing. */
  public static CharacterMap identity() {
    return new CharacterMap("", new int[0], new byte[0]);
  }

  /**
   * Reads a map.
   *
   * @param source how messages name it
   * @param blob as SentencePiece writes it; nothing at all is the identity
   * @throws LanewiseException if it is truncated
   */
  public static CharacterMap of(String source, byte[] blob) {
    if (blob.length == 0) {
      return identity();
    }
    long size = blob.length < 4 ? 0 : Integer.toUnsignedLong(unit(blob, 0));
    if (blob.length < 4 || size % 4 != 0 || size > blob.length - 4) {
      throw new LanewiseException(
          "%s is truncated: it has %d bytes and its trie %d".formatted(source, blob.length, size));
    }
    int[] units = new int[(int) (size / 4)];
    for (int i = 0; i < units.length; i++) {
      units[i] = unit(blob, 4 + 4 * i);
    }
    return new CharacterMap(source, units, Arrays.copyOfRange(blob, 4 + (int) size, blob.length));
  }

  /** Whether it changes nothing. */
  boolean isIdentity() {
    return units.length == 0;
  }

  private static int unit(byte[] blob, int at) {
    return (blob[at] & 0xFF)
        | (blob[at + 1] & 0xFF) << 8
        | (blob[at + 2] & 0xFF) << 16
        | (blob[at + 3] & 0xFF) << 24;
  }

  /**
   * The longest match from an index on, in the form that {@link #matched}, {@link #start} and
   * {@link #end} take apart; negative if there is none.
   */
  long match(int[] characters, int from, int to) {
    return match(characters, from, to, false);
  }

  /** The shortest match. */
  long shortestMatch(int[] characters, int from, int to) {
    return match(characters, from, to, true);
  }

  private long match(int[] characters, int from, int to, boolean shortest) {
    if (units.length == 0) {
      return -1;
    }
    long found = -1;
    int node = base(at(0));
    byte[] utf8 = new byte[4];
    for (int i = from; i < to; i++) {
      int bytes = Utf8.put(characters[i], utf8, 0);
      for (int j = 0; j < bytes; j++) {
        int label = utf8[j] & 0xFF;
        node ^= label;
        int unit = at(node);
        // Bit 31 marks a value, which no label matches; a zero byte is never a label.
        if ((unit & 0x800000FF) != label || label == 0) {
          return found;
        }
        node ^= base(unit);
        if (j == bytes - 1 && (unit >> 8 & 1) != 0) {
          found = (long) (i + 1 - from) << 32 | (at(node) & Integer.MAX_VALUE);
          if (shortest) {
            return found;
          }
        }
      }
    }
    return found;
  }

  /** How many characters a match has. */
  static int matched(long match) {
    return (int) (match >> 32);
  }

  /** Where the replacement of a match starts. */
  static int start(long match) {
    return (int) match;
  }

  /** Where the replacement of a match ends. */
  int end(long match) {
    int start = start(match);
    int end = start;
    while (end < replacements.length && replacements[end] != 0) {
      end++;
    }
    if (end >= replacements.length) {
      throw new LanewiseException(
          "%s is truncated: a replacement at %d does not end within %d bytes"
              .formatted(source, start, replacements.length));
    }
    return end;
  }

  /** The character of a replacement that starts at a byte; U+FFFD if it does not end in time. */
  int character(int at, int end) {
    return at + Utf8.length(replacements[at]) > end
        ? Utf8.REPLACEMENT
        : Utf8.codePoint(replacements, at);
  }

  /** How many bytes it takes. */
  int length(int at, int end) {
    return Math.min(Utf8.length(replacements[at]), end - at);
  }

  private int at(int node) {
    if (node < 0 || node >= units.length) {
      throw new LanewiseException(
          "%s is damaged: node %d of %d".formatted(source, node, units.length));
    }
    return units[node];
  }

  /** A unit's offset to its children: bits 10 to 30, shifted by 8 if bit 9 is set. */
  private static int base(int unit) {
    return unit >>> 10 << ((unit & 1 << 9) >>> 6);
  }
}
