package dev.lanewise.model.tokenizer;

import dev.lanewise.model.StringTable;

/** Ids of pieces by their spelling: open addressing over the bytes of a string table. */
final class PieceTable {
  private final StringTable pieces;
  private final int[] slots;
  private final int shift;
  private int longest;

  /** An empty table with room for all of some pieces. */
  PieceTable(StringTable pieces) {
    this.pieces = pieces;
    // At most half full, so that a search meets an empty slot soon.
    int bits = Math.max(4, 33 - Integer.numberOfLeadingZeros(pieces.size()));
    this.slots = new int[1 << bits];
    this.shift = 32 - bits;
  }

  /** Takes a piece in. */
  void add(int id) {
    int from = pieces.offsets()[id];
    int to = pieces.offsets()[id + 1];
    int mask = slots.length - 1;
    int at = slot(pieces.bytes(), from, to);
    // Of pieces that are spelled alike all are entered, and the first is the one that is found.
    while (slots[at] != 0) {
      at = (at + 1) & mask;
    }
    slots[at] = id + 1;
    longest = Math.max(longest, to - from);
  }

  /** Bytes of the longest piece. */
  int longest() {
    return longest;
  }

  /**
   * The id of the piece with exactly these bytes, or −1.
   *
   * @param attributes bits of each piece
   * @param passedOver pieces with any of these bits are not found
   */
  int find(byte[] bytes, int from, int to, byte[] attributes, int passedOver) {
    int length = to - from;
    if (length == 0 || length > longest) {
      return -1;
    }
    byte[] table = pieces.bytes();
    int[] offsets = pieces.offsets();
    int mask = slots.length - 1;
    int at = slot(bytes, from, to);
    while (slots[at] != 0) {
      int id = slots[at] - 1;
      int start = offsets[id];
      if (offsets[id + 1] - start == length && (attributes[id] & passedOver) == 0) {
        int i = 0;
        while (i < length && table[start + i] == bytes[from + i]) {
          i++;
        }
        if (i == length) {
          return id;
        }
      }
      at = (at + 1) & mask;
    }
    return -1;
  }

  private int slot(byte[] bytes, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = hash * 31 + bytes[i];
    }
    // Fibonacci hashing: the golden ratio's bits spread neighbours over the table.
    return (hash * 0x9E3779B9) >>> shift;
  }
}
