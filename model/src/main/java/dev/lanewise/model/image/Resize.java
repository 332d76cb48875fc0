package dev.lanewise.model.image;

import java.util.Arrays;

/**
 * Images of another size, in the arithmetic of PIL, whose pixels models were trained on: weights in
 * fixed point, along rows and along columns in turn, rounded to 8 bits in between.
 */
final class Resize {
  /** Bits behind the point: a weight below 2, times 255, with its sign, stays within an int. */
  private static final int PRECISION = 32 - 8 - 2;

  private static final int HALF = 1 << (PRECISION - 1);

  private Resize() {}

  /**
   * What each new sample is made of.
   *
   * @param first the first old sample, for each new one
   * @param count how many, for each new one
   * @param weights [new samples × width] in fixed point
   * @param width most old samples of a new one
   */
  private record Weights(int[] first, int[] count, int[] weights, int width) {
    static Weights of(Resampling kernel, int from, int to) {
      double scale = (double) from / to;
      double stretch = Math.max(1, scale);
      double support = kernel.support() * stretch;
      int width = (int) Math.ceil(support) * 2 + 1;
      int[] first = new int[to];
      int[] count = new int[to];
      int[] weights = new int[Math.multiplyExact(to, width)];
      double[] row = new double[width];
      double shrink = 1 / stretch;
      for (int i = 0; i < to; i++) {
        double centre = (i + 0.5) * scale;
        first[i] = Math.max(0, (int) (centre - support + 0.5));
        count[i] = Math.min(from, (int) (centre + support + 0.5)) - first[i];
        double sum = 0;
        for (int j = 0; j < count[i]; j++) {
          row[j] = kernel.weight((j + first[i] - centre + 0.5) * shrink);
          sum += row[j];
        }
        for (int j = 0; j < count[i]; j++) {
          weights[i * width + j] = fixed(sum == 0 ? row[j] : row[j] / sum);
        }
      }
      return new Weights(first, count, weights, width);
    }

    private static int fixed(double weight) {
      return (int) (weight * (1 << PRECISION) + (weight < 0 ? -0.5 : 0.5));
    }
  }

  /** The image with other sizes; the same image if they are its own. */
  static Pixels resize(Pixels image, int width, int height, Resampling kernel) {
    if (width == image.width() && height == image.height()) {
      return image;
    }
    if (kernel == Resampling.NEAREST) {
      return nearest(image, width, height);
    }
    if (columnsFirst(image, width, height)) {
      return alongRows(alongColumns(image, height, kernel), width, kernel);
    }
    return alongColumns(alongRows(image, width, kernel), height, kernel);
  }

  /** Pixels of the largest image on the way, the last one included. */
  static long mostPixels(Pixels image, int width, int height) {
    long between =
        columnsFirst(image, width, height)
            ? (long) image.width() * height
            : (long) width * image.height();
    return Math.max(between, (long) width * height);
  }

  /**
   * Which pass comes first, as in Pillow 13: the rounding in between depends on it. Before that
   * version rows always came first.
   */
  private static boolean columnsFirst(Pixels image, int width, int height) {
    int rowsLess = image.height() - height;
    return rowsLess > 0 && rowsLess > 2 * (image.width() - width);
  }

  private static Pixels nearest(Pixels image, int width, int height) {
    int[] columns = positions(image.width(), width);
    int[] rows = positions(image.height(), height);
    byte[] to = bytes(width, height);
    int at = 0;
    for (int row : rows) {
      for (int column : columns) {
        int from = (row * image.width() + column) * Pixels.CHANNELS;
        for (int c = 0; c < Pixels.CHANNELS; c++) {
          to[at++] = image.rgb()[from + c];
        }
      }
    }
    return new Pixels(width, height, to);
  }

  /** The old sample in the middle of each new one; summed up step by step, rounding and all. */
  private static int[] positions(int from, int to) {
    double step = (double) from / to;
    double position = step * 0.5;
    int[] positions = new int[to];
    for (int i = 0; i < to; i++, position += step) {
      positions[i] = Math.min(from - 1, (int) position);
    }
    return positions;
  }

  private static Pixels alongRows(Pixels image, int width, Resampling kernel) {
    if (width == image.width()) {
      return image;
    }
    Weights w = Weights.of(kernel, image.width(), width);
    byte[] from = image.rgb();
    byte[] to = bytes(width, image.height());
    int at = 0;
    for (int y = 0; y < image.height(); y++) {
      for (int x = 0; x < width; x++) {
        int pixel = (y * image.width() + w.first[x]) * Pixels.CHANNELS;
        int red = HALF;
        int green = HALF;
        int blue = HALF;
        for (int j = 0; j < w.count[x]; j++, pixel += Pixels.CHANNELS) {
          int weight = w.weights[x * w.width + j];
          red += (from[pixel] & 0xff) * weight;
          green += (from[pixel + 1] & 0xff) * weight;
          blue += (from[pixel + 2] & 0xff) * weight;
        }
        to[at++] = rounded(red);
        to[at++] = rounded(green);
        to[at++] = rounded(blue);
      }
    }
    return new Pixels(width, image.height(), to);
  }

  private static Pixels alongColumns(Pixels image, int height, Resampling kernel) {
    if (height == image.height()) {
      return image;
    }
    Weights w = Weights.of(kernel, image.height(), height);
    int stride = image.width() * Pixels.CHANNELS;
    byte[] from = image.rgb();
    byte[] to = bytes(image.width(), height);
    int[] sums = new int[stride];
    for (int y = 0; y < height; y++) {
      Arrays.fill(sums, HALF);
      for (int j = 0; j < w.count[y]; j++) {
        int weight = w.weights[y * w.width + j];
        int row = (w.first[y] + j) * stride;
        for (int i = 0; i < stride; i++) {
          sums[i] += (from[row + i] & 0xff) * weight;
        }
      }
      for (int i = 0; i < stride; i++) {
        to[y * stride + i] = rounded(sums[i]);
      }
    }
    return new Pixels(image.width(), height, to);
  }

  private static byte rounded(int sum) {
    return (byte) Math.clamp(sum >> PRECISION, 0, 255);
  }

  private static byte[] bytes(int width, int height) {
    return new byte[Math.multiplyExact(Pixels.CHANNELS * width, height)];
  }
}
