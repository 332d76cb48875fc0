package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.quant.InterleavedFormat;
import jdk.incubator.vector.FloatVector;

/**
 * x as {@link SimdDotInterleaved} wants it for numbers of four to six bits: each times the power of
 * two that its column's weights, masked where they stand in their word, lack of a common gain.
 */
enum InterleavedInput {
  NIBBLES_16(nibbles(16)),
  NIBBLES_32(nibbles(32)),
  FIVE_BITS(packed(DType.Q5_0)),
  SIX_BITS(packed(DType.Q6_K));

  /** By how much products of nibbles are too large: no bit is lost, for factors only enlarge x. */
  static final float GAIN = 0x1p24f;

  /** The same of packed numbers: the uppermost of five bits begin there. */
  static final float PACKED_GAIN = 0x1p25f;

  /** Columns that a sum of x covers, at least. */
  private static final int FEWEST_COLUMNS = 16;

  /** The factor of each column of a block. */
  private final float[] factors;

  InterleavedInput(float[] factors) {
    this.factors = factors;
  }

  private static float[] nibbles(int columns) {
    float[] factors = new float[columns];
    for (int c = 0; c < columns; c++) {
      int nibble = 2 * (c % 2) + c / (columns / 2);
      factors[c] = Math.scalb(GAIN, -4 * nibble);
    }
    return factors;
  }

  private static float[] packed(DType dtype) {
    InterleavedFormat format = InterleavedFormat.of(dtype);
    int inWords = format.words() * format.perWord();
    float[] factors = new float[format.columns()];
    for (int c = 0; c < factors.length; c++) {
      int number = c < inWords ? c % format.perWord() : c - inWords;
      factors[c] = Math.scalb(PACKED_GAIN, -format.bits() * number);
    }
    return factors;
  }

  /** What rows of a format want, or null for those of bytes, which take x as it is. */
  static InterleavedInput of(InterleavedFormat format) {
    return switch (format.bits()) {
      case 4 -> format.columns() == 16 ? NIBBLES_16 : NIBBLES_32;
      case 5 -> FIVE_BITS;
      case 6 -> SIX_BITS;
      default -> null;
    };
  }

  /** Floats that {@link #prepare} writes for k columns. */
  static int length(int k) {
    return k + k / FEWEST_COLUMNS;
  }

  /**
   * Writes what all rows share: x with the factor of each number, [k], and the sums of x over the
   * columns of every block, [k / columns].
   */
  void prepare(float[] x, int xo, int k, float[] prepared) {
    int columns = factors.length;
    for (int b = 0; b < k; b += columns) {
      for (int i = 0; i < columns; i += LANES) {
        FloatVector.fromArray(F, x, xo + b + i)
            .mul(FloatVector.fromArray(F, factors, i))
            .intoArray(prepared, b + i);
      }
      float sum = 0f;
      for (int i = 0; i < columns; i += 4) {
        int at = xo + b + i;
        sum += (x[at] + x[at + 1]) + (x[at + 2] + x[at + 3]);
      }
      prepared[k + b / columns] = sum;
    }
  }
}
