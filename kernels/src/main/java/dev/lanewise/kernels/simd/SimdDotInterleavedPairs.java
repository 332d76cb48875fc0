package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.I;
import static dev.lanewise.kernels.simd.Species.LANES;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.quant.Interleaved;
import dev.lanewise.kernels.quant.InterleavedFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * {@link SimdDot} for {@link Interleaved} rows of 16-bit floats: a row in every lane, of which a
 * word holds two columns.
 *
 * <p>bfloat16: a shift and a mask. float16: the 15 bits below the sign, moved to the place of a
 * float's, are the number times 2⁻¹¹², also a subnormal one; x is multiplied by a power of two
 * beforehand, and the sums by what it lacks of 2¹¹². The layout keeps out what is not finite. Five
 * instructions for 16 weights, three for bfloat16, the load of x included, where a load of weights
 * serves two.
 */
final class SimdDotInterleavedPairs {
  private static final long WORD = InterleavedFormat.WORD;

  /** The exponent of the gain of float16. */
  private static final int GAIN = 112;

  /** x as float16 wants it. */
  private float[] scaled = {};

  /** What sums lack. */
  private float missing;

  /**
   * Takes k columns of x for rows of float16. As much of the gain is left out as would make
   * infinities of large numbers.
   */
  void prepare(float[] x, int xo, int k) {
    if (scaled.length < k) {
      scaled = new float[k];
    }
    float largest = SimdArgmax.maxMagnitude(x, xo, k);
    int exponent = Math.min(GAIN, Float.MAX_EXPONENT - 1 - Math.getExponent(largest));
    float gain = Math.scalb(1f, exponent);
    missing = Math.scalb(1f, GAIN - exponent);
    for (int i = 0; i < k; i++) {
      scaled[i] = x[xo + i] * gain;
    }
  }

  /**
   * y[yo + r] = row r of w · x, for r in {@code [from, to)}, {@code from} the first of a group.
   *
   * @param x of bfloat16; for float16 it is the prepared one
   * @param lanes scratch for the sums of a group
   */
  void rows(Matrix w, int from, int to, float[] x, int xo, float[] lanes, float[] y, int yo) {
    for (int r = from; r < to; r += Interleaved.ROWS) {
      long group = r / Interleaved.ROWS * w.rowBytes();
      for (int lane = 0; lane < Interleaved.ROWS; lane += LANES) {
        if (w.dtype() == DType.F16) {
          halves(w.data(), group, lane, w.cols(), scaled, missing, lanes);
        } else {
          brains(w.data(), group, lane, w.cols(), x, xo, lanes);
        }
      }
      System.arraycopy(lanes, 0, y, yo + r, Math.min(Interleaved.ROWS, to - r));
    }
  }

  private static void halves(
      MemorySegment w, long group, int lane, int k, float[] x, float missing, float[] lanes) {
    FloatVector a = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector b = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector d = FloatVector.fromArray(F, Species.ZEROS, 0);
    long first = group + 4L * lane;
    for (long i = 0; i < k; i += Interleaved.COLUMNS) { // an int would have it unrolled further
      long at = first + WORD / 2 * i;
      int xi = (int) i;
      IntVector v = IntVector.fromMemorySegment(I, w, at, LITTLE_ENDIAN);
      a =
          v.lanewise(LSHL, 16)
              .lanewise(ASHR, 3)
              .and(0x8FFFFFFF)
              .reinterpretAsFloats()
              .fma(FloatVector.broadcast(F, x[xi]), a);
      b =
          v.lanewise(ASHR, 3)
              .and(0x8FFFE000)
              .reinterpretAsFloats()
              .fma(FloatVector.broadcast(F, x[xi + 1]), b);
      v = IntVector.fromMemorySegment(I, w, at + WORD, LITTLE_ENDIAN);
      c =
          v.lanewise(LSHL, 16)
              .lanewise(ASHR, 3)
              .and(0x8FFFFFFF)
              .reinterpretAsFloats()
              .fma(FloatVector.broadcast(F, x[xi + 2]), c);
      d =
          v.lanewise(ASHR, 3)
              .and(0x8FFFE000)
              .reinterpretAsFloats()
              .fma(FloatVector.broadcast(F, x[xi + 3]), d);
    }
    byte _ = w.get(ValueLayout.JAVA_BYTE, group); // as Species.expectFaults does
    a.add(b).add(c.add(d)).mul(missing).intoArray(lanes, lane);
  }

  private static void brains(
      MemorySegment w, long group, int lane, int k, float[] x, int xo, float[] lanes) {
    FloatVector a = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector b = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector d = FloatVector.fromArray(F, Species.ZEROS, 0);
    long first = group + 4L * lane;
    for (long i = 0; i < k; i += Interleaved.COLUMNS) {
      long at = first + WORD / 2 * i;
      int xi = xo + (int) i;
      IntVector v = IntVector.fromMemorySegment(I, w, at, LITTLE_ENDIAN);
      a = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(FloatVector.broadcast(F, x[xi]), a);
      b = v.and(0xFFFF0000).reinterpretAsFloats().fma(FloatVector.broadcast(F, x[xi + 1]), b);
      v = IntVector.fromMemorySegment(I, w, at + WORD, LITTLE_ENDIAN);
      c = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(FloatVector.broadcast(F, x[xi + 2]), c);
      d = v.and(0xFFFF0000).reinterpretAsFloats().fma(FloatVector.broadcast(F, x[xi + 3]), d);
    }
    byte _ = w.get(ValueLayout.JAVA_BYTE, group); // as Species.expectFaults does
    a.add(b).add(c.add(d)).intoArray(lanes, lane);
  }
}
