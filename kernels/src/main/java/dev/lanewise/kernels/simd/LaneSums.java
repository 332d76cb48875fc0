package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/** Sums of the lanes of vectors that lie in memory, added at distances LANES/2 … 1. */
final class LaneSums {
  // The upper of every two groups of so many lanes, and the exchange of the two.
  private static final VectorMask<Float> UPPER_8 = upper(8);
  private static final VectorMask<Float> UPPER_4 = upper(4);
  private static final VectorMask<Float> UPPER_2 = upper(2);
  private static final VectorMask<Float> UPPER_1 = upper(1);
  private static final VectorShuffle<Float> SWAP_8 = swap(8);
  private static final VectorShuffle<Float> SWAP_4 = swap(4);
  private static final VectorShuffle<Float> SWAP_2 = swap(2);
  private static final VectorShuffle<Float> SWAP_1 = swap(1);

  private LaneSums() {}

  private static VectorMask<Float> upper(int distance) {
    boolean[] lanes = new boolean[LANES];
    for (int i = 0; i < LANES; i++) {
      lanes[i] = (i & distance) != 0;
    }
    return VectorMask.fromArray(F, lanes, 0);
  }

  private static VectorShuffle<Float> swap(int distance) {
    return VectorShuffle.fromOp(F, i -> (i ^ distance) % LANES);
  }

  /** The sum of LANES numbers. */
  static float of(float[] v, int at) {
    return switch (LANES) {
      case 4 -> four(v, at, 1);
      case 8 -> four(v, at, 2) + four(v, at + 1, 2);
      default -> (four(v, at, 4) + four(v, at + 2, 4)) + (four(v, at + 1, 4) + four(v, at + 3, 4));
    };
  }

  private static float four(float[] v, int at, int stride) {
    return (v[at] + v[at + 2 * stride]) + (v[at + stride] + v[at + 3 * stride]);
  }

  /**
   * y[yo + i] = the sum of vector i, for n vectors that are lost: LANES of them at a time become
   * one vector of sums. Each is the sum that it would be alone.
   */
  static void of(float[] v, int at, int n, float[] y, int yo) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      int first = at + i * LANES;
      if (LANES >= 16) {
        fold(v, first, 8, UPPER_8, SWAP_8);
      }
      if (LANES >= 8) {
        fold(v, first, 4, UPPER_4, SWAP_4);
      }
      fold(v, first, 2, UPPER_2, SWAP_2);
      fold(v, first, 1, UPPER_1, SWAP_1);
      FloatVector.fromArray(F, v, first).intoArray(y, yo + i);
    }
    for (; i < n; i++) {
      y[yo + i] = of(v, at + i * LANES);
    }
  }

  /**
   * Makes {@code distance} vectors of twice as many: of a vector and the one that far behind it,
   * the sums at that distance in lower and in upper lanes.
   */
  private static void fold(
      float[] v, int at, int distance, VectorMask<Float> upper, VectorShuffle<Float> swap) {
    for (int i = at; i < at + distance * LANES; i += LANES) {
      FloatVector a = FloatVector.fromArray(F, v, i);
      FloatVector b = FloatVector.fromArray(F, v, i + distance * LANES);
      a.blend(b, upper).add(b.blend(a, upper).rearrange(swap)).intoArray(v, i);
    }
  }
}
