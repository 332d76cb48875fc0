package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;

/**
 * Quantisation of {@link Q4_K} and {@link Q5_K}: eight sub-blocks of 32 numbers, in each of which x
 * is about scale · q − min, where q is a whole number from 0 to a largest one. What is made small
 * is the sum of squared errors, in which every number counts the same; ggml, without an importance
 * matrix, counts the error of large ones more.
 *
 * <p>First each sub-block on its own. From its extremes follows one scale; a scale that is a little
 * smaller clips some numbers, one that is a little larger leaves some q unused, and either may suit
 * the others better. So several are tried. Each gives every number its q, and for these the best
 * scale and minimum are those of the straight line through the points (q, x): linear regression.
 *
 * <p>Then the scales and minima become six-bit numbers in units that the superblock shares. The
 * nearest two are not always the best pair, as an error of one can make good the other's: their
 * neighbours are tried as well. That saves up to a quarter of the error.
 */
final class AffineSuperblock {
  private static final int SUB_BLOCKS = 8;
  private static final int N = 32;

  /** Largest scale and minimum in units of the superblock. */
  private static final int MAX_UNITS = 63;

  /** Scales tried for a sub-block; three times as many make the error less by 0.1 %. */
  private static final int TRIALS = 7;

  /** The trials spread the numbers over the largest q more or less this. */
  private static final double MARGIN = 1;

  private final float[] x;
  private final int xo;
  private final int maxCode;
  private final double[] scales = new double[SUB_BLOCKS];
  private final double[] mins = new double[SUB_BLOCKS];
  private double leastError;

  private AffineSuperblock(float[] x, int xo, int maxCode) {
    this.x = x;
    this.xo = xo;
    this.maxCode = maxCode;
  }

  /**
   * Writes both units and the scales and minima, with which a superblock of either format begins.
   *
   * @param x holds the numbers from {@code xo} on
   * @param maxCode the largest q
   * @return the q of every number
   */
  static int[] quantise(float[] x, int xo, int maxCode, MemorySegment target, long block) {
    return new AffineSuperblock(x, xo, maxCode).quantise(target, block);
  }

  private int[] quantise(MemorySegment target, long block) {
    double largestScale = 0;
    double largestMin = 0;
    for (int sub = 0; sub < SUB_BLOCKS; sub++) {
      fit(sub);
      largestScale = Math.max(largestScale, scales[sub]);
      largestMin = Math.max(largestMin, mins[sub]);
    }
    LittleEndian.putHalf(target, block, (float) (largestScale / MAX_UNITS));
    LittleEndian.putHalf(target, block + 2, (float) (largestMin / MAX_UNITS));
    float d = LittleEndian.half(target, block);
    float dmin = LittleEndian.half(target, block + 2);
    int[] scaleUnits = new int[SUB_BLOCKS];
    int[] minUnits = new int[SUB_BLOCKS];
    int[] codes = new int[SUB_BLOCKS * N];
    for (int sub = 0; sub < SUB_BLOCKS; sub++) {
      roundToUnits(sub, d, dmin, scaleUnits, minUnits);
      double scale = d * scaleUnits[sub];
      double min = dmin * minUnits[sub];
      for (int i = sub * N; i < (sub + 1) * N; i++) {
        codes[i] = code(x[xo + i], scale, min);
      }
    }
    SubBlockScales.put(target, block + 4, scaleUnits, minUnits);
    return codes;
  }

  /** Finds the scale and minimum of a sub-block. */
  private void fit(int sub) {
    int from = xo + sub * N;
    double lowest = Math.min(0, Rounding.min(x, from, N)); // no minimum is negative
    double highest = Math.max(lowest, Rounding.max(x, from, N));
    scales[sub] = (highest - lowest) / maxCode;
    mins[sub] = -lowest;
    if (highest == lowest) {
      return;
    }
    leastError = Double.POSITIVE_INFINITY;
    for (int trial = 0; trial < TRIALS; trial++) {
      double codes = maxCode - MARGIN + 2 * MARGIN * trial / (TRIALS - 1);
      regress(sub, (highest - lowest) / codes, -lowest);
    }
    regress(sub, scales[sub], mins[sub]);
  }

  /** Keeps the best scale and minimum for the codes that a trial pair gives, if they are better. */
  private void regress(int sub, double trialScale, double trialMin) {
    double sumX = 0;
    double sumXx = 0;
    double sumQ = 0;
    double sumQq = 0;
    double sumXq = 0;
    for (int i = xo + sub * N; i < xo + (sub + 1) * N; i++) {
      double q = code(x[i], trialScale, trialMin);
      sumX += x[i];
      sumXx += (double) x[i] * x[i];
      sumQ += q;
      sumQq += q * q;
      sumXq += x[i] * q;
    }
    double variance = N * sumQq - sumQ * sumQ;
    if (variance == 0) {
      return;
    }
    double scale = (N * sumXq - sumX * sumQ) / variance;
    double min = (scale * sumQ - sumX) / N;
    if (min < 0) {
      min = 0;
      scale = sumXq / sumQq;
    }
    // Σ (scale · q − min − x)²
    double error =
        scale * (scale * sumQq - 2 * sumXq - 2 * min * sumQ) + min * (N * min + 2 * sumX) + sumXx;
    if (error < leastError) {
      leastError = error;
      scales[sub] = scale;
      mins[sub] = min;
    }
  }

  /** Finds the best pair among those next to the scale and minimum of a sub-block. */
  private void roundToUnits(int sub, float d, float dmin, int[] scaleUnits, int[] minUnits) {
    int nearestScale = nearest(scales[sub], d);
    int nearestMin = nearest(mins[sub], dmin);
    double least = Double.POSITIVE_INFINITY;
    for (int s = Math.max(0, nearestScale - 1); s <= Math.min(MAX_UNITS, nearestScale + 1); s++) {
      for (int m = Math.max(0, nearestMin - 1); m <= Math.min(MAX_UNITS, nearestMin + 1); m++) {
        double error = error(sub, d * s, dmin * m);
        if (error < least) {
          least = error;
          scaleUnits[sub] = s;
          minUnits[sub] = m;
        }
      }
    }
  }

  private static int nearest(double number, float unit) {
    return unit == 0 ? 0 : Math.clamp(Math.round(number / unit), 0, MAX_UNITS);
  }

  private double error(int sub, double scale, double min) {
    double sum = 0;
    for (int i = xo + sub * N; i < xo + (sub + 1) * N; i++) {
      double difference = scale * code(x[i], scale, min) - min - x[i];
      sum += difference * difference;
    }
    return sum;
  }

  private int code(float number, double scale, double min) {
    return scale == 0 ? 0 : Math.clamp((int) ((number + min) / scale + 0.5), 0, maxCode);
  }
}
