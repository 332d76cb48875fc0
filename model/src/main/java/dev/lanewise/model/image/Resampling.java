package dev.lanewise.model.image;

import java.util.function.DoubleUnaryOperator;

/**
 * How the pixels of an image of another size come of those of the first: a weight for each by its
 * distance. In the order of the numbers by which {@code preprocessor_config.json} names them.
 *
 * <p>When an image shrinks, the kernel is stretched by as much, so that every pixel counts
 * (Turkowski 1990, Filters for Common Resampling Tasks).
 */
public enum Resampling {
  /** The pixel in whose place the new one is. */
  NEAREST(0, _ -> 1),

  /** sinc(x) · sinc(x / 3), |x| &lt; 3 (Duchon 1979). */
  LANCZOS(3, x -> sinc(x) * sinc(x / 3)),

  /** 1 − |x|. */
  BILINEAR(1, x -> 1 - x),

  /** Keys 1981, with a = −1/2. */
  BICUBIC(2, Resampling::cubic),

  /** The mean of what lies within. */
  BOX(0.5, _ -> 1),

  /** sinc(x) in Hamming's window. */
  HAMMING(1, x -> sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x)));

  private final double support;
  private final DoubleUnaryOperator kernel; // of |x| < support

  Resampling(double support, DoubleUnaryOperator kernel) {
    this.support = support;
    this.kernel = kernel;
  }

  /** The weight is 0 beyond this distance. */
  double support() {
    return support;
  }

  /** The weight of what lies at a distance. */
  double weight(double x) {
    if (this == BOX) {
      return x > -support && x <= support ? 1 : 0; // of two at the border one counts
    }
    double distance = Math.abs(x);
    return distance < support ? kernel.applyAsDouble(distance) : 0;
  }

  private static double sinc(double x) {
    if (x == 0) {
      return 1;
    }
    double angle = Math.PI * x;
    return Math.sin(angle) / angle;
  }

  private static double cubic(double x) {
    double a = -0.5;
    return x < 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : (((x - 5) * x + 8) * x - 4) * a;
  }
}
