package dev.lanewise.kernels.quant;

import static dev.lanewise.kernels.quant.Interleaved.ROWS;

import dev.lanewise.kernels.DType;
import java.util.EnumMap;
import java.util.Map;

/**
 * How {@link Interleaved} rows of one quantised type lie: the sizes and places of blocks.
 *
 * @param columns of a block, 16 or 32
 * @param bits of a number: 4, 5, 6 or 8
 * @param offset what is taken off each number
 * @param halfScales whether scales and minima are float16, or float32
 * @param minima whether there are any
 */
public record InterleavedFormat(
    int columns, int bits, int offset, boolean halfScales, boolean minima) {
  /** Bytes of one word of every row. */
  public static final int WORD = 4 * ROWS;

  /** Bits of a word that hold whole numbers, if these are packed. */
  static final int PACKED_BITS = 30;

  private static final Map<DType, InterleavedFormat> FORMATS =
      new EnumMap<>(
          Map.ofEntries(
              Map.entry(DType.Q4_0, new InterleavedFormat(32, 4, 8, true, false)),
              Map.entry(DType.Q4_1, new InterleavedFormat(32, 4, 0, true, true)),
              Map.entry(DType.Q5_0, new InterleavedFormat(32, 5, 16, true, false)),
              Map.entry(DType.Q5_1, new InterleavedFormat(32, 5, 0, true, true)),
              Map.entry(DType.Q8_0, new InterleavedFormat(32, 8, 0, true, false)),
              Map.entry(DType.Q2_K, new InterleavedFormat(16, 4, 0, false, true)),
              Map.entry(DType.Q3_K, new InterleavedFormat(16, 8, 0, false, false)),
              Map.entry(DType.Q4_K, new InterleavedFormat(32, 4, 0, false, true)),
              Map.entry(DType.Q5_K, new InterleavedFormat(32, 5, 0, false, true)),
              Map.entry(DType.Q6_K, new InterleavedFormat(16, 6, 32, false, false)),
              Map.entry(DType.IQ1_S, new InterleavedFormat(32, 4, 0, false, true)),
              Map.entry(DType.IQ1_M, new InterleavedFormat(16, 4, 0, false, true)),
              Map.entry(DType.IQ2_XXS, new InterleavedFormat(32, 8, 0, false, false)),
              Map.entry(DType.IQ2_XS, new InterleavedFormat(16, 8, 0, false, false)),
              Map.entry(DType.IQ2_S, new InterleavedFormat(16, 8, 0, false, false)),
              Map.entry(DType.IQ3_XXS, new InterleavedFormat(32, 8, 0, false, false)),
              Map.entry(DType.IQ3_S, new InterleavedFormat(32, 4, 0, false, true)),
              Map.entry(DType.IQ4_NL, new InterleavedFormat(32, 8, 0, false, false)),
              Map.entry(DType.IQ4_XS, new InterleavedFormat(32, 8, 0, false, false)),
              Map.entry(DType.TQ1_0, new InterleavedFormat(32, 4, 1, false, false)),
              Map.entry(DType.TQ2_0, new InterleavedFormat(32, 4, 1, false, false)),
              Map.entry(DType.MXFP4, new InterleavedFormat(32, 8, 0, false, false)),
              Map.entry(DType.NVFP4, new InterleavedFormat(16, 8, 0, false, false))));

  /** The format of a type, or null if it has none. */
  public static InterleavedFormat of(DType dtype) {
    return FORMATS.get(dtype);
  }

  /** Words of a row in a block. */
  public int words() {
    return columns * bits / Integer.SIZE;
  }

  /** Whether numbers lie closer than in nibbles or bytes: those of five and six bits. */
  public boolean isPacked() {
    return bits == 5 || bits == 6;
  }

  /** Packed numbers in the lower 30 bits of each word. */
  public int perWord() {
    return PACKED_BITS / bits;
  }

  /** Packed numbers whose bits lie in the uppermost two of all words: 2 or 1. */
  public int left() {
    return columns - words() * perWord();
  }

  /** Where the scales of a block lie in it: behind the words. */
  public int scalesAt() {
    return WORD * words();
  }

  /** Bytes of the scales of a block, and of its minima. */
  public int scaleBytes() {
    return (halfScales ? Short.BYTES : Float.BYTES) * ROWS;
  }

  /** Bytes of a block of a group. */
  public int blockBytes() {
    return scalesAt() + scaleBytes() * (minima ? 2 : 1);
  }

  /** Bytes of a group of rows with {@code cols} columns. */
  public long groupBytes(int cols) {
    return (long) (cols / columns) * blockBytes();
  }
}
