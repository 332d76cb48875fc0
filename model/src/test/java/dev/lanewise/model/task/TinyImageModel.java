package dev.lanewise.model.task;

import dev.lanewise.model.arch.TinyEncoder;
import dev.lanewise.model.image.Pixels;
import dev.lanewise.model.image.PngWriter;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** An image encoder of a few kilobytes that reads 4 x 4 pixels, and images for it. */
public final class TinyImageModel {
  /** Prepares images in the model's sizes. */
  public static final String PREPROCESSOR =
      """
      {"image_processor_type": "DeiTImageProcessor", "size": 6, "crop_size": 4}
      """;

  private TinyImageModel() {}

  /** Writes a model for three classes with its processor's settings. */
  public static Path write(Path folder) {
    return write(folder, TinyEncoder.DEIT_CONFIG, PREPROCESSOR);
  }

  /** Writes a model and its processor's settings. */
  public static Path write(Path folder, String config, String preprocessor) {
    TinyTextModel.add(folder, "preprocessor_config.json", preprocessor);
    return TinyEncoder.write(folder, config, TinyEncoder.DEIT);
  }

  /** Writes a PNG file of random pixels. */
  public static Path image(Path file, int width, int height) {
    return PngWriter.write(file, PngWriter.rgb(width, height, pixels(width, height).rgb()));
  }

  /** The same pixels. */
  static Pixels pixels(int width, int height) {
    byte[] rgb = new byte[3 * width * height];
    new SplittableRandom(31 * width + height).nextBytes(rgb);
    return new Pixels(width, height, rgb);
  }
}
