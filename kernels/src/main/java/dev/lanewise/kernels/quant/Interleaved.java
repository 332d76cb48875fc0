package dev.lanewise.kernels.quant;

import dev.lanewise.kernels.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Rows side by side, so that a vector holds the same columns of many rows: no sum ever crosses
 * lanes, a scale is loaded for all rows at once, and every row shares the loads of x.
 *
 * <p>{@value #ROWS} rows form a group; rows missing in the last are 0. A group is cut into blocks
 * of {@link #columns} columns:
 *
 * <pre>
 * words   [columns / 8 or columns / 4][ROWS] int     8 nibbles or 4 signed bytes of a row
 * scales  [ROWS] float32
 * minima  [ROWS] likewise, for the types that have them
 *
 * nibble 2b of word i: column 4i + b        nibble 2b + 1: column 16 + 4i + b
 * byte b of word i:    column 4i + b
 * </pre>
 *
 * <p>The nibbles lie as in {@link Q4_0}, so that its words, like those of {@link Q8_0}, are copied
 * as they are. Other numbers become bytes: those of three, five and six bits already less their
 * offset, codes of a table as the numbers that they stand for. An element is q · scale + minimum;
 * only nibbles without a minimum are (q − 8) · scale.
 *
 * <p>Rows of float32 are {@code [columns][ROWS]} without words, scales and minima.
 *
 * <p>Codes could stay nibbles, with the table in a register: half the memory. But only vectors of
 * 512 bits hold sixteen numbers, and there it made a product with one row a fifth faster where
 * memory is the limit, on two threads, and no faster on one.
 */
public final class Interleaved {
  /** Rows of a group: one vector of 512 bits, two of 256, four of 128. */
  public static final int ROWS = 16;

  private static final int NIBBLES = 0x0F0F0F0F;

  private Interleaved() {}

  /** Can the layout hold elements of the type? */
  public static boolean holds(DType dtype) {
    return dtype == DType.F32 || supports(dtype);
  }

  /** Is the type a quantised one that the layout can hold? */
  public static boolean supports(DType dtype) {
    return switch (dtype) {
      case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q3_K, Q4_K, Q5_K, Q6_K -> true;
      case IQ4_NL, IQ4_XS, MXFP4, NVFP4 -> true;
      default -> false;
    };
  }

  /** Whether the words hold nibbles; if not, bytes. */
  public static boolean nibbles(DType dtype) {
    return switch (dtype) {
      case Q4_0, Q4_1, Q4_K -> true;
      default -> false;
    };
  }

  /** Whether there are minima. */
  public static boolean minima(DType dtype) {
    return switch (dtype) {
      case Q4_1, Q5_1, Q4_K, Q5_K -> true;
      default -> false;
    };
  }

  /** Columns of a block. */
  public static int columns(DType dtype) {
    return switch (dtype) {
      case Q3_K, Q6_K, NVFP4 -> 16;
      default -> 32;
    };
  }

  /** Words of a row in a block. */
  public static int words(DType dtype) {
    return columns(dtype) / (nibbles(dtype) ? 8 : 4);
  }

  /** Bytes of a block of a group. */
  public static int blockBytes(DType dtype) {
    return 4 * ROWS * (words(dtype) + (minima(dtype) ? 2 : 1));
  }

  /** Bytes of a group of rows with {@code cols} columns. */
  public static long groupBytes(DType dtype, int cols) {
    return dtype == DType.F32
        ? 4L * ROWS * cols
        : (long) (cols / columns(dtype)) * blockBytes(dtype);
  }

  /** Bytes of a whole matrix. */
  public static long bytes(DType dtype, int rows, int cols) {
    return Math.ceilDiv(rows, ROWS) * groupBytes(dtype, cols);
  }

  /**
   * A copy of row-major blocks in this layout. It is made while a model is loaded, by code that has
   * not been compiled well yet: so bytes come and go a row or a group at a time, and what happens
   * in between are plain loops over arrays.
   */
  public static MemorySegment of(MemorySegment rowMajor, int rows, int cols, DType dtype) {
    return dtype == DType.F32
        ? floats(rowMajor, rows, cols)
        : quantised(rowMajor, rows, cols, dtype);
  }

  private static MemorySegment floats(MemorySegment rowMajor, int rows, int cols) {
    MemorySegment target = Arena.ofAuto().allocate(bytes(DType.F32, rows, cols), 64);
    float[] row = new float[cols];
    float[] group = new float[Math.multiplyExact(ROWS, cols)];
    for (int first = 0; first < rows; first += ROWS) {
      int n = Math.min(ROWS, rows - first);
      if (n < ROWS) {
        Arrays.fill(group, 0);
      }
      for (int lane = 0; lane < n; lane++) {
        long at = 4L * (first + lane) * cols;
        MemorySegment.copy(rowMajor, LittleEndian.FLOAT, at, row, 0, cols);
        for (int c = 0; c < cols; c++) {
          group[ROWS * c + lane] = row[c];
        }
      }
      long to = 4L * first * cols;
      MemorySegment.copy(group, 0, target, LittleEndian.FLOAT, to, group.length);
    }
    return target;
  }

  private static MemorySegment quantised(MemorySegment rowMajor, int rows, int cols, DType dtype) {
    MemorySegment target = Arena.ofAuto().allocate(bytes(dtype, rows, cols), 64);
    long rowBytes = dtype.bytes(cols);
    long groupBytes = groupBytes(dtype, cols);
    byte[] table = table(dtype);
    boolean halfScales = table == null && dtype.blockSize() == columns(dtype);
    // The whole row: without a table, blocks have an even number of bytes.
    short[] row = new short[(int) (rowBytes / 2)];
    int[] group = new int[(int) (groupBytes / 4)];
    for (int first = 0; first < rows; first += ROWS) {
      int n = Math.min(ROWS, rows - first);
      if (n < ROWS) {
        Arrays.fill(group, 0);
      }
      for (int lane = 0; lane < n; lane++) {
        long at = (first + lane) * rowBytes;
        if (table == null) {
          MemorySegment.copy(rowMajor, LittleEndian.SHORT, at, row, 0, row.length);
          words(dtype, row, cols, group, lane);
        } else {
          tableWords(dtype, table, rowMajor, at, cols, group, lane);
        }
        if (halfScales) {
          scales(dtype, row, cols, group, lane);
        } else {
          computedScales(dtype, rowMajor, at, cols, group, lane);
        }
      }
      long to = first / ROWS * groupBytes;
      MemorySegment.copy(group, 0, target, LittleEndian.INT, to, group.length);
    }
    return target;
  }

  /** The words of one row to its lane. */
  private static void words(DType dtype, short[] row, int cols, int[] group, int lane) {
    int columns = columns(dtype);
    int words = words(dtype);
    int blocks = cols / columns;
    int blockInts = blockBytes(dtype) / 4;
    int fileBytes = dtype.format().blockBytes();
    int copied = copiedFrom(dtype);
    if (copied > 0) {
      for (int b = 0; b < blocks; b++) {
        for (int i = 0; i < words; i++) {
          group[b * blockInts + ROWS * i + lane] = int32(row, b * fileBytes + copied + 4 * i);
        }
      }
      return;
    }
    int perFileBlock = dtype.blockSize() / columns;
    for (int b = 0; b < blocks; b++) {
      int block = b / perFileBlock * fileBytes;
      for (int i = 0; i < words; i++) {
        int word = word(dtype, row, block, b % perFileBlock, i);
        group[b * blockInts + ROWS * i + lane] = word;
      }
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
      DType dtype, byte[] table, MemorySegment source, long row, int cols, int[] group, int lane) {
    int columns = columns(dtype);
    int words = words(dtype);
    int perFileBlock = dtype.blockSize() / columns;
    int fileBytes = dtype.format().blockBytes();
    int qs = fileBytes - dtype.blockSize() / 2; // they come last in a block
    for (int b = 0; b < cols / columns; b++) {
      long block = row + (long) (b / perFileBlock) * fileBytes;
      long at = block + qs + (long) (b % perFileBlock) * (columns / 2);
      int to = b * (blockBytes(dtype) / 4) + lane;
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

  /** Where a block of the file holds the words just as they are wanted; 0 if it does not. */
  private static int copiedFrom(DType dtype) {
    return switch (dtype) {
      case Q4_0, Q8_0 -> 2;
      case Q4_1 -> 4;
      default -> 0;
    };
  }

  /** The scales and minima of one row to its lane, where each block begins with its own. */
  private static void scales(DType dtype, short[] row, int cols, int[] group, int lane) {
    int to = ROWS * words(dtype) + lane;
    int blocks = cols / columns(dtype);
    int blockInts = blockBytes(dtype) / 4;
    int fileHalves = dtype.format().blockBytes() / 2;
    boolean minima = minima(dtype);
    for (int b = 0; b < blocks; b++) {
      group[to] = Float.floatToRawIntBits(Float.float16ToFloat(row[b * fileHalves]));
      if (minima) {
        float min = Float.float16ToFloat(row[b * fileHalves + 1]);
        group[to + ROWS] = Float.floatToRawIntBits(min);
      }
      to += blockInts;
    }
  }

  /** The same where they are not float16: in units of a superblock, or small floats. */
  private static void computedScales(
      DType dtype, MemorySegment source, long row, int cols, int[] group, int lane) {
    int columns = columns(dtype);
    int perFileBlock = dtype.blockSize() / columns;
    int blockInts = blockBytes(dtype) / 4;
    int to = ROWS * words(dtype) + lane;
    for (int b = 0; b < cols / columns; b++) {
      long block = row + (long) (b / perFileBlock) * dtype.format().blockBytes();
      int sub = b % perFileBlock;
      group[to] = Float.floatToRawIntBits(scale(dtype, source, block, sub));
      if (minima(dtype)) {
        float dmin = LittleEndian.half(source, block + 2);
        float min = -(dmin * SubBlockScales.min(source, block + 4, sub));
        group[to + ROWS] = Float.floatToRawIntBits(min);
      }
      to += blockInts;
    }
  }

  private static float scale(DType dtype, MemorySegment source, long block, int sub) {
    return switch (dtype) {
      case Q3_K -> Q3_K.scale(source, block, sub);
      case Q4_K, Q5_K ->
          LittleEndian.half(source, block) * SubBlockScales.scale(source, block + 4, sub);
      case Q6_K -> Q6_K.scale(source, block, sub);
      case IQ4_NL -> LittleEndian.half(source, block);
      case IQ4_XS -> IQ4_XS.scale(source, block, sub);
      case MXFP4 -> MXFP4.scale(source, block);
      case NVFP4 -> NVFP4.scale(source, block, sub);
      default -> throw new IllegalArgumentException("no scales are computed for " + dtype);
    };
  }

  /** The little-endian word at an even offset in bytes. */
  private static int int32(short[] source, int offset) {
    return (source[offset / 2] & 0xFFFF) | source[offset / 2 + 1] << 16;
  }

  /** Word i of sub-block {@code sub} of the block at an offset in bytes. */
  private static int word(DType dtype, short[] source, int block, int sub, int i) {
    return switch (dtype) {
      case Q5_0 -> less(five(source, block + 6, block + 2, i), 16);
      case Q5_1 -> five(source, block + 8, block + 4, i);
      case Q3_K -> {
        int run = sub / 2;
        int at = 16 * (sub % 2) + 4 * i;
        int low = int32(source, block + 32 + 32 * (run / 4) + at) >>> (2 * (run % 4));
        int high = int32(source, block + at) >>> run;
        yield less((low & 0x03030303) | (high & 0x01010101) << 2, 4);
      }
      case Q4_K -> {
        int qs = block + 16 + 32 * (sub / 2) + 4 * i;
        int shift = 4 * (sub % 2);
        yield ((int32(source, qs) >>> shift) & NIBBLES)
            | ((int32(source, qs + 16) >>> shift) & NIBBLES) << 4;
      }
      case Q5_K -> {
        int low = int32(source, block + 48 + 32 * (sub / 2) + 4 * i);
        int high = (int32(source, block + 16 + 4 * i) >>> sub) & 0x01010101;
        yield ((low >>> (4 * (sub % 2))) & NIBBLES) | high << 4;
      }
      case Q6_K -> {
        int half = sub / 8;
        int run = sub % 8 / 2;
        int at = 16 * (sub % 2) + 4 * i;
        int low = int32(source, block + 64 * half + 32 * (run % 2) + at);
        int high = int32(source, block + 128 + 32 * half + at);
        yield less(
            ((low >>> (4 * (run / 2))) & NIBBLES) | ((high >>> (2 * run)) & 0x03030303) << 4, 32);
      }
      default -> throw new IllegalArgumentException("no words are computed for " + dtype);
    };
  }

  /** Four five-bit numbers, a byte each: nibbles at {@code qs}, fifth bits at {@code qh}. */
  private static int five(short[] source, int qs, int qh, int i) {
    int low = (int32(source, qs + 4 * (i % 4)) >>> (4 * (i / 4))) & NIBBLES;
    int high = int32(source, qh) >>> (4 * i);
    return low | (high & 1) << 4 | (high & 2) << 11 | (high & 4) << 18 | (high & 8) << 25;
  }

  /** Each byte less an offset; the bytes are so small that none borrows from the next. */
  private static int less(int bytes, int offset) {
    return (bytes + 0x01010101 * (128 - offset)) ^ 0x80808080;
  }

  /** Writes the float32 values of one row to {@code y[yo ..]}. */
  public static void row(MemorySegment data, DType dtype, int row, int cols, float[] y, int yo) {
    if (dtype == DType.F32) {
      long at = row / ROWS * groupBytes(dtype, cols) + 4L * (row % ROWS);
      for (int c = 0; c < cols; c++) {
        y[yo + c] = LittleEndian.float32(data, at + 4L * ROWS * c);
      }
      return;
    }
    int columns = columns(dtype);
    int words = words(dtype);
    boolean minima = minima(dtype);
    boolean nibbles = nibbles(dtype);
    int lane = row % ROWS;
    for (int b = 0; b < cols / columns; b++) {
      long block = row / ROWS * groupBytes(dtype, cols) + (long) b * blockBytes(dtype);
      long scales = block + 4L * (words * ROWS + lane);
      float scale = LittleEndian.float32(data, scales);
      float min = minima ? LittleEndian.float32(data, scales + 4L * ROWS) : 0;
      for (int i = 0; i < words; i++) {
        int word = LittleEndian.int32(data, block + 4L * (ROWS * i + lane));
        int at = yo + b * columns + 4 * i;
        for (int c = 0; c < 4; c++) {
          if (!nibbles) {
            y[at + c] = value((byte) (word >>> (8 * c)), scale, minima, min);
          } else {
            int offset = minima ? 0 : 8;
            int low = (word >>> (8 * c)) & 15;
            int high = (word >>> (8 * c + 4)) & 15;
            y[at + c] = value(low - offset, scale, minima, min);
            y[at + 16 + c] = value(high - offset, scale, minima, min);
          }
        }
      }
    }
  }

  /** Without a minimum nothing is added: a negative zero stays one. */
  private static float value(int q, float scale, boolean minima, float min) {
    return minima ? q * scale + min : q * scale;
  }
}
