package dev.lanewise.model.image;

import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * PNG and JPEG files as pixels.
 *
 * <p>Grey and palettes become red, green and blue, transparency is left out, and of 16 bits the
 * upper eight count. Pictures are turned upright as cameras note it in Exif, as the pipelines of
 * the library transformers do it. Colour profiles and gamma are not applied. Sizes are known from
 * the header before anything is decoded, and a file that ends early is refused and not filled with
 * grey.
 */
public final class ImageFile {
  /** Most pixels: what PIL accepts at most. */
  static final int MAX_PIXELS = 2 * ((1 << 30) / 4 / 3);

  /** Most rows, and most columns: those of JPEG. */
  static final int MAX_EXTENT = (1 << 16) - 1;

  /** Longest file: no compression makes so many pixels longer than that. */
  private static final long MAX_BYTES = 1L << 30;

  /** Most bytes of what is no file, such as a pipe, and does not say when it ends. */
  private static final int MAX_PIPED = 1 << 27;

  /** Other kinds of images, and how their files begin. */
  private static final String[][] OTHER_KINDS = {
    {"GIF", "GIF8"},
    {"BMP", "BM"},
    {"WebP", "RIFF.{4}WEBP"},
    {"TIFF", "II\\*|MM\0\\*"},
    {"HEIF or AVIF", ".{4}ftyp"},
  };

  private ImageFile() {}

  /**
   * Reads an image.
   *
   * @throws LanewiseException if the file is missing, no PNG or JPEG, damaged, of a kind that is
   *     not supported, or too large; or if the module {@code java.desktop} is missing
   */
  public static Pixels read(Path path) {
    return read(path.toString(), bytes(path));
  }

  /**
   * Reads an image.
   *
   * @param name where the bytes came from, for messages
   * @param bytes of a PNG or JPEG file
   * @throws LanewiseException as {@link #read(Path)}
   */
  public static Pixels read(String name, byte[] bytes) {
    try {
      return decoded(name, bytes);
    } catch (NoClassDefFoundError | UnsatisfiedLinkError e) {
      throw new LanewiseException(
          name
              + ": images need Java's module java.desktop, which is missing; take a Java with it,"
              + " or start java with --add-modules java.desktop",
          e);
    }
  }

  private static Pixels decoded(String name, byte[] bytes) {
    if (PngFile.starts(bytes)) {
      PngFile png = PngFile.of(name, bytes);
      return decoded(name, png.width(), png.height(), png::pixels);
    }
    if (JpegFile.starts(bytes)) {
      JpegFile jpeg = JpegFile.of(name, bytes);
      return decoded(name, jpeg.width(), jpeg.height(), jpeg::pixels);
    }
    throw new LanewiseException(
        bytes.length == 0
            ? name + ": the file is empty"
            : name + ": is neither a PNG nor a JPEG image" + likely(bytes) + "; convert it to one");
  }

  private static Pixels decoded(String name, int width, int height, Supplier<Pixels> decoding) {
    if (width < 1 || height < 1) {
      throw new LanewiseException(
          "%s: is %d x %d pixels; the file is damaged".formatted(name, width, height));
    }
    if (width > MAX_EXTENT || height > MAX_EXTENT || (long) width * height > MAX_PIXELS) {
      throw new LanewiseException(
          "%s: is %d x %d pixels; at most %d in all and %d in a row or column are read; scale it down"
              .formatted(name, width, height, MAX_PIXELS, MAX_EXTENT));
    }
    try {
      return decoding.get();
    } catch (OutOfMemoryError e) {
      throw new LanewiseException(
          "%s: %d x %d pixels do not fit in the Java heap; scale the image down or take a larger heap"
                  .formatted(name, width, height)
              + " (-Xmx)",
          e);
    }
  }

  /** What else the file may be, to go on with in a message. */
  private static String likely(byte[] bytes) {
    String start = new String(bytes, 0, Math.min(12, bytes.length), StandardCharsets.ISO_8859_1);
    for (String[] kind : OTHER_KINDS) {
      if (start.matches("(?s)(" + kind[1] + ").*")) {
        return " but looks like " + kind[0];
      }
    }
    return "";
  }

  private static byte[] bytes(Path path) {
    try {
      if (Files.isDirectory(path)) {
        throw new LanewiseException(path + ": is a directory; name the images inside it");
      }
      long size = Files.size(path);
      if (size > MAX_BYTES) {
        throw new LanewiseException(
            "%s: has %d bytes; images of at most %d are read".formatted(path, size, MAX_BYTES));
      }
      return Files.isRegularFile(path) ? Files.readAllBytes(path) : piped(path);
    } catch (IOException e) {
      throw LanewiseException.cannotRead(path, e);
    } catch (OutOfMemoryError e) {
      throw new LanewiseException(
          path + ": does not fit in the Java heap; take a larger one (-Xmx)", e);
    }
  }

  private static byte[] piped(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(MAX_PIPED + 1);
      if (bytes.length > MAX_PIPED) {
        throw new LanewiseException(
            "%s: is no file, and has over %d bytes; name the file of an image"
                .formatted(path, MAX_PIPED));
      }
      return bytes;
    }
  }
}
