package dev.lanewise.kernels.quant;

/**
 * Steps of quantisation that formats share: the extremes of a block, from which its scale follows,
 * and the way from a number to its code. A NaN among the numbers is an extreme.
 */
final class Rounding {
  private Rounding() {}

  /** The number farthest from 0, with its sign; the first of several. */
  static float farthest(float[] x, int xo, int n) {
    float farthest = x[xo];
    for (int i = xo + 1; i < xo + n; i++) {
      if (Math.abs(x[i]) > Math.abs(farthest) || Float.isNaN(x[i])) {
        farthest = x[i];
      }
    }
    return farthest;
  }

  static float min(float[] x, int xo, int n) {
    float min = Float.POSITIVE_INFINITY;
    for (int i = xo; i < xo + n; i++) {
      min = Math.min(min, x[i]);
    }
    return min;
  }

  static float max(float[] x, int xo, int n) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = xo; i < xo + n; i++) {
      max = Math.max(max, x[i]);
    }
    return max;
  }

  /**
   * 1 / scale, or 0 for a scale of 0. It is infinite for scales below 2⁻¹²⁸, which are 0 in
   * float16: then it does not matter what the codes are.
   */
  static float inverse(float scale) {
    return scale == 0 ? 0 : 1 / scale;
  }

  /**
   * A number cut to a whole one from 0 to {@code max}; to be rounded, it comes with 0.5 added. A
   * NaN is 0.
   */
  static int code(float number, int max) {
    return Math.clamp((int) number, 0, max);
  }
}
