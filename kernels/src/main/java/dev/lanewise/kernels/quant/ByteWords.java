package dev.lanewise.kernels.quant;

import static dev.lanewise.kernels.quant.Interleaved.ROWS;
import static dev.lanewise.kernels.quant.InterleavedFormat.PACKED_BITS;

import dev.lanewise.kernels.DType;

/**
 * Four numbers that follow each other in a block of a file, as the bytes of a word, for the types
 * whose files do not hold such words: what {@link Interleaving} makes its blocks of.
 *
 * <p>Numbers of codebooks are signed bytes where they need as many. Those of {@link IQ1_S}, {@link
 * IQ1_M} and {@link IQ3_S} lie at even distances: v + 1, 4 · (v + 1) + (1 where the shift is ⅛) and
 * (v + 15) / 2 fit a nibble, with a scale and a minimum that make v of them.
 */
final class ByteWords {
  private static final int ONES = 0x01010101;
  private static final int NIBBLES = 0x0F0F0F0F;

  /** Bytes of all ones where a nibble has ones. */
  private static final int[] MASKS = new int[16];

  static {
    for (int nibble = 0; nibble < MASKS.length; nibble++) {
      for (int bit = 0; bit < 4; bit++) {
        MASKS[nibble] |= ((nibble >>> bit) & 1) * (0xFF << (8 * bit));
      }
    }
  }

  private ByteWords() {}

  /**
   * Four numbers of a block.
   *
   * @param block its offset in bytes, an even one
   * @param e the first of the numbers, a multiple of four
   */
  static int of(DType dtype, short[] source, int block, int e) {
    return switch (dtype) {
      case TQ1_0 -> digits(source, block, e);
      case TQ2_0 -> twoBits(source, block, e);
      case IQ1_S -> iq1_s(source, block, e);
      case IQ1_M -> iq1_m(source, block, e);
      case IQ2_XXS -> iq2_xxs(source, block, e);
      case IQ2_XS -> iq2_xs(source, block, e);
      case IQ2_S -> iq2_s(source, block, e);
      case IQ3_XXS -> iq3_xxs(source, block, e);
      case IQ3_S -> iq3_s(source, block, e);
      default -> throw new IllegalArgumentException("no bytes are computed for " + dtype);
    };
  }

  /** The little-endian word at an even offset in bytes. */
  static int int32(short[] source, int offset) {
    return word(source, offset / 2);
  }

  /** The little-endian word that begins with one of its halves. */
  static int word(short[] source, int half) {
    return (source[half] & 0xFFFF) | source[half + 1] << 16;
  }

  /** The lower nibbles of two times four bytes: the even and the odd ones of a word. */
  static int nibbles(int even, int odd) {
    return (even & NIBBLES) | (odd & NIBBLES) << 4;
  }

  /**
   * Writes the words of a block of packed numbers to their lane.
   *
   * @param bytes the numbers, four in each
   * @param to where the first of the words is to be; the others follow at distances of {@link
   *     Interleaved#ROWS}
   */
  static void pack(int[] bytes, InterleavedFormat format, int[] group, int to) {
    int bits = format.bits();
    int words = format.words();
    long held = 0;
    int count = 0;
    int at = to;
    for (int i = 0; i < format.columns() / 4; i++) {
      held |= (long) together(bytes[i], bits) << count;
      count += 4 * bits;
      if (count >= PACKED_BITS) {
        group[at] = (int) held & ((1 << PACKED_BITS) - 1);
        at += ROWS;
        held >>>= PACKED_BITS;
        count -= PACKED_BITS;
      }
    }
    for (int i = 0; i < words; i++) {
      group[to + ROWS * i] |= (int) (held >>> (2 * i)) << PACKED_BITS;
    }
  }

  /** Four numbers of so many bits, each in a byte, without what lies between them. */
  private static int together(int bytes, int bits) {
    int pairs = (bytes & 0x00FF00FF) | (bytes & 0xFF00FF00) >>> (8 - bits);
    return (pairs & 0xFFFF) | pairs >>> 16 << (2 * bits);
  }

  /**
   * Four numbers of five bits, of {@link Q5_0} and {@link Q5_1}.
   *
   * @param nibbles four bytes with the lower four bits of each
   * @param high the bits above them, from the lowest bit on
   */
  static int fiveBits(int nibbles, int high) {
    return (nibbles & NIBBLES) | (MASKS[high & 0xF] & 0x10101010);
  }

  private static int unsignedShort(short[] source, int offset) {
    return source[offset / 2] & 0xFFFF;
  }

  /** The byte at an offset in bytes. */
  static int unsignedByte(short[] source, int offset) {
    return (source[offset / 2] >>> (8 * (offset % 2))) & 0xFF;
  }

  /** Runs of 32 elements, four to 32 bytes. */
  private static int twoBits(short[] source, int qs, int e) {
    int run = e / 32;
    return (int32(source, qs + 32 * (run / 4) + e % 32) >>> (2 * (run % 4))) & 0x03030303;
  }

  /** Elements e to e + 3 of {@link TQ1_0}. */
  private static int digits(short[] source, int block, int e) {
    int at;
    int digit;
    if (e < 160) {
      at = block + e % 32;
      digit = e / 32;
    } else if (e < 240) {
      at = block + 32 + e % 16;
      digit = (e - 160) / 16;
    } else {
      at = block + 48;
      digit = (e - 240) / 4;
    }
    int fractions = int32(source, at);
    int even = fractions & 0x00FF00FF;
    int odd = (fractions >>> 8) & 0x00FF00FF;
    for (int i = 0; i < digit; i++) {
      even = (3 * even) & 0x00FF00FF;
      odd = (3 * odd) & 0x00FF00FF;
    }
    return ((3 * even) >>> 8 & 0x00FF00FF) | (3 * odd & 0xFF00FF00);
  }

  private static int iq1_s(short[] source, int block, int e) {
    int qh = unsignedShort(source, block + 34 + 2 * (e / 32)) >>> (3 * (e / 8 % 4));
    int code = unsignedByte(source, block + 2 + e / 8) | (qh & 7) << 8;
    return moreByOne(Codebooks.Iq1.BOOK.four(code, e % 8));
  }

  private static int iq1_m(short[] source, int block, int e) {
    int qh = unsignedByte(source, block + 32 + e / 16) >>> (e / 8 % 2 * 4);
    int code = unsignedByte(source, block + e / 8) | (qh & 7) << 8;
    int shifted = (qh & 8) == 0 ? ONES : 0;
    return moreByOne(Codebooks.Iq1.BOOK.four(code, e % 8)) << 2 | shifted;
  }

  private static int iq2_xxs(short[] source, int block, int e) {
    int at = block + 2 + 8 * (e / 32);
    int vector = e / 8 % 4;
    int signs = evenSigns(int32(source, at + 4) >>> (7 * vector), e);
    return signed(Codebooks.Iq2Xxs.BOOK.four(unsignedByte(source, at + vector), e % 8), signs);
  }

  private static int iq2_xs(short[] source, int block, int e) {
    int q = unsignedShort(source, block + 2 + e / 8 * 2);
    return signed(Codebooks.Iq2Xs.BOOK.four(q & 0x1FF, e % 8), evenSigns(q >>> 9, e));
  }

  private static int iq2_s(short[] source, int block, int e) {
    int vector = e / 8;
    int high = unsignedByte(source, block + 66 + e / 32) >>> (2 * (vector % 4));
    int code = unsignedByte(source, block + 2 + vector) | (high & 3) << 8;
    int signs = unsignedByte(source, block + 34 + vector) >>> (e % 8);
    return signed(Codebooks.Iq2S.BOOK.four(code, e % 8), signs);
  }

  private static int iq3_xxs(short[] source, int block, int e) {
    int word = int32(source, block + 66 + e / 32 * 4);
    int signs = evenSigns(word >>> (7 * (e / 8 % 4)), e);
    return signed(Codebooks.Iq3Xxs.BOOK.four(unsignedByte(source, block + 2 + e / 4), 0), signs);
  }

  /** Of v = 2l + 1 it is 8 + l, and of −v the complement, 7 − l. */
  private static int iq3_s(short[] source, int block, int e) {
    int vector = e / 4;
    int high = unsignedByte(source, block + 66 + e / 32) >>> (vector % 8);
    int code = unsignedByte(source, block + 2 + vector) | (high & 1) << 8;
    int signs = unsignedByte(source, block + 74 + e / 8) >>> (e % 8);
    int levels = (Codebooks.Iq3S.BOOK.four(code, 0) >>> 1) & 0x07070707;
    return (levels | 0x08080808) ^ (MASKS[signs & 0xF] & 0x0F0F0F0F);
  }

  /** The four signs from element e on, of seven and an eighth. */
  private static int evenSigns(int seven, int e) {
    return Codebooks.evenSigns(seven & 0x7F) >>> (e % 8);
  }

  /** Positive bytes, negated where the lowest four bits of {@code signs} say so. */
  private static int signed(int bytes, int signs) {
    int mask = MASKS[signs & 0xF];
    return (bytes ^ mask) + (mask & ONES); // none carries to the next, as none is 0
  }

  /** Bytes of −1, 0 and 1, each more by one. */
  private static int moreByOne(int bytes) {
    return ((bytes & 0x7F7F7F7F) + ONES) ^ (bytes & 0x80808080);
  }
}
