package dev.lanewise.model.image;

import dev.lanewise.model.LanewiseException;
import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A JPEG file (ITU-T T.81; its container JFIF, T.871): segments that begin with a marker, and scans
 * of compressed data between them. The decoder is given all but what applications add, and the
 * colours are made here.
 *
 * @param orientation of {@link Exif}; width and height are those before it is applied
 * @param components 1 for grey, 3 for colours
 * @param yCbCr whether the colours are brightness and two differences, not red, green and blue
 * @param stream what the decoder is given
 */
record JpegFile(
    String name,
    int width,
    int height,
    int orientation,
    int components,
    boolean yCbCr,
    byte[] stream) {
  /** Most scans: progressive files have about ten, and each takes the time of an image. */
  private static final int MAX_SCANS = 256;

  private static final String EXIF = "Exif\0\0";

  // The second bytes of markers (T.81, table B.1); the first is 0xff.
  private static final int TEM = 0x01;
  private static final int SOF_0 = 0xc0;
  private static final int SOF_2 = 0xc2;
  private static final int SOF_15 = 0xcf;
  private static final int DHT = 0xc4;
  private static final int JPG = 0xc8;
  private static final int DAC = 0xcc;
  private static final int RST_0 = 0xd0;
  private static final int RST_7 = 0xd7;
  private static final int SOI = 0xd8;
  private static final int EOI = 0xd9;
  private static final int SOS = 0xda;
  private static final int APP_0 = 0xe0;
  private static final int APP_1 = 0xe1;
  private static final int APP_14 = 0xee;
  private static final int APP_15 = 0xef;
  private static final int COM = 0xfe;

  /** Whether a file begins as JPEG files do. */
  static boolean starts(byte[] bytes) {
    return bytes.length >= 3
        && bytes[0] == (byte) 0xff
        && bytes[1] == (byte) SOI
        && bytes[2] == (byte) 0xff;
  }

  /**
   * Walks through the segments of a file.
   *
   * @throws LanewiseException if it is truncated, damaged, or of a kind that is not supported
   */
  static JpegFile of(String name, byte[] bytes) {
    return new Walk(name, bytes).file();
  }

  /** One pass over the markers. */
  private static final class Walk {
    private final String name;
    private final byte[] bytes;
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private ByteBuffer frame; // what follows the length in the frame's header
    private boolean jfif;
    private int orientation = Exif.UPRIGHT;
    private int adobe = -1; // its note on colours
    private int at = 2; // behind the first marker
    private int scans;

    Walk(String name, byte[] bytes) {
      this.name = name;
      this.bytes = bytes;
      kept.write(bytes, 0, at);
    }

    JpegFile file() {
      for (int marker = nextMarker(); marker != EOI; marker = nextMarker()) {
        segment(marker);
      }
      if (frame == null || scans == 0) {
        throw damaged(name, "holds no image data");
      }
      kept.write(0xff);
      kept.write(EOI);
      int components = frame.get(5);
      return new JpegFile(
          name,
          Short.toUnsignedInt(frame.getShort(3)),
          Short.toUnsignedInt(frame.getShort(1)),
          orientation,
          components,
          components == 3 && coloursAreDifferences(),
          kept.toByteArray());
    }

    /** The next marker, what stands before it skipped. */
    private int nextMarker() {
      while (at + 1 < bytes.length) {
        int code = bytes[at + 1] & 0xff;
        if (bytes[at] == (byte) 0xff && code != 0 && code != 0xff) {
          at += 2;
          return code;
        }
        at++;
      }
      throw damaged(name, "is truncated: it has no end-of-image marker");
    }

    private void segment(int marker) {
      if (marker == TEM || (marker >= RST_0 && marker <= SOI)) {
        return; // these have no length
      }
      int length = at + 2 <= bytes.length ? ((bytes[at] & 0xff) << 8) | (bytes[at + 1] & 0xff) : 2;
      if (length < 2 || length > bytes.length - at) {
        throw damaged(name, "is truncated or damaged at byte " + at);
      }
      ByteBuffer data = ByteBuffer.wrap(bytes, at + 2, length - 2).slice();
      int start = at - 2;
      at += length;
      switch (marker) {
        case APP_0 -> jfif |= text(data).startsWith("JFIF\0");
        case APP_1 -> {
          if (orientation == Exif.UPRIGHT && text(data).startsWith(EXIF)) {
            orientation = Exif.orientation(data.position(EXIF.length()));
          }
        }
        case APP_14 -> {
          if (text(data).startsWith("Adobe") && data.limit() >= 12) {
            adobe = data.get(11);
          }
        }
        case SOS -> skipScan();
        default -> {
          if (isFrame(marker)) {
            frame(marker, data);
          }
        }
      }
      boolean ofApplications = (marker >= APP_0 && marker <= APP_15) || marker == COM;
      if (!ofApplications) {
        kept.write(bytes, start, at - start);
      }
    }

    private static boolean isFrame(int marker) {
      return marker >= SOF_0 && marker <= SOF_15 && marker != DHT && marker != JPG && marker != DAC;
    }

    private static String text(ByteBuffer data) {
      return StandardCharsets.ISO_8859_1.decode(data.duplicate()).toString();
    }

    /** To the marker that follows; zeros are stuffed behind bytes that look like one. */
    private void skipScan() {
      if (frame == null || ++scans > MAX_SCANS) {
        throw damaged(name, frame == null ? "has no frame" : "has over " + MAX_SCANS + " scans");
      }
      while (at + 1 < bytes.length) {
        int code = bytes[at + 1] & 0xff;
        boolean restart = code >= RST_0 && code <= RST_7;
        if (bytes[at] == (byte) 0xff && code != 0 && code != 0xff && !restart) {
          return;
        }
        at++;
      }
    }

    private void frame(int marker, ByteBuffer data) {
      if (marker > SOF_2) {
        throw unsupported(name, "is lossless, hierarchical or arithmetically coded");
      }
      if (frame != null) {
        throw damaged(name, "has two frames");
      }
      if (data.limit() < 6 || data.limit() < 6 + 3 * Byte.toUnsignedInt(data.get(5))) {
        throw damaged(name, "has a header cut short");
      }
      if (data.get(0) != 8) {
        throw unsupported(
            name, "has samples of " + Byte.toUnsignedInt(data.get(0)) + " bits, not 8");
      }
      int components = Byte.toUnsignedInt(data.get(5));
      if (components == 4) {
        throw unsupported(name, "is of printing colours (CMYK)");
      }
      if (components != 1 && components != 3) {
        throw unsupported(name, "has " + components + " components, not 1 or 3");
      }
      frame = data;
    }

    /** As libjpeg guesses: JFIF has but these, Adobe notes them, and names of components tell. */
    private boolean coloursAreDifferences() {
      if (jfif) {
        return true;
      }
      if (adobe >= 0) {
        return adobe != 0;
      }
      return !(frame.get(6) == 'R' && frame.get(9) == 'G' && frame.get(12) == 'B');
    }
  }

  /** Decodes the image. */
  Pixels pixels() {
    Raster raster = ImageDecoder.jpeg(name, stream);
    if (raster.getWidth() != width
        || raster.getHeight() != height
        || raster.getNumBands() != components) {
      throw damaged(name, "has other sizes than its header says");
    }
    byte[] rgb = new byte[Pixels.CHANNELS * width * height];
    int[] row = new int[components * width];
    for (int y = 0, at = 0; y < height; y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++, at += Pixels.CHANNELS) {
        put(row, x * components, rgb, at);
      }
    }
    return new Pixels(width, height, rgb).upright(orientation);
  }

  private void put(int[] row, int from, byte[] rgb, int at) {
    if (yCbCr) {
      putRgb(row[from], row[from + 1] - 128, row[from + 2] - 128, rgb, at);
      return;
    }
    for (int c = 0; c < Pixels.CHANNELS; c++) {
      rgb[at + c] = (byte) row[from + (components == 1 ? 0 : c)];
    }
  }

  /** T.871, 7: r = y + 1.402 cr, and so on, in libjpeg's fixed point of 16 bits. */
  private static void putRgb(int y, int cb, int cr, byte[] rgb, int at) {
    int half = 1 << 15;
    rgb[at] = limited(y + ((91881 * cr + half) >> 16));
    rgb[at + 1] = limited(y + ((-22554 * cb - 46802 * cr + half) >> 16));
    rgb[at + 2] = limited(y + ((116130 * cb + half) >> 16));
  }

  private static byte limited(int sample) {
    return (byte) Math.clamp(sample, 0, 255);
  }

  private static LanewiseException damaged(String name, String problem) {
    return new LanewiseException(name + ": the JPEG image " + problem + "; take an undamaged copy");
  }

  private static LanewiseException unsupported(String name, String problem) {
    return new LanewiseException(
        name + ": the JPEG image " + problem + "; convert it to an ordinary JPEG or PNG image");
  }
}
