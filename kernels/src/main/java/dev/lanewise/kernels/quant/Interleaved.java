package dev.lanewise.kernels.quant;

import static dev.lanewise.kernels.quant.InterleavedFormat.PACKED_BITS;
import static dev.lanewise.kernels.quant.InterleavedFormat.WORD;

import dev.lanewise.kernels.DType;
import java.lang.foreign.MemorySegment;

/**
 * Rows side by side, so that a vector holds the same columns of many rows: no sum ever crosses
 * lanes, a scale is loaded for all rows at once, and every row shares the loads of x.
 *
 * <p>{@value #ROWS} rows form a group; rows missing in the last are 0. A group is cut into blocks
 * of 32 or 16 columns, as {@link InterleavedFormat} says of each type:
 *
 * <pre>
 * words   [columns · bits / 32][ROWS] int
 * scales  [ROWS] float16 or float32
 * minima  [ROWS] likewise, for the types that have them
 *
 * bytes:   byte b of word i: column 4i + b
 * nibbles: nibble 2b of word i: column 4i + b; nibble 2b + 1: column columns / 2 + 4i + b
 * 5 bits:  bits 5n … 5n + 4 of word i: column 6i + n, below 30
 *          bits 30 and 31 of word i: bits 2i and 2i + 1 of column 30 + 2⁵ · column 31
 * 6 bits:  bits 6n … 6n + 5 of word i: column 5i + n, below 15
 *          bits 30 and 31 of word i: bits 2i and 2i + 1 of column 15
 * </pre>
 *
 * <p>Scales of float16 stay what they are; those of float32 are products that a file holds as
 * factors. All blocks are of one size, so that each instruction that loads meets memory at a
 * constant distance, as prefetchers want it: with the scales of eight blocks before their words a
 * product with one row, from memory, took more than twice as long.
 *
 * <p>The nibbles lie as in {@link Q4_0}, so that its words, like those of {@link Q8_0}, are copied
 * as they are. Numbers of five and six bits lie so that nearly all come out of their word by one
 * instruction: with what they have more than nibbles in a word of its own, which took three for
 * each, a product with one row took 1.2 to 1.4 times as long. Numbers of two bits become nibbles,
 * those of three bytes, already less their offset, and codes of a table the bytes that they stand
 * for. So do those of a codebook, signs included, unless its numbers lie at even distances and are
 * nibbles with a minimum. An element is (q − offset) · scale, or q · scale + minimum.
 *
 * <p>Types of three bits and fewer take 1.7 to 4.6 times the memory of their rows so: {@link IQ3_S}
 * least, those of one bit and {@code IQ2} most. Decoded from their rows by vectors instead, eight
 * elements of a codebook at a time, they were multiplied a fifth to a tenth as fast.
 *
 * <p>Floats have neither blocks nor scales: rows of float32 are {@code [columns][ROWS]}, those of
 * 16 bits {@code [columns / 2][ROWS]} words with an even column below and the odd one after it on
 * top. Weights that lie in memory were multiplied with one row 1.2 to 1.4 times as fast so as row
 * by row.
 *
 * <p>Codes could stay nibbles, with the table in a register: half the memory. But only vectors of
 * 512 bits hold sixteen numbers, and there it made a product with one row a fifth faster where
 * memory is the limit, on two threads, and no faster on one.
 */
public final class Interleaved {
  /** Rows of a group: one vector of 512 bits, two of 256, four of 128. */
  public static final int ROWS = 16;

  /** Rows of 16-bit floats have a multiple of so many columns: two words. */
  public static final int COLUMNS = 4;

  private Interleaved() {}

  /** Can the layout hold rows of {@code cols} elements of the type? */
  public static boolean holds(DType dtype, int cols) {
    return !holdsWords(dtype) || cols % COLUMNS == 0;
  }

  /** Are the elements floats of 16 bits, which lie in pairs? */
  public static boolean holdsWords(DType dtype) {
    return dtype == DType.F16 || dtype == DType.BF16;
  }

  /** Bytes of a group of rows with {@code cols} columns. */
  public static long groupBytes(DType dtype, int cols) {
    InterleavedFormat format = InterleavedFormat.of(dtype);
    return format == null ? ROWS * dtype.bytes(cols) : format.groupBytes(cols);
  }

  /**
   * Where the numbers of a row lie that are {@code size} bytes each, one for each row of a group,
   * if those of the first row begin at 0.
   */
  public static long offset(int row, long groupBytes, long size) {
    return row / ROWS * groupBytes + row % ROWS * size;
  }

  /** Bytes of a whole matrix. */
  public static long bytes(DType dtype, int rows, int cols) {
    return Math.ceilDiv(rows, ROWS) * groupBytes(dtype, cols);
  }

  /** Writes the float32 values of one row to {@code y[yo ..]}. */
  public static void row(MemorySegment data, DType dtype, int row, int cols, float[] y, int yo) {
    InterleavedFormat format = InterleavedFormat.of(dtype);
    if (format == null) {
      floats(data, dtype, row, cols, y, yo);
      return;
    }
    int columns = format.columns();
    long group = row / ROWS * format.groupBytes(cols);
    for (int b = 0; b < cols / columns; b++) {
      long at = group + (long) b * format.blockBytes();
      block(data, format, at, row % ROWS, y, yo + b * columns);
    }
  }

  private static void floats(
      MemorySegment data, DType dtype, int row, int cols, float[] y, int yo) {
    long at = offset(row, groupBytes(dtype, cols), Integer.BYTES);
    for (int c = 0; c < cols; c++) {
      y[yo + c] =
          switch (dtype) {
            case F32 -> LittleEndian.float32(data, at + (long) WORD * c);
            case F16 -> LittleEndian.half(data, at + (long) WORD * (c / 2) + 2L * (c % 2));
            default -> LittleEndian.bfloat(data, at + (long) WORD * (c / 2) + 2L * (c % 2));
          };
    }
  }

  /** One row of the block at {@code at}. */
  private static void block(
      MemorySegment data, InterleavedFormat format, long at, int lane, float[] y, int yo) {
    long scales = at + format.scalesAt();
    float scale = scale(data, format, scales, lane);
    float min = format.minima() ? scale(data, format, scales + format.scaleBytes(), lane) : 0;
    at += 4L * lane;
    for (int c = 0; c < format.columns(); c++) {
      int q = number(data, format, at, c) - format.offset();
      // Without a minimum nothing is added: a negative zero stays one.
      y[yo + c] = format.minima() ? q * scale + min : q * scale;
    }
  }

  private static float scale(MemorySegment data, InterleavedFormat format, long at, int lane) {
    return format.halfScales()
        ? LittleEndian.half(data, at + 2L * lane)
        : LittleEndian.float32(data, at + 4L * lane);
  }

  /** The number in column c of a row whose first word lies at {@code at}. */
  private static int number(MemorySegment data, InterleavedFormat format, long at, int c) {
    if (format.isPacked()) {
      return packedNumber(data, format, at, c);
    }
    if (format.bits() == 8) {
      return LittleEndian.signedByte(data, at + (long) WORD * (c / 4) + c % 4);
    }
    int half = format.columns() / 2;
    int i = c % half / 4;
    int bit = 4 * (2 * (c % 4) + c / half);
    return LittleEndian.int32(data, at + (long) WORD * i) >>> bit & 0xF;
  }

  private static int packedNumber(MemorySegment data, InterleavedFormat format, long at, int c) {
    int bits = format.bits();
    int perWord = format.perWord();
    int mask = (1 << bits) - 1;
    int behind = c - format.words() * perWord;
    if (behind < 0) {
      int word = LittleEndian.int32(data, at + (long) WORD * (c / perWord));
      return word >>> (bits * (c % perWord)) & mask;
    }
    int rest = 0;
    for (int i = 0; i < format.words(); i++) {
      rest |= LittleEndian.int32(data, at + (long) WORD * i) >>> PACKED_BITS << (2 * i);
    }
    return rest >>> (bits * behind) & mask;
  }
}
