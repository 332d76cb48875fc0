package dev.lanewise.model.image;

/**
 * An image in memory: red, green and blue of each pixel, 8 bits each.
 *
 * @param width columns
 * @param height rows
 * @param rgb [height × width × 3] unsigned bytes; the owner's, not copied
 */
public record Pixels(int width, int height, byte[] rgb) {
  /** Red, green, blue. */
  public static final int CHANNELS = 3;

  /**
   * Checks that the sizes agree.
   *
   * @throws IllegalArgumentException if they do not
   */
  public Pixels {
    if (width < 1 || height < 1 || rgb.length != (long) CHANNELS * width * height) {
      throw new IllegalArgumentException(
          rgb.length + " bytes are not an image of " + width + " x " + height);
    }
  }

  /**
   * The middle of the image, or the image in the middle of black where it is smaller: rows and
   * columns that cannot be shared out evenly go below and to the right when cropped, above and to
   * the left when filled.
   */
  public Pixels centre(int width, int height) {
    int left = left(this.width, width);
    int top = left(this.height, height);
    byte[] to = new byte[Math.multiplyExact(CHANNELS * width, height)];
    int from = Math.max(0, -left);
    int count = Math.min(this.width, width - from + Math.max(0, left)) - Math.max(0, left);
    for (int y = 0; y < height; y++) {
      int row = y + top;
      if (row >= 0 && row < this.height) {
        System.arraycopy(
            rgb,
            (row * this.width + Math.max(0, left)) * CHANNELS,
            to,
            (y * width + from) * CHANNELS,
            count * CHANNELS);
      }
    }
    return new Pixels(width, height, to);
  }

  /** Where the first column lies in the image; below 0 where there is to be black before it. */
  private static int left(int size, int wanted) {
    return size >= wanted ? (size - wanted) / 2 : -Math.ceilDiv(wanted - size, 2);
  }
}
