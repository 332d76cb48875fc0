package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;

/**
 * The eight scales and eight minima of a {@link Q4_K} or {@link Q5_K} superblock: sixteen six-bit
 * numbers in twelve bytes.
 *
 * <pre>
 * byte 0 … 3  | high bits of scale 4 … 7 : 2 | scale 0 … 3 : 6              |
 * byte 4 … 7  | high bits of min 4 … 7 : 2   | min 0 … 3 : 6                |
 * byte 8 … 11 | low bits of min 4 … 7 : 4    | low bits of scale 4 … 7 : 4  |
 * </pre>
 */
final class SubBlockScales {
  private SubBlockScales() {}

  /** Scale of sub-block {@code j}, 0 to 63; the twelve bytes start at {@code offset}. */
  static int scale(MemorySegment source, long offset, int j) {
    if (j < 4) {
      return LittleEndian.unsignedByte(source, offset + j) & 0x3F;
    }
    int low = LittleEndian.unsignedByte(source, offset + j + 4) & 0xF;
    int high = LittleEndian.unsignedByte(source, offset + j - 4) >>> 6;
    return low | high << 4;
  }

  /** Minimum of sub-block {@code j}, 0 to 63; the twelve bytes start at {@code offset}. */
  static int min(MemorySegment source, long offset, int j) {
    if (j < 4) {
      return LittleEndian.unsignedByte(source, offset + j + 4) & 0x3F;
    }
    int low = LittleEndian.unsignedByte(source, offset + j + 4) >>> 4;
    int high = LittleEndian.unsignedByte(source, offset + j) >>> 6;
    return low | high << 4;
  }

  /** Scales or minima 0 to 3 as the bytes of a word, of the word that begins with them. */
  static int lower(int first) {
    return first & 0x3F3F3F3F;
  }

  /**
   * Scales or minima 4 to 7 likewise.
   *
   * @param first the word that has their high bits
   * @param last the word that has their low bits, in its lower nibbles
   */
  static int upper(int first, int last) {
    return (last & 0x0F0F0F0F) | ((first >>> 2) & 0x30303030);
  }

  /** Writes all of a superblock, to twelve bytes from {@code offset} on. */
  static void put(MemorySegment target, long offset, int[] scales, int[] mins) {
    for (int j = 0; j < 4; j++) {
      int scale = scales[j + 4];
      int min = mins[j + 4];
      LittleEndian.putByte(target, offset + j, scales[j] | ((scale >>> 4) << 6));
      LittleEndian.putByte(target, offset + j + 4, mins[j] | ((min >>> 4) << 6));
      LittleEndian.putByte(target, offset + j + 8, (scale & 0xF) | ((min & 0xF) << 4));
    }
  }
}
