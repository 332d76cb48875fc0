package dev.lanewise.kernels.quant;

import static dev.lanewise.kernels.quant.Interleaved.ROWS;

import dev.lanewise.kernels.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Arrays;

/** Brings the rows of a file into the layout of {@link Interleaved}. */
public final class Interleaving {
  /** Words of rows of floats that are brought into the layout at a time. */
  private static final int TILE = 64;

  private Interleaving() {}

  /**
   * A copy of row-major blocks in the layout of {@link Interleaved}. It is made while a model is
   * loaded, by code that has not been compiled well yet: so bytes come and go a row or a group at a
   * time, and what happens in between are plain loops over arrays, in one pass for each type: words
   * of a row first, and all rows side by side later, took half as long again. Shared out among two
   * threads it took no less, as the compiler has the second processor.
   *
   * @param memory where the copy is to be
   * @return null if there are scales or weights of float16 that are not finite, which vectors do
   *     not decode
   */
  public static MemorySegment of(
      MemorySegment rowMajor, int rows, int cols, DType dtype, SegmentAllocator memory) {
    return switch (dtype) {
      case F32, F16, BF16 -> floats(rowMajor, rows, cols, dtype, memory);
      default -> quantised(rowMajor, rows, cols, dtype, memory);
    };
  }

  /** Rows of words: a float32 each, or two floats of 16 bits. */
  private static MemorySegment floats(
      MemorySegment rowMajor, int rows, int cols, DType dtype, SegmentAllocator memory) {
    MemorySegment target = memory.allocate(Interleaved.bytes(dtype, rows, cols), 64);
    int words = (int) (dtype.bytes(cols) / 4);
    int[] from = new int[Math.multiplyExact(ROWS, words)];
    int[] to = new int[from.length];
    boolean finite = true;
    for (int first = 0; first < rows; first += ROWS) {
      int n = Math.min(ROWS, rows - first) * words;
      MemorySegment.copy(rowMajor, LittleEndian.INT, 4L * first * words, from, 0, n);
      Arrays.fill(from, n, from.length, 0);
      finite &= dtype != DType.F16 || finite(from);
      for (int w = 0; w < words; w += TILE) {
        transpose(from, to, words, w, Math.min(words, w + TILE));
      }
      MemorySegment.copy(to, 0, target, LittleEndian.INT, 4L * first * words, to.length);
    }
    return finite ? target : null;
  }

  /** Words {@code [start, end)} of a group: few, so that what they become stays in the cache. */
  private static void transpose(int[] from, int[] to, int words, int start, int end) {
    for (int lane = 0; lane < ROWS; lane++) {
      for (int w = start; w < end; w++) {
        to[ROWS * w + lane] = from[words * lane + w];
      }
    }
  }

  /** Whether no exponent of two float16 in a word is all ones. */
  private static boolean finite(int[] words) {
    int carries = 0;
    for (int word : words) {
      carries |= (word & 0x7FFF7FFF) + 0x04000400;
    }
    return (carries & 0x80008000) == 0;
  }

  private static MemorySegment quantised(
      MemorySegment rowMajor, int rows, int cols, DType dtype, SegmentAllocator memory) {
    InterleavedFormat format = InterleavedFormat.of(dtype);
    MemorySegment target = memory.allocate(Interleaved.bytes(dtype, rows, cols), 64);
    long rowBytes = dtype.bytes(cols);
    long groupBytes = format.groupBytes(cols);
    byte[] table = table(dtype);
    // The whole row: without a table, blocks have an even number of bytes.
    short[] row = new short[(int) (rowBytes / 2)];
    int[] group = new int[(int) (groupBytes / 4)];
    boolean finite = true;
    for (int first = 0; first < rows; first += ROWS) {
      int n = Math.min(ROWS, rows - first);
      if (n < ROWS) {
        Arrays.fill(group, 0);
      }
      for (int lane = 0; lane < n; lane++) {
        long at = (first + lane) * rowBytes;
        if (table == null) {
          MemorySegment.copy(rowMajor, LittleEndian.SHORT, at, row, 0, row.length);
        }
        if (SuperblockRows.holds(dtype)) {
          finite &= SuperblockRows.run(dtype, format, row, cols, group, lane);
          continue;
        }
        if (table == null) {
          words(dtype, format, row, cols, group, lane);
        } else {
          tableWords(dtype, format, table, rowMajor, at, cols, group, lane);
        }
        if (format.halfScales()) {
          finite &= halfScales(dtype, format, row, cols, group, lane);
        } else {
          finite &= computedScales(dtype, format, rowMajor, at, cols, group, lane);
        }
      }
      long to = first / ROWS * groupBytes;
      MemorySegment.copy(group, 0, target, LittleEndian.INT, to, group.length);
    }
    return finite ? target : null;
  }

  /** The words of one row to its lane. */
  private static void words(
      DType dtype, InterleavedFormat format, short[] row, int cols, int[] group, int lane) {
    int fileHalves = dtype.format().blockBytes() / 2;
    switch (dtype) {
      case Q4_0, Q8_0 -> copiedWords(format, row, 1, fileHalves, cols, group, lane);
      case Q4_1 -> copiedWords(format, row, 2, fileHalves, cols, group, lane);
      case Q5_0 -> fiveBitWords(format, row, 1, fileHalves, cols, group, lane);
      case Q5_1 -> fiveBitWords(format, row, 2, fileHalves, cols, group, lane);
      default -> computedWords(dtype, format, row, cols, group, lane);
    }
  }

  private static void computedWords(
      DType dtype, InterleavedFormat format, short[] row, int cols, int[] group, int lane) {
    int columns = format.columns();
    int blockInts = format.blockBytes() / 4;
    int perFileBlock = dtype.blockSize() / columns;
    for (int b = 0; b < cols / columns; b++) {
      int block = b / perFileBlock * dtype.format().blockBytes();
      for (int i = 0; i < format.words(); i++) {
        int word = word(dtype, format, row, block, b % perFileBlock, i);
        group[b * blockInts + lane + ROWS * i] = word;
      }
    }
  }

  /** Words that blocks of the file hold from a half of a word on. */
  private static void copiedWords(
      InterleavedFormat format,
      short[] row,
      int first,
      int fileHalves,
      int cols,
      int[] group,
      int lane) {
    int words = format.words();
    int blockInts = format.blockBytes() / 4;
    for (int b = 0; b < cols / format.columns(); b++) {
      int from = b * fileHalves + first;
      int to = b * blockInts + lane;
      for (int i = 0; i < words; i++) {
        group[to + ROWS * i] = ByteWords.word(row, from + 2 * i);
      }
    }
  }

  /** Words of packed numbers, whose fifth bits a block of the file has before its nibbles. */
  private static void fiveBitWords(
      InterleavedFormat format,
      short[] row,
      int first,
      int fileHalves,
      int cols,
      int[] group,
      int lane) {
    int[] bytes = new int[8];
    int blockInts = format.blockBytes() / 4;
    for (int b = 0; b < cols / format.columns(); b++) {
      int from = b * fileHalves + first;
      int high = ByteWords.word(row, from);
      for (int i = 0; i < 4; i++) {
        int nibbles = ByteWords.word(row, from + 2 + 2 * i);
        bytes[i] = ByteWords.fiveBits(nibbles, high >>> (4 * i));
        bytes[4 + i] = ByteWords.fiveBits(nibbles >>> 4, high >>> (16 + 4 * i));
      }
      ByteWords.pack(bytes, format, group, b * blockInts + lane);
    }
  }

  /** The numbers that the nibbles of a type stand for; null if they are numbers themselves. */
  private static byte[] table(DType dtype) {
    return switch (dtype) {
      case IQ4_NL, IQ4_XS -> Codebooks.NON_LINEAR;
      case MXFP4, NVFP4 -> Codebooks.TWICE_E2M1;
      default -> null;
    };
  }

  /**
   * The words of one row to its lane, where nibbles are codes of a table. As in {@link Q4_0}, upper
   * nibbles belong to the second half of a block.
   */
  private static void tableWords(
      DType dtype,
      InterleavedFormat format,
      byte[] table,
      MemorySegment source,
      long row,
      int cols,
      int[] group,
      int lane) {
    int columns = format.columns();
    int words = format.words();
    int perFileBlock = dtype.blockSize() / columns;
    int fileBytes = dtype.format().blockBytes();
    int qs = fileBytes - dtype.blockSize() / 2; // they come last in a block
    for (int b = 0; b < cols / columns; b++) {
      long block = row + (long) (b / perFileBlock) * fileBytes;
      long at = block + qs + (long) (b % perFileBlock) * (columns / 2);
      int to = b * format.blockBytes() / 4 + lane;
      for (int i = 0; i < words / 2; i++) {
        int codes = LittleEndian.int32(source, at + 4L * i);
        group[to + ROWS * i] = lookUp(table, codes);
        group[to + ROWS * (i + words / 2)] = lookUp(table, codes >>> 4);
      }
    }
  }

  /** The numbers for the lower nibbles of four bytes. */
  private static int lookUp(byte[] table, int codes) {
    return (table[codes & 0xF] & 0xFF)
        | (table[(codes >>> 8) & 0xF] & 0xFF) << 8
        | (table[(codes >>> 16) & 0xF] & 0xFF) << 16
        | table[(codes >>> 24) & 0xF] << 24;
  }

  /**
   * The scales and minima of one row to its lane, where each block of the file begins with them.
   *
   * @return whether all are finite
   */
  private static boolean halfScales(
      DType dtype, InterleavedFormat format, short[] row, int cols, int[] group, int lane) {
    int blocks = cols / format.columns();
    int blockInts = format.blockBytes() / 4;
    int fileHalves = dtype.format().blockBytes() / 2;
    boolean minima = format.minima();
    int shift = 16 * (lane % 2);
    int kept = lane % 2 == 0 ? 0 : 0xFFFF; // of a word: the lane before
    int to = format.scalesAt() / 4 + lane / 2;
    boolean finite = true;
    for (int b = 0; b < blocks; b++) {
      int scale = row[b * fileHalves] & 0xFFFF;
      finite &= (scale & 0x7C00) != 0x7C00;
      group[to] = (group[to] & kept) | scale << shift;
      if (minima) {
        int min = row[b * fileHalves + 1] & 0xFFFF;
        finite &= (min & 0x7C00) != 0x7C00;
        group[to + ROWS / 2] = (group[to + ROWS / 2] & kept) | min << shift;
      }
      to += blockInts;
    }
    return finite;
  }

  /** The same where they are not float16: in units of a superblock, or small floats. */
  private static boolean computedScales(
      DType dtype,
      InterleavedFormat format,
      MemorySegment source,
      long row,
      int cols,
      int[] group,
      int lane) {
    int columns = format.columns();
    int blockInts = format.blockBytes() / 4;
    int scales = format.scalesAt() / 4 + lane;
    int perFileBlock = dtype.blockSize() / columns;
    boolean finite = true;
    for (int b = 0; b < cols / columns; b++) {
      long block = row + (long) (b / perFileBlock) * dtype.format().blockBytes();
      int sub = b % perFileBlock;
      int to = b * blockInts + scales;
      float scale = scale(dtype, source, block, sub);
      group[to] = Float.floatToRawIntBits(scale);
      finite &= Float.isFinite(scale);
      if (format.minima()) {
        float minimum = minimum(dtype, source, block, sub);
        group[to + ROWS] = Float.floatToRawIntBits(minimum);
        finite &= Float.isFinite(minimum);
      }
    }
    return finite;
  }

  private static float scale(DType dtype, MemorySegment source, long block, int sub) {
    return switch (dtype) {
      case IQ1_S -> IQ1_S.scale(source, block, sub);
      case IQ1_M -> 0.25f * IQ1_M.scale(source, block, sub);
      case IQ2_XXS -> IQ2_XXS.scale(source, block, sub);
      case IQ2_XS -> IQ2_XS.scale(source, block, sub);
      case IQ2_S -> IQ2_S.scale(source, block, sub);
      case IQ3_XXS -> IQ3_XXS.scale(source, block, sub);
      case IQ3_S -> 2 * IQ3_S.scale(source, block, sub);
      case IQ4_NL -> LittleEndian.half(source, block);
      case IQ4_XS -> IQ4_XS.scale(source, block, sub);
      case TQ1_0 -> TQ1_0.scale(source, block);
      case TQ2_0 -> TQ2_0.scale(source, block);
      case MXFP4 -> MXFP4.scale(source, block);
      case NVFP4 -> NVFP4.scale(source, block, sub);
      default -> throw new IllegalArgumentException("no scales are computed for " + dtype);
    };
  }

  /** What is added to a number times its scale: exact for the numbers of codebooks. */
  private static float minimum(DType dtype, MemorySegment source, long block, int sub) {
    return switch (dtype) {
      case IQ1_S -> IQ1_S.scale(source, block, sub) * (IQ1_S.shift(source, block, sub) - 1);
      case IQ1_M -> -1.125f * IQ1_M.scale(source, block, sub);
      case IQ3_S -> -15 * IQ3_S.scale(source, block, sub);
      default -> throw new IllegalArgumentException("no minima are computed for " + dtype);
    };
  }

  /** Word i of sub-block {@code sub} of the block at an offset in bytes. */
  private static int word(
      DType dtype, InterleavedFormat format, short[] source, int block, int sub, int i) {
    int e = format.columns() * sub + 4 * i;
    int bytes = ByteWords.of(dtype, source, block, e);
    return format.bits() == 8
        ? bytes
        : ByteWords.nibbles(bytes, ByteWords.of(dtype, source, block, e + format.columns() / 2));
  }
}
