package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.GemmMicroKernel.MR;
import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Transposes rows: {@link GemmMicroKernel#MR} of them into a micropanel by vectors, others in tiles
 * of {@link #SIZE} × {@link #SIZE}, one element at a time. Vectors are shuffled perfectly, as two
 * halves of a pack of cards (Stone 1971, doi:10.1109/T-C.1971.223205): rows i and i + 4 give a
 * sequence each, then two and two of these, then the last two.
 */
final class Transposition {
  /** Rows and columns of a tile. */
  static final int SIZE = 4;

  /** The lower half of a vector, each lane twice. */
  private static final VectorShuffle<Float> LOW = VectorShuffle.fromOp(F, i -> i / 2);

  /** The upper half likewise. */
  private static final VectorShuffle<Float> HIGH = VectorShuffle.fromOp(F, i -> (LANES + i) / 2);

  private static final VectorMask<Float> ODD = VectorMask.fromLong(F, 0xAAAA);

  private Transposition() {}

  /** Element (i, j) of x, at {@code xo + i * ldx + j}, goes to {@code yo + j * ldy + i}. */
  static void run(float[] x, int xo, int ldx, int rows, int cols, float[] y, int yo, int ldy) {
    int done = rows == MR && ldy == MR ? micropanel(x, xo, ldx, cols, y, yo) : 0;
    int tileRows = rows - rows % SIZE;
    int tileCols = cols - (cols - done) % SIZE;
    for (int j = done; j < tileCols; j += SIZE) {
      for (int i = 0; i < tileRows; i += SIZE) {
        tile(x, xo + i * ldx + j, ldx, y, yo + j * ldy + i, ldy);
      }
    }
    for (int i = 0; i < rows; i++) {
      for (int j = i < tileRows ? tileCols : done; j < cols; j++) {
        y[yo + j * ldy + i] = x[xo + i * ldx + j];
      }
    }
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

  private static void tile(float[] x, int xo, int ldx, float[] y, int yo, int ldy) {
    int y0 = yo;
    int y1 = yo + ldy;
    int y2 = yo + 2 * ldy;
    int y3 = yo + 3 * ldy;
    int x0 = xo;
    int x1 = xo + ldx;
    int x2 = xo + 2 * ldx;
    int x3 = xo + 3 * ldx;
    y[y0] = x[x0];
    y[y0 + 1] = x[x1];
    y[y0 + 2] = x[x2];
    y[y0 + 3] = x[x3];
    y[y1] = x[x0 + 1];
    y[y1 + 1] = x[x1 + 1];
    y[y1 + 2] = x[x2 + 1];
    y[y1 + 3] = x[x3 + 1];
    y[y2] = x[x0 + 2];
    y[y2 + 1] = x[x1 + 2];
    y[y2 + 2] = x[x2 + 2];
    y[y2 + 3] = x[x3 + 2];
    y[y3] = x[x0 + 3];
    y[y3 + 1] = x[x1 + 3];
    y[y3 + 2] = x[x2 + 3];
    y[y3 + 3] = x[x3 + 3];
  }
}
