package dev.lanewise.kernels.quant;

import dev.lanewise.kernels.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Quantised rows side by side, so that a vector holds the same columns of many rows: no sum ever
 * crosses lanes, a scale is loaded for all rows at once, and every row shares the loads of x.
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
 * as they are. Five- and six-bit types become bytes, already less their offset. An element is q ·
 * scale + minimum; only nibbles without a minimum are (q − 8) · scale.
 */
public final class Interleaved {
  /** Rows of a group: one vector of 512 bits, two of 256, four of 128. */
  public static final int ROWS = 16;

  private static final int NIBBLES = 0x0F0F0F0F;

  private Interleaved() {}

  /** Is there such a layout for the type? */
  public static boolean supports(DType dtype) {
    return dtype.blockSize() > 1;
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
    return dtype == DType.Q6_K ? 16 : 32;
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
    return (long) (cols / columns(dtype)) * blockBytes(dtype);
  }

  /** Bytes of a whole matrix. */
  public static long bytes(DType dtype, int rows, int cols) {
    return Math.ceilDiv(rows, ROWS) * groupBytes(dtype, cols);
  }

  /** A copy of row-major blocks in this layout. */
  public static MemorySegment of(MemorySegment rowMajor, int rows, int cols, DType dtype) {
    MemorySegment target = Arena.ofAuto().allocate(bytes(dtype, rows, cols), 64);
    int columns = columns(dtype);
    int words = words(dtype);
    int perFileBlock = dtype.blockSize() / columns;
    long rowBytes = dtype.bytes(cols);
    for (int row = 0; row < rows; row++) {
      long to = row / ROWS * groupBytes(dtype, cols) + 4L * (row % ROWS);
      long scales = to + 4L * words * ROWS;
      for (int b = 0; b < cols / columns; b++) {
        long block = row * rowBytes + (long) (b / perFileBlock) * dtype.format().blockBytes();
        int sub = b % perFileBlock;
        for (int i = 0; i < words; i++) {
          LittleEndian.putInt(target, to + 4L * ROWS * i, word(dtype, rowMajor, block, sub, i));
        }
        scales(dtype, rowMajor, block, sub, target, scales);
        to += blockBytes(dtype);
        scales += blockBytes(dtype);
      }
    }
    return target;
  }

  /** Word i of sub-block {@code sub} of the block at an offset. */
  private static int word(DType dtype, MemorySegment source, long block, int sub, int i) {
    return switch (dtype) {
      case Q4_0 -> LittleEndian.int32(source, block + 2 + 4L * i);
      case Q4_1 -> LittleEndian.int32(source, block + 4 + 4L * i);
      case Q8_0 -> LittleEndian.int32(source, block + 2 + 4L * i);
      case Q5_0 -> less(five(source, block + 6, block + 2, i), 16);
      case Q5_1 -> five(source, block + 8, block + 4, i);
      case Q4_K -> {
        long qs = block + 16 + 32L * (sub / 2) + 4L * i;
        int shift = 4 * (sub % 2);
        yield ((LittleEndian.int32(source, qs) >>> shift) & NIBBLES)
            | ((LittleEndian.int32(source, qs + 16) >>> shift) & NIBBLES) << 4;
      }
      case Q5_K -> {
        int low = LittleEndian.int32(source, block + 48 + 32L * (sub / 2) + 4L * i);
        int high = (LittleEndian.int32(source, block + 16 + 4L * i) >>> sub) & 0x01010101;
        yield ((low >>> (4 * (sub % 2))) & NIBBLES) | high << 4;
      }
      case Q6_K -> {
        int half = sub / 8;
        int run = sub % 8 / 2;
        long at = 16L * (sub % 2) + 4L * i;
        int low = LittleEndian.int32(source, block + 64L * half + 32L * (run % 2) + at);
        int high = LittleEndian.int32(source, block + 128 + 32L * half + at);
        yield less(
            ((low >>> (4 * (run / 2))) & NIBBLES) | ((high >>> (2 * run)) & 0x03030303) << 4, 32);
      }
      case F32, F16, BF16 -> throw new IllegalArgumentException(dtype + " has no blocks");
    };
  }

  /** Four five-bit numbers, a byte each: nibbles at {@code qs}, fifth bits at {@code qh}. */
  private static int five(MemorySegment source, long qs, long qh, int i) {
    int low = (LittleEndian.int32(source, qs + 4L * (i % 4)) >>> (4 * (i / 4))) & NIBBLES;
    int high = LittleEndian.int32(source, qh) >>> (4 * i);
    return low | (high & 1) << 4 | (high & 2) << 11 | (high & 4) << 18 | (high & 8) << 25;
  }

  /** Each byte less an offset; the bytes are so small that none borrows from the next. */
  private static int less(int bytes, int offset) {
    return (bytes + 0x01010101 * (128 - offset)) ^ 0x80808080;
  }

  private static void scales(
      DType dtype, MemorySegment source, long block, int sub, MemorySegment target, long to) {
    float d = LittleEndian.half(source, dtype == DType.Q6_K ? block + 208 : block);
    switch (dtype) {
      case Q4_1, Q5_1 -> {
        LittleEndian.putFloat(target, to, d);
        LittleEndian.putFloat(target, to + 4L * ROWS, LittleEndian.half(source, block + 2));
      }
      case Q4_K, Q5_K -> {
        float dmin = LittleEndian.half(source, block + 2);
        LittleEndian.putFloat(target, to, d * SubBlockScales.scale(source, block + 4, sub));
        LittleEndian.putFloat(
            target, to + 4L * ROWS, -(dmin * SubBlockScales.min(source, block + 4, sub)));
      }
      case Q6_K ->
          LittleEndian.putFloat(target, to, d * LittleEndian.signedByte(source, block + 192 + sub));
      default -> LittleEndian.putFloat(target, to, d);
    }
  }

  /** Writes the float32 values of one row to {@code y[yo ..]}. */
  public static void row(MemorySegment data, DType dtype, int row, int cols, float[] y, int yo) {
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
