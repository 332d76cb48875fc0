package dev.lanewise.kernels.quant;

import static dev.lanewise.kernels.quant.Interleaved.ROWS;

import dev.lanewise.kernels.DType;

/**
 * A row of superblocks of two to six bits, brought to its lane of a group of {@link Interleaved}
 * rows. Each loop goes through the words of the file once, as most of the weights of large models
 * are of these types, and wait for this when a model is loaded.
 */
final class SuperblockRows {
  private static final int ONES = 0x01010101;
  private static final int PAIRS = 0x03030303;
  private static final int NIBBLES = 0x0F0F0F0F;

  /** What takes four off each byte, with the sign bits apart, so that none borrows. */
  private static final int LESS_FOUR = 0x7C7C7C7C;

  private static final int SIGNS = 0x80808080;

  /** Elements of a superblock. */
  private static final int SIZE = 256;

  private SuperblockRows() {}

  /** Whether the type is one of these. */
  static boolean holds(DType dtype) {
    return switch (dtype) {
      case Q2_K, Q3_K, Q4_K, Q5_K, Q6_K -> true;
      default -> false;
    };
  }

  /**
   * Brings one row to its lane.
   *
   * @param row its bytes in the file, as halves of words
   * @return whether its scales and minima are finite
   */
  static boolean run(
      DType dtype, InterleavedFormat format, short[] row, int cols, int[] group, int lane) {
    int halves = dtype.format().blockBytes() / 2;
    int blockInts = format.blockBytes() / 4;
    int scales = format.scalesAt() / 4 + lane;
    int next = SIZE / format.columns() * blockInts;
    boolean finite = true;
    for (int s = 0; s < cols / SIZE; s++) {
      int from = s * halves;
      int to = s * next;
      switch (dtype) {
        case Q2_K -> {
          twoBits(row, from + 8, group, to + lane, blockInts);
          finite &= scalesOfTwoBits(row, from, group, to + scales, blockInts);
        }
        case Q3_K -> {
          threeBits(row, from, group, to + lane, blockInts);
          finite &= scalesOfThreeBits(row, from, group, to + scales, blockInts);
        }
        case Q4_K -> {
          nibbles(row, from + 8, group, to + lane, blockInts);
          finite &= scalesAndMinima(row, from, group, to + scales, blockInts);
        }
        case Q5_K -> {
          fiveBits(row, from, format, group, to + lane);
          finite &= scalesAndMinima(row, from, group, to + scales, blockInts);
        }
        default -> {
          sixBits(row, from, format, group, to + lane);
          finite &= scales(row, from + 96, group, to + scales, blockInts);
        }
      }
    }
    return finite;
  }

  /** The numbers of {@link Q2_K} as nibbles: 16 bytes for a sub-block of each of four runs. */
  private static void twoBits(short[] row, int from, int[] group, int to, int blockInts) {
    for (int i = 0; i < 4; i++) { // half, sub-block of the run
      int at = to + (8 * (i / 2) + i % 2) * blockInts;
      for (int w = 0; w < 2; w++) {
        int a = ByteWords.word(row, from + 8 * i + 2 * w);
        int b = ByteWords.word(row, from + 8 * i + 4 + 2 * w);
        for (int run = 0; run < 4; run++) {
          int shift = 2 * run;
          int word = ((a >>> shift) & PAIRS) | ((b >>> shift) & PAIRS) << 4;
          group[at + 2 * run * blockInts + ROWS * w] = word;
        }
      }
    }
  }

  /** The numbers of {@link Q3_K} as bytes, their offset taken off. */
  private static void threeBits(short[] row, int from, int[] group, int to, int blockInts) {
    for (int i = 0; i < 4; i++) { // half, sub-block of the run
      int at = to + (8 * (i / 2) + i % 2) * blockInts;
      for (int w = 0; w < 4; w++) {
        int high = ByteWords.word(row, from + 8 * (i % 2) + 2 * w) >>> (4 * (i / 2));
        int low = ByteWords.word(row, from + 16 + 8 * i + 2 * w);
        for (int run = 0; run < 4; run++) {
          int bytes = ((low >>> (2 * run)) & PAIRS) | ((high >>> run) & ONES) << 2;
          group[at + 2 * run * blockInts + ROWS * w] = (bytes + LESS_FOUR) ^ SIGNS;
        }
      }
    }
  }

  /** The nibbles of {@link Q4_K}: 32 bytes for two sub-blocks. */
  private static void nibbles(short[] row, int from, int[] group, int to, int blockInts) {
    for (int pair = 0; pair < 4; pair++) {
      int at = from + 16 * pair;
      int even = to + 2 * pair * blockInts;
      int odd = even + blockInts;
      for (int i = 0; i < 4; i++) {
        int a = ByteWords.word(row, at + 2 * i);
        int b = ByteWords.word(row, at + 8 + 2 * i);
        group[even + ROWS * i] = ByteWords.nibbles(a, b);
        group[odd + ROWS * i] = ByteWords.nibbles(a >>> 4, b >>> 4);
      }
    }
  }

  /**
   * The numbers of {@link Q5_K}: 32 bytes of nibbles for two sub-blocks, and of byte l of 32 bit
   * {@code sub} for element l of a sub-block.
   */
  private static void fiveBits(
      short[] row, int from, InterleavedFormat format, int[] group, int to) {
    int[] bytes = new int[8];
    for (int sub = 0; sub < 8; sub++) {
      int nibbles = from + 24 + 16 * (sub / 2);
      for (int i = 0; i < 8; i++) {
        int low = (ByteWords.word(row, nibbles + 2 * i) >>> (4 * (sub % 2))) & NIBBLES;
        int high = (ByteWords.word(row, from + 8 + 2 * i) >>> sub) & ONES;
        bytes[i] = low | high << 4;
      }
      ByteWords.pack(bytes, format, group, to + sub * format.blockBytes() / 4);
    }
  }

  /** The numbers of {@link Q6_K}: 16 bytes of ql for two sub-blocks, 16 of qh for four. */
  private static void sixBits(
      short[] row, int from, InterleavedFormat format, int[] group, int to) {
    int[] bytes = new int[4];
    for (int sub = 0; sub < 16; sub++) {
      int run = sub / 2 % 4;
      int ql = from + 32 * (sub / 8) + 16 * (run % 2) + 8 * (sub % 2);
      int qh = from + 64 + 16 * (sub / 8) + 8 * (sub % 2);
      for (int i = 0; i < 4; i++) {
        int low = (ByteWords.word(row, ql + 2 * i) >>> (4 * (run / 2))) & NIBBLES;
        int high = (ByteWords.word(row, qh + 2 * i) >>> (2 * run)) & PAIRS;
        bytes[i] = low | high << 4;
      }
      ByteWords.pack(bytes, format, group, to + sub * format.blockBytes() / 4);
    }
  }

  /** The scales and minima of {@link Q2_K}, a byte for each two. */
  private static boolean scalesOfTwoBits(
      short[] row, int from, int[] group, int to, int blockInts) {
    float d = Float.float16ToFloat(row[from + 40]);
    float dmin = Float.float16ToFloat(row[from + 41]);
    for (int sub = 0; sub < 16; sub++) {
      int pair = ByteWords.unsignedByte(row, 2 * from + sub);
      group[to + sub * blockInts] = Float.floatToRawIntBits(d * (pair & 0xF));
      group[to + sub * blockInts + ROWS] = Float.floatToRawIntBits(-(dmin * (pair >>> 4)));
    }
    return Float.isFinite(d) && Float.isFinite(dmin);
  }

  /** The scales of {@link Q3_K}. */
  private static boolean scalesOfThreeBits(
      short[] row, int from, int[] group, int to, int blockInts) {
    float d = Float.float16ToFloat(row[from + 54]);
    int bytes = 2 * from + 96;
    for (int sub = 0; sub < 16; sub++) {
      int low = (ByteWords.unsignedByte(row, bytes + sub % 8) >>> (4 * (sub / 8))) & 0xF;
      int high = (ByteWords.unsignedByte(row, bytes + 8 + sub % 4) >>> (2 * (sub / 4))) & 3;
      group[to + sub * blockInts] = Float.floatToRawIntBits(d * ((low | high << 4) - 32));
    }
    return Float.isFinite(d);
  }

  /** Those of {@link Q4_K} and {@link Q5_K}, with which a superblock begins. */
  private static boolean scalesAndMinima(
      short[] row, int from, int[] group, int to, int blockInts) {
    float d = Float.float16ToFloat(row[from]);
    float dmin = Float.float16ToFloat(row[from + 1]);
    int first = ByteWords.word(row, from + 2);
    int second = ByteWords.word(row, from + 4);
    int third = ByteWords.word(row, from + 6);
    int upper = to + 4 * blockInts;
    for (int i = 0; i < 4; i++) {
      int at = i * blockInts;
      int shift = 8 * i;
      float scale = d * ((SubBlockScales.lower(first) >>> shift) & 0xFF);
      float min = dmin * ((SubBlockScales.lower(second) >>> shift) & 0xFF);
      group[to + at] = Float.floatToRawIntBits(scale);
      group[to + at + ROWS] = Float.floatToRawIntBits(-min);
      scale = d * ((SubBlockScales.upper(first, third) >>> shift) & 0xFF);
      min = dmin * ((SubBlockScales.upper(second, third >>> 4) >>> shift) & 0xFF);
      group[upper + at] = Float.floatToRawIntBits(scale);
      group[upper + at + ROWS] = Float.floatToRawIntBits(-min);
    }
    return Float.isFinite(d) && Float.isFinite(dmin);
  }

  /** Those of {@link Q6_K}: 16 bytes, and what they are multiples of. */
  private static boolean scales(short[] row, int from, int[] group, int to, int blockInts) {
    float d = Float.float16ToFloat(row[from + 8]);
    for (int i = 0; i < 8; i++) {
      int two = row[from + i];
      int at = to + 2 * i * blockInts;
      group[at] = Float.floatToRawIntBits(d * (byte) two);
      group[at + blockInts] = Float.floatToRawIntBits(d * (two >> 8));
    }
    return Float.isFinite(d);
  }
}
