package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import dev.lanewise.kernels.reference.ReferenceKernels;
import jdk.incubator.vector.FloatVector;

/** Normalisation of rows. */
final class SimdNorm {
  /** Below, a mean of squares may have lost bits to denormal ones. */
  private static final double TINY = 1e-30;

  /** Of longer rows, which no model has, float sums lose too much: the plain loops do them. */
  private static final int LONG = 16 * 1024;

  /** How far off the first mean may be: a sixteenth of a standard deviation, squared. */
  private static final double MAX_SHIFT = 1.0 / 256;

  private SimdNorm() {}

  /**
   * One row.
   *
   * @param lanes scratch for a vector
   */
  static void rmsNorm(
      float[] x, int at, float[] weight, float epsilon, float[] y, int n, float[] lanes) {
    squares(x, at, n, lanes);
    double sum = LaneSums.of(lanes, 0);
    for (int i = n / LANES * LANES; i < n; i++) {
      sum += x[at + i] * x[at + i];
    }
    double square = sum / n + epsilon;
    boolean inRange = sum < Float.MAX_VALUE && square >= TINY;
    if (n > LONG || !inRange) {
      ReferenceKernels.rmsNormRow(x, at, weight, epsilon, y, n);
      return;
    }
    float scale = (float) (1 / Math.sqrt(square));
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      FloatVector.fromArray(F, x, at + i)
          .mul(scale)
          .mul(FloatVector.fromArray(F, weight, i))
          .intoArray(y, at + i);
    }
    for (; i < n; i++) {
      y[at + i] = x[at + i] * scale * weight[i];
    }
  }

  /**
   * Writes Σ x² of each lane over whole vectors, in four partial sums: an addition takes as long as
   * four of them can start. One loop to a method, and its result to memory: what two loops share,
   * or a method this large returns, HotSpot made an object.
   */
  private static void squares(float[] x, int at, int n, float[] lanes) {
    FloatVector a = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector b = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector d = FloatVector.fromArray(F, Species.ZEROS, 0);
    for (int i = 0; i <= n - 4 * LANES; i += 4 * LANES) {
      FloatVector v = FloatVector.fromArray(F, x, at + i);
      a = v.fma(v, a);
      v = FloatVector.fromArray(F, x, at + i + LANES);
      b = v.fma(v, b);
      v = FloatVector.fromArray(F, x, at + i + 2 * LANES);
      c = v.fma(v, c);
      v = FloatVector.fromArray(F, x, at + i + 3 * LANES);
      d = v.fma(v, d);
    }
    a.add(b).add(c.add(d)).intoArray(lanes, 0);
    lastSquares(x, at, n, lanes);
  }

  /** Adds the vectors that {@link #squares} leaves over. */
  private static void lastSquares(float[] x, int at, int n, float[] lanes) {
    FloatVector sum = FloatVector.fromArray(F, lanes, 0);
    for (int i = n / (4 * LANES) * (4 * LANES); i <= n - LANES; i += LANES) {
      FloatVector v = FloatVector.fromArray(F, x, at + i);
      sum = v.fma(v, sum);
    }
    sum.intoArray(lanes, 0);
  }

  /**
   * The corrected two-pass algorithm (Chan, Golub and LeVeque 1983): deviations from a first
   * estimate of the mean, whose own sum says how far off it was. Where that is a good part of a
   * standard deviation, as where numbers hardly differ, the plain loops sum in double.
   *
   * @param bias null for none
   * @param lanes scratch for two vectors
   */
  static void layerNorm(
      float[] x,
      int at,
      float[] weight,
      float[] bias,
      float epsilon,
      float[] y,
      int n,
      float[] lanes) {
    sums(x, at, n, lanes);
    float sum = LaneSums.of(lanes, 0);
    for (int i = n / LANES * LANES; i < n; i++) {
      sum += x[at + i];
    }
    float mean = sum / n;
    deviations(x, at, n, mean, lanes);
    double squares = LaneSums.of(lanes, LANES);
    double shift = LaneSums.of(lanes, 0);
    for (int i = n / LANES * LANES; i < n; i++) {
      float deviation = x[at + i] - mean;
      shift += deviation;
      squares += deviation * deviation;
    }
    shift /= n;
    double variance = squares / n - shift * shift + epsilon;
    boolean inRange = squares < Float.MAX_VALUE && variance >= TINY;
    if (n > LONG || !inRange || shift * shift > MAX_SHIFT * squares / n) {
      ReferenceKernels.layerNormRow(x, at, weight, bias, epsilon, y, n);
      return;
    }
    double scale = 1 / Math.sqrt(variance);
    if (bias == null) {
      scale(x, at, mean, (float) scale, (float) (-shift * scale), weight, y, n);
    } else {
      scale(x, at, mean, (float) scale, (float) (-shift * scale), weight, bias, y, n);
    }
  }

  /** Writes Σ x of each lane over whole vectors. */
  private static void sums(float[] x, int at, int n, float[] lanes) {
    FloatVector a = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector b = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector d = FloatVector.fromArray(F, Species.ZEROS, 0);
    for (int i = 0; i <= n - 4 * LANES; i += 4 * LANES) {
      a = a.add(FloatVector.fromArray(F, x, at + i));
      b = b.add(FloatVector.fromArray(F, x, at + i + LANES));
      c = c.add(FloatVector.fromArray(F, x, at + i + 2 * LANES));
      d = d.add(FloatVector.fromArray(F, x, at + i + 3 * LANES));
    }
    a.add(b).add(c.add(d)).intoArray(lanes, 0);
    lastSums(x, at, n, lanes);
  }

  /** Adds the vectors that {@link #sums} leaves over. */
  private static void lastSums(float[] x, int at, int n, float[] lanes) {
    FloatVector sum = FloatVector.fromArray(F, lanes, 0);
    for (int i = n / (4 * LANES) * (4 * LANES); i <= n - LANES; i += LANES) {
      sum = sum.add(FloatVector.fromArray(F, x, at + i));
    }
    sum.intoArray(lanes, 0);
  }

  /** Writes Σ (x − mean) of each lane and, behind them, Σ (x − mean)², over whole vectors. */
  private static void deviations(float[] x, int at, int n, float mean, float[] lanes) {
    FloatVector first = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector second = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector firstSquares = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector secondSquares = FloatVector.fromArray(F, Species.ZEROS, 0);
    int i = 0;
    for (; i <= n - 2 * LANES; i += 2 * LANES) {
      FloatVector v = FloatVector.fromArray(F, x, at + i).sub(mean);
      FloatVector w = FloatVector.fromArray(F, x, at + i + LANES).sub(mean);
      first = first.add(v);
      firstSquares = v.fma(v, firstSquares);
      second = second.add(w);
      secondSquares = w.fma(w, secondSquares);
    }
    if (i <= n - LANES) {
      FloatVector v = FloatVector.fromArray(F, x, at + i).sub(mean);
      first = first.add(v);
      firstSquares = v.fma(v, firstSquares);
    }
    first.add(second).intoArray(lanes, 0);
    firstSquares.add(secondSquares).intoArray(lanes, LANES);
  }

  /** y = ((x − mean) · scale + offset) · weight. */
  private static void scale(
      float[] x, int at, float mean, float scale, float offset, float[] weight, float[] y, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      FloatVector.fromArray(F, x, at + i)
          .sub(mean)
          .fma(scale, offset)
          .mul(FloatVector.fromArray(F, weight, i))
          .intoArray(y, at + i);
    }
    for (; i < n; i++) {
      y[at + i] = Math.fma(x[at + i] - mean, scale, offset) * weight[i];
    }
  }

  /** y = ((x − mean) · scale + offset) · weight + bias. */
  private static void scale(
      float[] x,
      int at,
      float mean,
      float scale,
      float offset,
      float[] weight,
      float[] bias,
      float[] y,
      int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      FloatVector.fromArray(F, x, at + i)
          .sub(mean)
          .fma(scale, offset)
          .fma(FloatVector.fromArray(F, weight, i), FloatVector.fromArray(F, bias, i))
          .intoArray(y, at + i);
    }
    for (; i < n; i++) {
      y[at + i] = Math.fma(Math.fma(x[at + i] - mean, scale, offset), weight[i], bias[i]);
    }
  }
}
