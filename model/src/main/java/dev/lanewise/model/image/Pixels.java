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

  /**
   * The image as it is to be seen.
   *
   * @param orientation as in Exif: from 1, as it lies, to 8; 6 is a quarter turn clockwise
   */
  Pixels upright(int orientation) {
    if (orientation == Exif.UPRIGHT) {
      return this;
    }
    boolean turned = orientation >= 5; // rows become columns
    boolean fromRight = orientation == 2 || orientation == 3 || orientation >= 7;
    boolean fromBelow =
        orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    int columns = turned ? height : width;
    int rows = turned ? width : height;
    byte[] to = new byte[rgb.length];
    for (int y = 0, at = 0; y < rows; y++) {
      for (int x = 0; x < columns; x++, at += CHANNELS) {
        int column = turned ? y : x;
        int row = turned ? x : y;
        column = fromRight ? width - 1 - column : column;
        row = fromBelow ? height - 1 - row : row;
        System.arraycopy(rgb, (row * width + column) * CHANNELS, to, at, CHANNELS);
      }
    }
    return new Pixels(columns, rows, to);
  }

  /** Where the first column lies in the image; below 0 where there is to be black before it. */
  private static int left(int size, int wanted) {
    return size >= wanted ? (size - wanted) / 2 : -Math.ceilDiv(wanted - size, 2);
  }
}
