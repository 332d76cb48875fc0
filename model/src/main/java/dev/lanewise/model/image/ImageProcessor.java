package dev.lanewise.model.image;

import dev.lanewise.model.LanewiseException;

/**
 * Prepares images as a {@link PreprocessorConfig} says: resize, crop, rescale, normalise.
 * Immutable.
 */
public final class ImageProcessor {
  private final PreprocessorConfig config;
  private final float[] values = new float[256 * Pixels.CHANNELS]; // of each sample and channel

  /**
   * A processor for one configuration.
   *
   * @throws LanewiseException if its numbers make a sample infinite
   */
  public ImageProcessor(PreprocessorConfig config) {
    this.config = config;
    for (int i = 0; i < values.length; i++) {
      int channel = i % Pixels.CHANNELS;
      int sample = i / Pixels.CHANNELS;
      float scaled = (float) (sample * config.scale());
      values[i] = (scaled - config.mean()[channel]) / config.deviation()[channel];
      if (!Float.isFinite(values[i])) {
        throw new LanewiseException(
            "%s: rescale_factor, image_mean and image_std make %s of the sample %d; take the model's"
                    .formatted(config.file(), values[i], sample)
                + " own");
      }
    }
  }

  /**
   * The numbers that a model reads.
   *
   * @param name of the image, for messages
   * @param to receives [3 × height × width]
   * @param at where in {@code to}
   * @throws LanewiseException if the image does not come out in these sizes, or is too narrow a
   *     strip to be resized
   */
  public void process(String name, Pixels image, float[] to, int at, int height, int width) {
    Pixels shaped = shape(name, image);
    if (shaped.width() != width || shaped.height() != height) {
      throw new LanewiseException(
          "%s: is %d x %d pixels after the steps of %s, but the model reads %d x %d;"
                  .formatted(name, shaped.width(), shaped.height(), config.file(), width, height)
              + " resize the image, or have it resized by do_resize there");
    }
    byte[] rgb = shaped.rgb();
    int plane = width * height;
    for (int i = 0; i < plane; i++) {
      for (int c = 0; c < Pixels.CHANNELS; c++) {
        int sample = rgb[i * Pixels.CHANNELS + c] & 0xff;
        to[at + c * plane + i] = values[sample * Pixels.CHANNELS + c];
      }
    }
  }

  /** The image resized and cropped. */
  Pixels shape(String name, Pixels image) {
    Pixels resized = image;
    if (config.resize() != null) {
      int[] sizes = config.resize().of(image);
      if (Resize.mostPixels(image, sizes[1], sizes[0]) > ImageFile.MAX_PIXELS) {
        throw new LanewiseException(
            "%s: %d x %d pixels would become %d x %d, which is too many; crop the image"
                .formatted(name, image.width(), image.height(), sizes[1], sizes[0]));
      }
      resized = Resize.resize(image, sizes[1], sizes[0], config.resampling());
    }
    PreprocessorConfig.Size crop = config.crop();
    return crop == null ? resized : resized.centre(crop.width(), crop.height());
  }
}
