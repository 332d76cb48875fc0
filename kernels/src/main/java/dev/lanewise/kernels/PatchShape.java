package dev.lanewise.kernels;

/**
 * An image and the square patches it is cut into.
 *
 * @param channels planes of the image
 * @param height rows of a plane
 * @param width columns of a plane
 * @param size rows and columns of a patch
 * @param stride distance from one patch to the next, {@code size} where they touch
 */
public record PatchShape(int channels, int height, int width, int size, int stride) {
  /**
   * Checks the sizes.
   *
   * @throws IllegalArgumentException if one is not positive or the patch is larger than the image
   */
  public PatchShape {
    if (channels <= 0 || size <= 0 || stride <= 0 || size > height || size > width) {
      throw new IllegalArgumentException(
          "patches of %d every %d in an image of %d x %d x %d: all must be > 0, and a patch fit in"
                  .formatted(size, stride, channels, height, width)
              + " the image");
    }
  }

  /** Patches from top to bottom. */
  public int down() {
    return (height - size) / stride + 1;
  }

  /** Patches from left to right. */
  public int across() {
    return (width - size) / stride + 1;
  }

  /** All patches. */
  public int count() {
    return Math.multiplyExact(down(), across());
  }

  /** Numbers in a patch. */
  public int patchWidth() {
    return Math.multiplyExact(Math.multiplyExact(channels, size), size);
  }
}
