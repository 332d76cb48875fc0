package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.quant.Interleaved.ROWS;
import static dev.lanewise.kernels.simd.SimdDotInterleaved.HALF;
import static dev.lanewise.kernels.simd.SimdDotInterleaved.SUMS;
import static dev.lanewise.kernels.simd.SimdDotInterleaved.WORD;
import static dev.lanewise.kernels.simd.SimdDotInterleaved.vector;
import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.I;
import static dev.lanewise.kernels.simd.Species.LANES;
import static dev.lanewise.kernels.simd.Species.S;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.S2I;

import dev.lanewise.kernels.quant.InterleavedFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/**
 * {@link SimdDotInterleaved} for numbers of five and six bits, which lie six or five in a word; the
 * upper two bits of all words pile up to the last ones of a block.
 *
 * <p>Number n of a word is q · 2ⁿᵇ as an integer for b bits, and x is multiplied by 2²⁵⁻ⁿᵇ
 * beforehand. The loop over the numbers of a word is kept from being unrolled by its counter:
 * unrolled, C2 brings what it computes forward until there are more vectors than registers, and it
 * took 1.2 to 1.4 times as long; of nibbles, whose loads of two halves are few enough, 0.9 to 0.95
 * times.
 */
final class SimdDotInterleavedPacked {
  private static final float GAIN = InterleavedInput.PACKED_GAIN;

  /** The numbers of a word. */
  private static final int[] FIVE_BITS = masks(5, 6);

  private static final int[] SIX_BITS = masks(6, 5);

  private SimdDotInterleavedPacked() {}

  private static int[] masks(int bits, int perWord) {
    int[] masks = new int[perWord];
    for (int n = 0; n < perWord; n++) {
      masks[n] = ((1 << bits) - 1) << (bits * n);
    }
    return masks;
  }

  /**
   * The products of four vectors to {@code lanes}.
   *
   * @param group where the first of the groups lies that are multiplied at once
   * @param streamBytes from each of them to the next
   * @param streams how many there are: where fewer than {@link SimdDotInterleaved#STREAMS}, the
   *     last is multiplied again
   * @param x prepared
   */
  static void products(
      MemorySegment w,
      InterleavedFormat format,
      long group,
      long streamBytes,
      int streams,
      int k,
      float[] x,
      float[] lanes) {
    long words0 = group;
    long words1 = group + vector(1, streamBytes, streams);
    long words2 = group + vector(2, streamBytes, streams);
    long words3 = group + vector(3, streamBytes, streams);
    int columns = format.columns();
    int words = format.words();
    boolean halves = format.halfScales();
    boolean minima = format.minima();
    float offset = -format.offset();
    long scalesAt = format.scalesAt();
    long minimaAt = scalesAt + format.scaleBytes();
    int end = streams * ROWS;
    int blockBytes = format.blockBytes();
    int[] masks = format.bits() == 5 ? FIVE_BITS : SIX_BITS;
    int perWord = masks.length;
    int left = format.left();
    int pileAt = Integer.SIZE - 2 * words;
    IntVector top = IntVector.broadcast(I, 0xC0000000);
    FloatVector gain = FloatVector.broadcast(F, 1 / GAIN);
    FloatVector zero = FloatVector.fromArray(F, Species.ZEROS, 0);
    for (int b = 0; b < k / columns; b++) {
      long block = (long) b * blockBytes;
      int xi = b * columns;
      FloatVector sum0 = zero;
      FloatVector sum1 = zero;
      FloatVector sum2 = zero;
      FloatVector sum3 = zero;
      IntVector pile0 = zero.reinterpretAsInts();
      IntVector pile1 = zero.reinterpretAsInts();
      IntVector pile2 = zero.reinterpretAsInts();
      IntVector pile3 = zero.reinterpretAsInts();
      for (int i = 0; i < words; i++) {
        long word = block + i * WORD;
        IntVector q0 = IntVector.fromMemorySegment(I, w, words0 + word, LITTLE_ENDIAN);
        IntVector q1 = IntVector.fromMemorySegment(I, w, words1 + word, LITTLE_ENDIAN);
        IntVector q2 = IntVector.fromMemorySegment(I, w, words2 + word, LITTLE_ENDIAN);
        IntVector q3 = IntVector.fromMemorySegment(I, w, words3 + word, LITTLE_ENDIAN);
        pile0 = pile0.lanewise(LSHR, 2).or(q0.and(top));
        pile1 = pile1.lanewise(LSHR, 2).or(q1.and(top));
        pile2 = pile2.lanewise(LSHR, 2).or(q2.and(top));
        pile3 = pile3.lanewise(LSHR, 2).or(q3.and(top));
        for (long n = 0; n < perWord; n++) {
          IntVector mask = IntVector.broadcast(I, masks[(int) n]);
          FloatVector xn = FloatVector.broadcast(F, x[xi + (int) n]);
          sum0 = ((FloatVector) q0.and(mask).convertShape(I2F, F, 0)).fma(xn, sum0);
          sum1 = ((FloatVector) q1.and(mask).convertShape(I2F, F, 0)).fma(xn, sum1);
          sum2 = ((FloatVector) q2.and(mask).convertShape(I2F, F, 0)).fma(xn, sum2);
          sum3 = ((FloatVector) q3.and(mask).convertShape(I2F, F, 0)).fma(xn, sum3);
        }
        xi += perWord;
      }
      pile0 = pile0.lanewise(LSHR, pileAt);
      pile1 = pile1.lanewise(LSHR, pileAt);
      pile2 = pile2.lanewise(LSHR, pileAt);
      pile3 = pile3.lanewise(LSHR, pileAt);
      for (long n = 0; n < left; n++) {
        IntVector mask = IntVector.broadcast(I, masks[(int) n]);
        FloatVector xn = FloatVector.broadcast(F, x[xi + (int) n]);
        sum0 = ((FloatVector) pile0.and(mask).convertShape(I2F, F, 0)).fma(xn, sum0);
        sum1 = ((FloatVector) pile1.and(mask).convertShape(I2F, F, 0)).fma(xn, sum1);
        sum2 = ((FloatVector) pile2.and(mask).convertShape(I2F, F, 0)).fma(xn, sum2);
        sum3 = ((FloatVector) pile3.and(mask).convertShape(I2F, F, 0)).fma(xn, sum3);
      }
      float sum = x[k + b];
      float offsets = minima ? 0f : offset * sum; // a sum may be infinite, and 0 times it no number
      if (halves) {
        sum0.intoArray(lanes, SUMS);
        sum1.intoArray(lanes, SUMS + LANES);
        sum2.intoArray(lanes, SUMS + 2 * LANES);
        sum3.intoArray(lanes, SUMS + 3 * LANES);
        for (int lane = 0; lane < end; lane += LANES) {
          long scales = words0 + block + lane / ROWS * streamBytes + lane % ROWS * HALF;
          FloatVector product =
              FloatVector.fromArray(F, lanes, SUMS + lane)
                  .fma(gain, FloatVector.broadcast(F, offsets));
          FloatVector acc =
              ((IntVector)
                      ShortVector.fromMemorySegment(S, w, scales + scalesAt, LITTLE_ENDIAN)
                          .convertShape(S2I, I, 0))
                  .lanewise(LSHL, 13)
                  .and(0x8FFFE000)
                  .reinterpretAsFloats()
                  .mul(0x1p112f)
                  .fma(product, FloatVector.fromArray(F, lanes, lane));
          if (minima) {
            acc =
                ((IntVector)
                        ShortVector.fromMemorySegment(S, w, scales + minimaAt, LITTLE_ENDIAN)
                            .convertShape(S2I, I, 0))
                    .lanewise(LSHL, 13)
                    .and(0x8FFFE000)
                    .reinterpretAsFloats()
                    .mul(0x1p112f)
                    .fma(FloatVector.broadcast(F, sum), acc);
          }
          acc.intoArray(lanes, lane);
        }
      } else {
        FloatVector acc0 =
            FloatVector.fromMemorySegment(F, w, words0 + block + scalesAt, LITTLE_ENDIAN)
                .fma(
                    sum0.fma(gain, FloatVector.broadcast(F, offsets)),
                    FloatVector.fromArray(F, lanes, 0));
        FloatVector acc1 =
            FloatVector.fromMemorySegment(F, w, words1 + block + scalesAt, LITTLE_ENDIAN)
                .fma(
                    sum1.fma(gain, FloatVector.broadcast(F, offsets)),
                    FloatVector.fromArray(F, lanes, LANES));
        FloatVector acc2 =
            FloatVector.fromMemorySegment(F, w, words2 + block + scalesAt, LITTLE_ENDIAN)
                .fma(
                    sum2.fma(gain, FloatVector.broadcast(F, offsets)),
                    FloatVector.fromArray(F, lanes, 2 * LANES));
        FloatVector acc3 =
            FloatVector.fromMemorySegment(F, w, words3 + block + scalesAt, LITTLE_ENDIAN)
                .fma(
                    sum3.fma(gain, FloatVector.broadcast(F, offsets)),
                    FloatVector.fromArray(F, lanes, 3 * LANES));
        if (minima) {
          FloatVector all = FloatVector.broadcast(F, sum);
          acc0 =
              FloatVector.fromMemorySegment(F, w, words0 + block + minimaAt, LITTLE_ENDIAN)
                  .fma(all, acc0);
          acc1 =
              FloatVector.fromMemorySegment(F, w, words1 + block + minimaAt, LITTLE_ENDIAN)
                  .fma(all, acc1);
          acc2 =
              FloatVector.fromMemorySegment(F, w, words2 + block + minimaAt, LITTLE_ENDIAN)
                  .fma(all, acc2);
          acc3 =
              FloatVector.fromMemorySegment(F, w, words3 + block + minimaAt, LITTLE_ENDIAN)
                  .fma(all, acc3);
        }
        acc0.intoArray(lanes, 0);
        acc1.intoArray(lanes, LANES);
        acc2.intoArray(lanes, 2 * LANES);
        acc3.intoArray(lanes, 3 * LANES);
      }
    }
    byte _ = w.get(ValueLayout.JAVA_BYTE, words0); // as Species.expectFaults does
  }
}
