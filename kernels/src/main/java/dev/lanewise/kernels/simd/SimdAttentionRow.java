package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/** Attention of a single query: what generating a token needs. */
final class SimdAttentionRow {
  private SimdAttentionRow() {}

  /** n rounded up to whole vectors, so that no exponential needs a mask. */
  static int paddedLength(int n) {
    return Math.ceilDiv(n, LANES) * LANES;
  }

  /**
   * y = softmax(q · Kᵀ · scale) · V for one head.
   *
   * @param at where the query starts in q, and the output in y
   * @param kv where the head starts in a row of k and v
   * @param width width of a row of k and v
   * @param n keys to look at
   * @param scores scratch for {@link #paddedLength} scores
   * @param lanes scratch for a vector
   */
  static void run(
      float[] q,
      int at,
      float[] k,
      float[] v,
      int kv,
      int width,
      int n,
      int headDim,
      float scale,
      float[] scores,
      float[] lanes,
      float[] y) {
    for (int i = 0; i < n; i++) {
      scores[i] = dot(q, at, k, kv + i * width, headDim, lanes) * scale;
    }
    int padded = paddedLength(n);
    Arrays.fill(scores, n, padded, Float.NEGATIVE_INFINITY);
    float max = SimdSoftmax.max(scores, 0, padded);
    if (max == Float.NEGATIVE_INFINITY) {
      max = 0f; // all masked, and e^(−∞ − 0) is the 0 that is wanted
    }
    double sum = SimdSoftmax.exp(scores, 0, scores, 0, padded, max);
    weightedSum(scores, v, kv, width, n, headDim, sum == 0 ? 0f : (float) (1 / sum), y, at);
  }

  private static float dot(float[] q, int at, float[] k, int ko, int n, float[] lanes) {
    FloatVector acc = FloatVector.zero(F);
    int d = 0;
    for (; d <= n - LANES; d += LANES) {
      acc = FloatVector.fromArray(F, q, at + d).fma(FloatVector.fromArray(F, k, ko + d), acc);
    }
    acc.intoArray(lanes, 0);
    float sum = SimdDot.sum(lanes, 0);
    for (; d < n; d++) {
      sum = Math.fma(q[at + d], k[ko + d], sum);
    }
    return sum;
  }

  private static void weightedSum(
      float[] p, float[] v, int kv, int width, int n, int headDim, float scale, float[] y, int yo) {
    int d = 0;
    for (; d <= headDim - 2 * LANES; d += 2 * LANES) {
      FloatVector a = FloatVector.zero(F);
      FloatVector b = FloatVector.zero(F);
      for (int i = 0; i < n; i++) {
        FloatVector weight = FloatVector.broadcast(F, p[i]);
        a = weight.fma(FloatVector.fromArray(F, v, kv + i * width + d), a);
        b = weight.fma(FloatVector.fromArray(F, v, kv + i * width + d + LANES), b);
      }
      a.mul(scale).intoArray(y, yo + d);
      b.mul(scale).intoArray(y, yo + d + LANES);
    }
    for (; d < headDim; d++) {
      float sum = 0f;
      for (int i = 0; i < n; i++) {
        sum = Math.fma(p[i], v[kv + i * width + d], sum);
      }
      y[yo + d] = sum * scale;
    }
  }
}
