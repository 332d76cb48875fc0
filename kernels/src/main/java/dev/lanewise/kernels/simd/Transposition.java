package dev.lanewise.kernels.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Transposes in tiles of {@link #SIZE} × {@link #SIZE}, which four vectors of 128 bits hold, on any
 * machine: first pairs of elements change places, then pairs of pairs (Eklundh 1972,
 * doi:10.1109/T-C.1972.223584). Wider vectors need more steps and shuffles across their halves, and
 * gain nothing.
 */
final class Transposition {
  /** Rows and columns of a tile. */
  static final int SIZE = 4;

  private static final VectorSpecies<Float> T = FloatVector.SPECIES_128;
  private static final VectorShuffle<Float> NEIGHBOURS = VectorShuffle.fromValues(T, 1, 0, 3, 2);
  private static final VectorShuffle<Float> HALVES = VectorShuffle.fromValues(T, 2, 3, 0, 1);
  private static final VectorMask<Float> ODD = VectorMask.fromLong(T, 0b1010);
  private static final VectorMask<Float> UPPER = VectorMask.fromLong(T, 0b1100);

  private Transposition() {}

  /**
   * Element (i, j) of x, at {@code xo + i * ldx + j}, goes to {@code yo + j * ldy + i}. Whole tiles
   * go by vectors, the rows and columns after them one by one.
   */
  static void run(float[] x, int xo, int ldx, int rows, int cols, float[] y, int yo, int ldy) {
    int tileRows = rows - rows % SIZE;
    int tileCols = cols - cols % SIZE;
    for (int j = 0; j < tileCols; j += SIZE) {
      for (int i = 0; i < tileRows; i += SIZE) {
        tile(x, xo + i * ldx + j, ldx, y, yo + j * ldy + i, ldy);
      }
    }
    for (int i = 0; i < rows; i++) {
      for (int j = i < tileRows ? tileCols : 0; j < cols; j++) {
        y[yo + j * ldy + i] = x[xo + i * ldx + j];
      }
    }
  }

  private static void tile(float[] x, int xo, int ldx, float[] y, int yo, int ldy) {
    FloatVector a = FloatVector.fromArray(T, x, xo);
    FloatVector b = FloatVector.fromArray(T, x, xo + ldx);
    FloatVector c = FloatVector.fromArray(T, x, xo + 2 * ldx);
    FloatVector d = FloatVector.fromArray(T, x, xo + 3 * ldx);
    FloatVector ab02 = a.blend(b.rearrange(NEIGHBOURS), ODD);
    FloatVector ab13 = a.rearrange(NEIGHBOURS).blend(b, ODD);
    FloatVector cd02 = c.blend(d.rearrange(NEIGHBOURS), ODD);
    FloatVector cd13 = c.rearrange(NEIGHBOURS).blend(d, ODD);
    ab02.blend(cd02.rearrange(HALVES), UPPER).intoArray(y, yo);
    ab13.blend(cd13.rearrange(HALVES), UPPER).intoArray(y, yo + ldy);
    ab02.rearrange(HALVES).blend(cd02, UPPER).intoArray(y, yo + 2 * ldy);
    ab13.rearrange(HALVES).blend(cd13, UPPER).intoArray(y, yo + 3 * ldy);
  }
}
