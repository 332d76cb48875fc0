package dev.lanewise.model.image;

import dev.lanewise.model.LanewiseException;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * The JDK's decoders of PNG and JPEG, the only place that calls them. They need no display.
 *
 * <p>They are in the module {@code java.desktop}, which a runtime may do without.
 */
final class ImageDecoder {
  private ImageDecoder() {}

  /** How a reader is asked for the first image. */
  private interface Call {
    Raster read(ImageReader reader) throws IOException;
  }

  /** The samples of a PNG image: grey, indices of a palette, or red, green, blue, and alpha. */
  static Raster png(String name, byte[] stream) {
    return decode(name, stream, "png", reader -> reader.read(0).getRaster());
  }

  /** The samples of a JPEG image, their colours not converted. */
  static Raster jpeg(String name, byte[] stream) {
    return decode(name, stream, "jpeg", reader -> reader.readRaster(0, null));
  }

  private static Raster decode(String name, byte[] stream, String format, Call call) {
    try {
      ImageReader reader = reader(format);
      try (var input = new MemoryCacheImageInputStream(new ByteArrayInputStream(stream))) {
        reader.setInput(input, true, true);
        return call.read(reader);
      } finally {
        reader.dispose();
      }
    } catch (IOException | RuntimeException e) {
      if (e.getCause() instanceof OutOfMemoryError exhausted) { // which no file is to blame for
        throw exhausted;
      }
      throw new LanewiseException(
          "%s: the %s image is damaged: %s; take an undamaged copy"
              .formatted(name, format.toUpperCase(Locale.ROOT), reason(e)),
          e);
    }
  }

  /** The JDK's own, whatever else may be installed. */
  private static ImageReader reader(String format) {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      if (reader.getClass().getModule() == ImageIO.class.getModule()) {
        return reader;
      }
    }
    throw new NoClassDefFoundError("no reader of " + format);
  }

  private static String reason(Exception e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    String cause = e.getCause() == null ? null : e.getCause().getMessage();
    return cause == null || message.contains(cause) ? message : message + " (" + cause + ")";
  }
}
