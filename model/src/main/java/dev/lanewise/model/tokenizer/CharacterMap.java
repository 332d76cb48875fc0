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

  private static int unit(byte[] blob, int at) {
    return (blob[at] & 0xFF)
        | (blob[at + 1] & 0xFF) << 8
        | (blob[at + 2] & 0xFF) << 16
        | (blob[at + 3] & 0xFF) << 24;
  }

  /**
   * The longest match of a text from an index on: the number of its bytes in the upper half, where
   * its replacement starts in the lower; −1 if there is none.
   */
  long match(byte[] utf8, int from, int to) {
    if (units.length == 0) {
      return -1;
    }
    long found = -1;
    int node = base(at(0));
    for (int i = from; i < to && utf8[i] != 0; i++) {
      int label = utf8[i] & 0xFF;
      node ^= label;
      int unit = at(node);
      // Bit 31 marks a value, which no label matches.
      if ((unit & 0x800000FF) != label) {
        break;
      }
      node ^= base(unit);
      if ((unit >> 8 & 1) != 0) {
        found = (long) (i + 1 - from) << 32 | (at(node) & Integer.MAX_VALUE);
      }
    }
    return found;
  }

  /** Where the replacement that starts at an index ends. */
  int end(int start) {
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

  /** All replacements. */
  byte[] replacements() {
    return replacements;
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
