package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.GemmMicroKernel.NR;
import static dev.lanewise.kernels.simd.GemmMicroKernel.ZEROS;
import static dev.lanewise.kernels.simd.SimdMath.LOG2_E;
import static dev.lanewise.kernels.simd.SimdMath.ROUNDING;
import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * What happens to the scores of one panel of queries between the two products of attention. Scores
 * lie in rows of {@link GemmMicroKernel#NR} lanes, a row for each key and a lane for each query,
 * and are in units of ln 2, which saves the exponentials a multiplication: {@code at} is where the
 * first row begins, {@code n} the number of rows.
 */
final class AttentionScores {
  /**
   * An old maximum serves until a score exceeds it by more than this: weights of up to 2⁸ harm no
   * sum, and outputs need not be scaled down each time that a maximum creeps up.
   */
  private static final float HEADROOM = 8f;

  /** Times log₂ e, this is still a float. */
  static final float LOWEST_BIAS = -Float.MAX_VALUE / 1.5f;

  private static final float MINUS_INFINITY = Float.NEGATIVE_INFINITY;

  private AttentionScores() {}

  /** s = cap · tanh(s / cap), for scores that are still in units of 1. */
  static void cap(float[] scores, int at, int n, float cap) {
    float inverse = 1 / cap;
    float factor = cap * LOG2_E;
    for (int i = at; i < at + n * NR; i += LANES) {
      FloatVector score = FloatVector.fromArray(F, scores, i).mul(inverse);
      SimdMath.tanh(score).mul(factor).intoArray(scores, i);
    }
  }

  /**
   * s = s + bias; a bias of −∞ hides whatever the score is. One near the lowest float, as masks are
   * written where they have to be finite, stays finite, so that a row of them weighs all keys
   * alike.
   */
  static void addBias(float[] scores, int at, int n, float[] bias) {
    for (int i = 0; i < n * NR; i += LANES) {
      FloatVector b = FloatVector.fromArray(F, bias, i);
      b.blend(LOWEST_BIAS, b.lt(LOWEST_BIAS))
          .fma(FloatVector.broadcast(F, LOG2_E), FloatVector.fromArray(F, scores, at + i))
          .blend(MINUS_INFINITY, b.eq(MINUS_INFINITY))
          .intoArray(scores, at + i);
    }
  }

  /** The first of the biases {@code [begin, end)} of a query that hides nothing, or end. */
  static int firstSeen(float[] bias, int begin, int end) {
    int i = begin;
    while (i <= end - LANES && FloatVector.fromArray(F, bias, i).eq(MINUS_INFINITY).allTrue()) {
      i += LANES;
    }
    while (i < end && bias[i] == MINUS_INFINITY) {
      i++;
    }
    return i;
  }

  /** One more than the last of the biases that {@link #firstSeen} could find, or begin. */
  static int endSeen(float[] bias, int begin, int end) {
    int i = end;
    while (i >= begin + LANES
        && FloatVector.fromArray(F, bias, i - LANES).eq(MINUS_INFINITY).allTrue()) {
      i -= LANES;
    }
    while (i > begin && bias[i - 1] == MINUS_INFINITY) {
      i--;
    }
    return i;
  }

  /**
   * Hides keys before the first one that a lane sees.
   *
   * @param firstKeys of each lane, from {@code lane} on
   * @param key number of the first row's key, counted as those are
   */
  static void hideBefore(float[] scores, int at, int n, float[] firstKeys, int lane, int key) {
    for (int j = 0; j < NR; j += LANES) {
      FloatVector first = FloatVector.fromArray(F, firstKeys, lane + j);
      for (int i = 0; i < n; i++) {
        FloatVector.fromArray(F, scores, at + i * NR + j)
            .blend(MINUS_INFINITY, FloatVector.broadcast(F, key + i).lt(first))
            .intoArray(scores, at + i * NR + j);
      }
    }
  }

  /** As {@link #hideBefore}, with one more than the last key that a lane sees. */
  static void hideFrom(float[] scores, int at, int n, float[] endKeys, int lane, int key) {
    for (int j = 0; j < NR; j += LANES) {
      FloatVector end = FloatVector.fromArray(F, endKeys, lane + j);
      for (int i = 0; i < n; i++) {
        FloatVector.fromArray(F, scores, at + i * NR + j)
            .blend(MINUS_INFINITY, end.lt(key + i + 1))
            .intoArray(scores, at + i * NR + j);
      }
    }
  }

  /**
   * The largest score of each lane. Four comparisons are under way at once, to hide how long each
   * takes.
   */
  static void maxima(float[] scores, int at, int n, float[] tops) {
    FloatVector a = FloatVector.fromArray(F, scores, at);
    FloatVector b = FloatVector.fromArray(F, scores, at + LANES);
    FloatVector c = a;
    FloatVector d = b;
    for (int i = 0; i < n; i += 2) {
      int row = at + i * NR;
      FloatVector score = FloatVector.fromArray(F, scores, row);
      a = a.blend(score, a.lt(score));
      score = FloatVector.fromArray(F, scores, row + LANES);
      b = b.blend(score, b.lt(score));
      int next = at + Math.min(i + 1, n - 1) * NR;
      score = FloatVector.fromArray(F, scores, next);
      c = c.blend(score, c.lt(score));
      score = FloatVector.fromArray(F, scores, next + LANES);
      d = d.blend(score, d.lt(score));
    }
    a.blend(c, a.lt(c)).intoArray(tops, 0);
    b.blend(d, b.lt(d)).intoArray(tops, LANES);
  }

  /**
   * Brings the running maxima up to date.
   *
   * @param tops receives what to subtract from the scores
   * @param factors receives the logarithms by which earlier sums and outputs shrink
   * @return whether any of these is not 0
   */
  static boolean raise(float[] max, int lane, float[] tops, float[] factors) {
    boolean raised = false;
    for (int j = 0; j < NR; j += LANES) {
      FloatVector old = FloatVector.fromArray(F, max, lane + j);
      FloatVector top = FloatVector.fromArray(F, tops, j);
      top = old.blend(top, old.add(HEADROOM).lt(top));
      top.intoArray(max, lane + j);
      raised |= top.compare(VectorOperators.NE, old).anyTrue();
      // While all scores are −∞ any other maximum serves: 2^−∞ is the 0 that is wanted.
      top = top.blend(0f, top.eq(MINUS_INFINITY));
      top.intoArray(tops, j);
      old.sub(top).intoArray(factors, j);
    }
    return raised;
  }

  /**
   * Scores become weights 2^(score − top), at most 2 ulp off: 2ⁿ · 2ᶠ with n the integer next to
   * the difference and a minimax polynomial for 2ᶠ, which is 1 at 0. From n = −127 on the weight is
   * 0, which no sum can tell. NaN gives NaN, −∞ gives 0. Written out, as HotSpot inlines this
   * method and then, often, no more.
   */
  static void exponentials(float[] scores, int at, int n, float[] tops) {
    for (int j = 0; j < NR; j += LANES) {
      FloatVector top = FloatVector.fromArray(F, tops, j);
      for (int i = at + j; i < at + n * NR; i += NR) {
        FloatVector x = FloatVector.fromArray(F, scores, i).sub(top);
        FloatVector bounded = x.blend(-127f, x.lt(-127f));
        FloatVector shifted = bounded.add(ROUNDING);
        FloatVector f = bounded.sub(shifted.sub(ROUNDING));
        FloatVector p = f.fma(1.32647273e-3f, 9.67151299e-3f);
        p = p.fma(f, FloatVector.broadcast(F, 5.55073358e-2f));
        p = p.fma(f, FloatVector.broadcast(F, 0.240222424f));
        p = p.fma(f, FloatVector.broadcast(F, 0.693147004f));
        p = p.fma(f, FloatVector.broadcast(F, 1f));
        IntVector power = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
        p.mul(power.reinterpretAsFloats()).intoArray(scores, i);
      }
    }
  }

  /**
   * Adds n rows of weights to the sums. Those of one step are added up by themselves first, which
   * keeps long sums exact; in a loop of their own, because in the one of the exponentials the
   * compiler keeps the sums as objects.
   */
  static void addUp(float[] weights, int at, int n, float[] sum, int lane) {
    FloatVector a = FloatVector.fromArray(F, ZEROS, 0);
    FloatVector b = a;
    for (int i = at; i < at + n * NR; i += NR) {
      a = a.add(FloatVector.fromArray(F, weights, i));
      b = b.add(FloatVector.fromArray(F, weights, i + LANES));
    }
    FloatVector.fromArray(F, sum, lane).add(a).intoArray(sum, lane);
    FloatVector.fromArray(F, sum, lane + LANES).add(b).intoArray(sum, lane + LANES);
  }

  /** Multiplies n rows of a panel by factors for the lanes. */
  static void multiply(float[] panel, int at, int n, float[] factors) {
    for (int j = 0; j < NR; j += LANES) {
      FloatVector factor = FloatVector.fromArray(F, factors, j);
      for (int i = at + j; i < at + n * NR; i += NR) {
        FloatVector.fromArray(F, panel, i).mul(factor).intoArray(panel, i);
      }
    }
  }

  /** 1 / sum for each lane of a panel; 1 where nothing was seen. */
  static void inverse(float[] sum, int lane, float[] factors) {
    for (int j = 0; j < NR; j++) {
      float total = sum[lane + j];
      factors[j] = total == 0 ? 1 : 1 / total;
    }
  }
}
