package dev.lanewise.model.image;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * How the makers of a model want images prepared, as {@code preprocessor_config.json} says: the
 * steps of the hub's {@code ViTImageProcessor} and {@code DeiTImageProcessor}, with or without
 * {@code Fast} behind the name, or the {@code FeatureExtractor} of older files.
 *
 * @param file where it came from, for messages
 * @param resize what sizes images get; null to leave them as they are
 * @param resampling how they get them
 * @param crop what is taken out of the middle; null for all
 * @param scale every sample is multiplied by it; 1 for none
 * @param mean is taken from the samples, of each channel
 * @param deviation divides what is left, of each channel
 */
public record PreprocessorConfig(
    String file,
    Size resize,
    Resampling resampling,
    Size crop,
    double scale,
    float[] mean,
    float[] deviation) {
  /** The file's name. */
  public static final String FILE = "preprocessor_config.json";

  private static final int MAX_SIZE = 1 << 12;

  /**
   * Sizes of an image.
   *
   * @param height rows; 0 where the shorter side is given and the other follows
   * @param width columns, or the shorter side
   */
  public record Size(int height, int width) {
    /** The rows and columns that an image of others gets. */
    int[] of(Pixels image) {
      if (height > 0) {
        return new int[] {height, width};
      }
      int shorter = Math.min(image.width(), image.height());
      int longer = Math.max(image.width(), image.height());
      int other = (int) ((long) width * longer / shorter);
      return image.width() <= image.height() ? new int[] {other, width} : new int[] {width, other};
    }
  }

  /**
   * Reads the file in a model's folder.
   *
   * @throws LanewiseException if there is none, it cannot be read, or wants steps that are not
   *     known here
   */
  public static PreprocessorConfig read(Path folder) {
    Path path = folder.resolve(FILE);
    if (!Files.isRegularFile(path)) {
      throw new LanewiseException(
          folder
              + ": has no "
              + FILE
              + ", which says how images are to be prepared; put the model's own beside its"
              + " weights");
    }
    return of(Json.readConfig(path));
  }

  /** What an object of such a file says. */
  static PreprocessorConfig of(JsonView view) {
    return new Reader(view, processor(view)).read();
  }

  /** Whose steps are taken if a file names none: older ones do not. */
  private static String processor(JsonView view) {
    String key =
        view.has("image_processor_type") ? "image_processor_type" : "feature_extractor_type";
    String name = view.string(key, "ViTImageProcessor");
    String kind =
        name.replaceFirst("Fast$", "").replaceFirst("(ImageProcessor|FeatureExtractor)$", "");
    if (!kind.equals("ViT") && !kind.equals("DeiT")) {
      throw view.at(key)
          .failure("is " + name + "; known are ViTImageProcessor and DeiTImageProcessor");
    }
    return kind.toLowerCase(Locale.ROOT);
  }

  /** Looks keys up; what is missing is as the processor's own. */
  private record Reader(JsonView view, String processor) {
    PreprocessorConfig read() {
      boolean deit = processor.equals("deit");
      boolean normalised = view.flag("do_normalize", true);
      return new PreprocessorConfig(
          view.source(),
          view.flag("do_resize", true) ? size("size", deit ? 256 : 224) : null,
          resampling(deit ? Resampling.BICUBIC : Resampling.BILINEAR),
          view.flag("do_center_crop", deit) ? crop() : null,
          view.flag("do_rescale", true) ? view.number("rescale_factor", 1 / 255.0) : 1,
          normalised ? channels("image_mean", 0.5f) : channels(0),
          normalised ? deviation() : channels(1));
    }

    private Size crop() {
      Size size = size("crop_size", 224);
      if (size.height() == 0) {
        throw view.at("crop_size").failure("must say height and width");
      }
      return size;
    }

    private Size size(String key, int fallback) {
      if (!view.has(key)) {
        return new Size(fallback, fallback);
      }
      JsonView size = view.at(key);
      if (size.value() instanceof Long) {
        return new Size(within(size), within(size));
      }
      if (size.value() instanceof List<?> list && list.size() == 2) {
        return new Size(within(size.items().getFirst()), within(size.items().getLast()));
      }
      if (size.has("height") && size.has("width")) {
        return new Size(within(size.at("height")), within(size.at("width")));
      }
      if (size.has("shortest_edge") && size.keys().size() == 1) {
        return new Size(0, within(size.at("shortest_edge")));
      }
      throw size.failure(
          "has the keys " + size.keys() + "; known are height and width, or shortest_edge");
    }

    private static int within(JsonView size) {
      int value = size.integer();
      if (value < 1 || value > MAX_SIZE) {
        throw size.failure("is " + value + "; it must be from 1 to " + MAX_SIZE);
      }
      return value;
    }

    private Resampling resampling(Resampling fallback) {
      int number = view.integer("resample", fallback.ordinal());
      if (number < 0 || number >= Resampling.values().length) {
        throw view.at("resample")
            .failure("is " + number + "; known are 0 to " + (Resampling.values().length - 1));
      }
      return Resampling.values()[number];
    }

    private float[] deviation() {
      float[] deviation = channels("image_std", 0.5f);
      for (float x : deviation) {
        if (x == 0) {
          throw view.at("image_std").failure("holds 0, by which nothing can be divided");
        }
      }
      return deviation;
    }

    private float[] channels(String key, float fallback) {
      if (!view.has(key)) {
        return channels(fallback);
      }
      JsonView values = view.at(key);
      if (!(values.value() instanceof List<?> list)) {
        return channels((float) values.number());
      }
      if (list.size() != Pixels.CHANNELS) {
        throw values.failure("has " + list.size() + " numbers, not one for each of 3 channels");
      }
      float[] numbers = new float[Pixels.CHANNELS];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = (float) values.items().get(i).number();
      }
      return numbers;
    }

    private static float[] channels(float value) {
      float[] values = new float[Pixels.CHANNELS];
      Arrays.fill(values, value);
      return values;
    }
  }

  /** The rows and columns of what comes out; null if that depends on the image. */
  public Size output() {
    return crop != null ? crop : resize != null && resize.height() > 0 ? resize : null;
  }
}
