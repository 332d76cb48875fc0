package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.AlignedBuffer.FLOAT;
import static dev.lanewise.kernels.simd.GemmMicroKernel.MR;
import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Transposes {@link Species#LANES} rows at a time: vectors are made of four columns of each, then
 * pairs of elements change places, then pairs of pairs (Eklundh 1972, doi:10.1109/T-C.1972.223584).
 * Micropanels of {@link GemmMicroKernel#MR} rows that are narrower than a vector are made by
 * perfect shuffles, as of two halves of a pack of cards (Stone 1971, doi:10.1109/T-C.1971.223205):
 * rows i and i + 4 give a sequence each, then two and two of these, then the last two. What is left
 * goes one element at a time.
 */
final class Transposition {
  /** Columns of a block: what a vector holds of each of its rows. */
  private static final int COLUMNS = 4;

  /** Lanes of the second, third and fourth row that a vector is made of. */
  private static final VectorMask<Float> SECOND = VectorMask.fromLong(F, 0x00F0);

  private static final VectorMask<Float> THIRD = VectorMask.fromLong(F, 0x0F00);
  private static final VectorMask<Float> FOURTH = VectorMask.fromLong(F, 0xF000);
  private static final VectorShuffle<Float> NEIGHBOURS = VectorShuffle.fromOp(F, i -> i ^ 1);
  private static final VectorShuffle<Float> PAIRS = VectorShuffle.fromOp(F, i -> i ^ 2);
  private static final VectorMask<Float> ODD = VectorMask.fromLong(F, 0xAAAA);
  private static final VectorMask<Float> ODD_PAIRS = VectorMask.fromLong(F, 0xCCCC);

  /** The lower half of a vector, each lane twice. */
  private static final VectorShuffle<Float> LOW = VectorShuffle.fromOp(F, i -> i / 2);

  /** The upper half likewise. */
  private static final VectorShuffle<Float> HIGH = VectorShuffle.fromOp(F, i -> (LANES + i) / 2);

  private Transposition() {}

  /** Element (i, j) of x, at {@code xo + i * ldx + j}, goes to {@code yo + j * ldy + i}. */
  static void run(float[] x, int xo, int ldx, int rows, int cols, float[] y, int yo, int ldy) {
    int doneRows = blockRows(x, xo, ldx, rows, cols);
    int doneCols = cols - cols % COLUMNS;
    for (int i = 0; i < doneRows; i += LANES) {
      for (int j = 0; j < doneCols; j += COLUMNS) {
        block(x, xo + i * ldx + j, ldx, y, yo + j * ldy + i, ldy);
      }
    }
    if (LANES > MR && rows == MR && ldy == MR) {
      doneRows = MR;
      doneCols = micropanel(x, xo, ldx, cols, y, yo);
    }
    for (int i = 0; i < rows; i++) {
      for (int j = i < doneRows ? doneCols : 0; j < cols; j++) {
        y[yo + j * ldy + i] = x[xo + i * ldx + j];
      }
    }
  }

  /**
   * Element (i, j) of x goes to the float at byte {@code yo + j * stride + 4 * i} outside of the
   * heap.
   */
  static void run(
      float[] x, int xo, int ldx, int rows, int cols, MemorySegment y, long yo, long stride) {
    int doneRows = blockRows(x, xo, ldx, rows, cols);
    int doneCols = cols - cols % COLUMNS;
    for (int i = 0; i < doneRows; i += LANES) {
      for (int j = 0; j < doneCols; j += COLUMNS) {
        block(x, xo + i * ldx + j, ldx, y, yo + j * stride + (long) Float.BYTES * i, stride);
      }
    }
    for (int i = 0; i < rows; i++) {
      for (int j = i < doneRows ? doneCols : 0; j < cols; j++) {
        y.set(FLOAT, yo + j * stride + (long) Float.BYTES * i, x[xo + i * ldx + j]);
      }
    }
  }

  /**
   * How many rows go by blocks: whole ones. Rows that lie backwards, or on one another, have the
   * neighbours that blocks read by the way only where the array goes on.
   */
  private static int blockRows(float[] x, int xo, int ldx, int rows, int cols) {
    boolean neighbours =
        ldx > 0 || (xo + (rows - 1) * ldx >= LANES && xo + cols + LANES <= x.length);
    return neighbours ? rows - rows % LANES : 0;
  }

  /** Transposes LANES × COLUMNS elements. */
  private static void block(float[] x, int xo, int ldx, float[] y, int yo, int ldy) {
    FloatVector a = columns(x, xo, ldx);
    FloatVector b = columns(x, xo + ldx, ldx);
    FloatVector c = columns(x, xo + 2 * ldx, ldx);
    FloatVector d = columns(x, xo + 3 * ldx, ldx);
    FloatVector ab02 = even(a, b);
    FloatVector ab13 = odd(a, b);
    FloatVector cd02 = even(c, d);
    FloatVector cd13 = odd(c, d);
    evenPairs(ab02, cd02).intoArray(y, yo);
    evenPairs(ab13, cd13).intoArray(y, yo + ldy);
    oddPairs(ab02, cd02).intoArray(y, yo + 2 * ldy);
    oddPairs(ab13, cd13).intoArray(y, yo + 3 * ldy);
  }

  private static void block(float[] x, int xo, int ldx, MemorySegment y, long yo, long stride) {
    FloatVector a = columns(x, xo, ldx);
    FloatVector b = columns(x, xo + ldx, ldx);
    FloatVector c = columns(x, xo + 2 * ldx, ldx);
    FloatVector d = columns(x, xo + 3 * ldx, ldx);
    FloatVector ab02 = even(a, b);
    FloatVector ab13 = odd(a, b);
    FloatVector cd02 = even(c, d);
    FloatVector cd13 = odd(c, d);
    evenPairs(ab02, cd02).intoMemorySegment(y, yo, LITTLE_ENDIAN);
    evenPairs(ab13, cd13).intoMemorySegment(y, yo + stride, LITTLE_ENDIAN);
    oddPairs(ab02, cd02).intoMemorySegment(y, yo + 2 * stride, LITTLE_ENDIAN);
    oddPairs(ab13, cd13).intoMemorySegment(y, yo + 3 * stride, LITTLE_ENDIAN);
  }

  private static FloatVector even(FloatVector a, FloatVector b) {
    return a.blend(b.rearrange(NEIGHBOURS), ODD);
  }

  private static FloatVector odd(FloatVector a, FloatVector b) {
    return a.rearrange(NEIGHBOURS).blend(b, ODD);
  }

  private static FloatVector evenPairs(FloatVector a, FloatVector b) {
    return a.blend(b.rearrange(PAIRS), ODD_PAIRS);
  }

  private static FloatVector oddPairs(FloatVector a, FloatVector b) {
    return a.rearrange(PAIRS).blend(b, ODD_PAIRS);
  }

  /**
   * COLUMNS elements of every fourth row. Where rows follow one another, what a load has before and
   * behind them lies between the first and the last element of the block.
   */
  private static FloatVector columns(float[] x, int xo, int ldx) {
    int step = COLUMNS * ldx - COLUMNS;
    FloatVector v = FloatVector.fromArray(F, x, xo);
    if (LANES > COLUMNS) {
      v = v.blend(FloatVector.fromArray(F, x, xo + step), SECOND);
    }
    if (LANES > 2 * COLUMNS) {
      v = v.blend(FloatVector.fromArray(F, x, xo + 2 * step), THIRD);
      v = v.blend(FloatVector.fromArray(F, x, xo + 3 * step), FOURTH);
    }
    return v;
  }

  /** Transposes MR rows, as many columns as fill vectors, and returns how many. */
  private static int micropanel(float[] x, int xo, int ldx, int cols, float[] y, int yo) {
    int j = 0;
    for (; j <= cols - LANES; j += LANES) {
      shuffle(x, xo + j, ldx, y, yo + j * MR);
    }
    return j;
  }

  private static void shuffle(float[] x, int xo, int ldx, float[] y, int yo) {
    FloatVector r0 = FloatVector.fromArray(F, x, xo);
    FloatVector r1 = FloatVector.fromArray(F, x, xo + ldx);
    FloatVector r2 = FloatVector.fromArray(F, x, xo + 2 * ldx);
    FloatVector r3 = FloatVector.fromArray(F, x, xo + 3 * ldx);
    FloatVector r4 = FloatVector.fromArray(F, x, xo + 4 * ldx);
    FloatVector r5 = FloatVector.fromArray(F, x, xo + 5 * ldx);
    FloatVector r6 = FloatVector.fromArray(F, x, xo + 6 * ldx);
    FloatVector r7 = FloatVector.fromArray(F, x, xo + 7 * ldx);
    FloatVector r04Low = low(r0, r4);
    FloatVector r04High = high(r0, r4);
    FloatVector r15Low = low(r1, r5);
    FloatVector r15High = high(r1, r5);
    FloatVector r26Low = low(r2, r6);
    FloatVector r26High = high(r2, r6);
    FloatVector r37Low = low(r3, r7);
    FloatVector r37High = high(r3, r7);
    FloatVector even0 = low(r04Low, r26Low);
    FloatVector even1 = high(r04Low, r26Low);
    FloatVector even2 = low(r04High, r26High);
    FloatVector even3 = high(r04High, r26High);
    FloatVector odd0 = low(r15Low, r37Low);
    FloatVector odd1 = high(r15Low, r37Low);
    FloatVector odd2 = low(r15High, r37High);
    FloatVector odd3 = high(r15High, r37High);
    low(even0, odd0).intoArray(y, yo);
    high(even0, odd0).intoArray(y, yo + LANES);
    low(even1, odd1).intoArray(y, yo + 2 * LANES);
    high(even1, odd1).intoArray(y, yo + 3 * LANES);
    low(even2, odd2).intoArray(y, yo + 4 * LANES);
    high(even2, odd2).intoArray(y, yo + 5 * LANES);
    low(even3, odd3).intoArray(y, yo + 6 * LANES);
    high(even3, odd3).intoArray(y, yo + 7 * LANES);
  }

  /** Lanes of the lower halves of a and b in turn. */
  private static FloatVector low(FloatVector a, FloatVector b) {
    return a.rearrange(LOW).blend(b.rearrange(LOW), ODD);
  }

  /** Lanes of the upper halves of a and b in turn. */
  private static FloatVector high(FloatVector a, FloatVector b) {
    return a.rearrange(HIGH).blend(b.rearrange(HIGH), ODD);
  }
}
