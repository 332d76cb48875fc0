package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.StringTable;
import java.util.Arrays;

/** The merges of a byte-pair vocabulary: pairs of tokens, each with its rank and what it makes. */
final class MergeTable {
  private final long[] pairs;
  private final int[] ranks;
  private final int[] results;
  private final int shift;
  private final byte gapByte;
  private final byte[] prefix;

  /**
   * Reads merges, spelled {@code left right}, the first of them first.
   *
   * @param gapByte what stands between left and right
   * @param innerPrefix what pieces inside of a word are spelled with, and what they make is not
   * @throws LanewiseException if a merge is not two tokens, or makes none
   */
  MergeTable(Vocabulary vocabulary, StringTable merges, byte gapByte, String innerPrefix) {
    this.gapByte = gapByte;
    this.prefix = Utf8.encode(innerPrefix);
    int count = merges.size();
    // At most half full, so that a search meets an empty slot soon.
    int bits = Math.max(4, 33 - Integer.numberOfLeadingZeros(count));
    pairs = new long[1 << bits];
    ranks = new int[1 << bits];
    results = new int[count];
    shift = 64 - bits;
    byte[] joined = new byte[vocabulary.longest()];
    int result = -1;
    for (int rank = 0; rank < count; rank++) {
      // Most vocabularies list pieces in the order of the merges that make them.
      result = read(vocabulary, merges, rank, result + 1, joined);
    }
  }

  /**
   * Takes a merge into the table. A method of its own for the sake of a fresh virtual machine: it
   * compiles a method soon that is called often, but a long loop late.
   *
   * @param guess what the merge makes, perhaps
   * @param joined space for the longest piece
   * @return what it makes
   */
  private int read(Vocabulary vocabulary, StringTable merges, int rank, int guess, byte[] joined) {
    byte[] bytes = merges.bytes();
    int from = merges.offsets()[rank];
    int to = merges.offsets()[rank + 1];
    int gap = from + 1;
    while (gap < to && bytes[gap] != gapByte) {
      gap++;
    }
    if (gap >= to - 1) {
      throw bad(vocabulary, merges, rank, "is not two tokens with a space between them");
    }
    int left = vocabulary.find(bytes, from, gap);
    int right = vocabulary.find(bytes, gap + 1, to);
    if (left < 0 || right < 0) {
      String which = left < 0 ? "first" : "second";
      throw bad(vocabulary, merges, rank, "names a token that the vocabulary lacks, the " + which);
    }
    int result = guess;
    int skipped = prefixed(bytes, gap + 1, to) ? prefix.length : 0;
    if (skipped > 0
        || guess >= vocabulary.size()
        || !isJoined(vocabulary, guess, bytes, from, gap, to)) {
      int length = to - from - 1 - skipped;
      result = -1;
      if (length <= joined.length) {
        System.arraycopy(bytes, from, joined, 0, gap - from);
        System.arraycopy(bytes, gap + 1 + skipped, joined, gap - from, to - gap - 1 - skipped);
        result = vocabulary.find(joined, 0, length);
      }
      if (result < 0) {
        throw bad(vocabulary, merges, rank, "makes a token that the vocabulary lacks");
      }
    }
    results[rank] = result;
    put(left, right, rank);
    return result;
  }

  private boolean prefixed(byte[] bytes, int from, int to) {
    return prefix.length > 0
        && to - from >= prefix.length
        && Arrays.equals(bytes, from, from + prefix.length, prefix, 0, prefix.length);
  }

  /** The rank of the merge of two tokens, or {@link MergeQueue#NONE}. */
  int rank(int left, int right) {
    long pair = pair(left, right);
    int mask = pairs.length - 1;
    int at = slot(pair);
    while (pairs[at] != 0) {
      if (pairs[at] == pair) {
        return ranks[at];
      }
      at = (at + 1) & mask;
    }
    return MergeQueue.NONE;
  }

  /** The token that the merge of a rank makes. */
  int result(int rank) {
    return results[rank];
  }

  private void put(int left, int right, int rank) {
    long pair = pair(left, right);
    int mask = pairs.length - 1;
    int at = slot(pair);
    while (pairs[at] != 0) {
      if (pairs[at] == pair) {
        return;
      }
      at = (at + 1) & mask;
    }
    pairs[at] = pair;
    ranks[at] = rank;
  }

  /** Never 0, which marks an empty slot. */
  private static long pair(int left, int right) {
    return ((long) left << 32 | right) + 1;
  }

  private int slot(long pair) {
    return (int) ((pair * 0x9E3779B97F4A7C15L) >>> shift);
  }

  private static boolean isJoined(
      Vocabulary vocabulary, int id, byte[] bytes, int from, int gap, int to) {
    byte[] pieces = vocabulary.pieces().bytes();
    int[] offsets = vocabulary.pieces().offsets();
    int at = offsets[id];
    if (offsets[id + 1] - at != to - from - 1) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (i != gap && pieces[at++] != bytes[i]) {
        return false;
      }
    }
    return true;
  }

  private static LanewiseException bad(
      Vocabulary vocabulary, StringTable merges, int rank, String what) {
    String merge = merges.get(rank).replace('\uFFFD', ' ');
    String shown = merge.length() > 60 ? merge.substring(0, 60) + "…" : merge;
    return new LanewiseException(
        "%smerges[%d] is \"%s\", which %s; the file is damaged"
            .formatted(vocabulary.source(), rank, shown, what));
  }
}
