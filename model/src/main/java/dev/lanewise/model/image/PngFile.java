package dev.lanewise.model.image;

import dev.lanewise.model.LanewiseException;
import java.awt.image.Raster;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * A PNG file (ISO/IEC 15948): chunks of length, type, data and CRC, of which four kinds make the
 * image. The decoder is given these alone; a fifth holds {@link Exif}.
 *
 * <pre>
 * signature | IHDR: width 4, height 4, bits 1, colour 1, ... | PLTE: red green blue ... | IDAT ... | IEND
 * </pre>
 *
 * @param bits of a sample, or of an index into the palette
 * @param colour the kind of pixels
 * @param orientation of {@link Exif}; width and height are those before it is applied
 * @param palette red, green and blue in turn; null if there is none
 * @param stream signature and critical chunks
 */
record PngFile(
    String name,
    int width,
    int height,
    int bits,
    int colour,
    int orientation,
    byte[] palette,
    byte[] stream) {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  private static final Set<String> CRITICAL = Set.of("IHDR", "PLTE", "IDAT", "IEND");
  private static final int HEADER_BYTES = 13;
  private static final int FRAME_BYTES = 12; // length, type, CRC

  private static final int GREY = 0;
  private static final int RGB = 2;
  private static final int PALETTE = 3;
  private static final int GREY_ALPHA = 4;
  private static final int RGB_ALPHA = 6;

  /** Whether a file begins as PNG files do. */
  static boolean starts(byte[] bytes) {
    return bytes.length >= SIGNATURE.length
        && Arrays.equals(bytes, 0, SIGNATURE.length, SIGNATURE, 0, SIGNATURE.length);
  }

  /**
   * Walks through the chunks of a file.
   *
   * @throws LanewiseException if it is truncated, a checksum is wrong, or the header is
   */
  static PngFile of(String name, byte[] bytes) {
    PngFile file = new Walk(name, bytes).file();
    file.check();
    return file;
  }

  /** One pass over the chunks. */
  private static final class Walk {
    private final String name;
    private final byte[] bytes;
    private final ByteBuffer kept;
    private int at = SIGNATURE.length;
    private ByteBuffer header;
    private int orientation = Exif.UPRIGHT;
    private byte[] palette;
    private boolean data;

    Walk(String name, byte[] bytes) {
      this.name = name;
      this.bytes = bytes;
      kept = ByteBuffer.allocate(bytes.length).put(SIGNATURE);
    }

    PngFile file() {
      while (!chunk().equals("IEND")) {}
      if (!data) {
        throw damaged(name, "holds no image data");
      }
      return new PngFile(
          name,
          header.getInt(0),
          header.getInt(4),
          Byte.toUnsignedInt(header.get(8)),
          Byte.toUnsignedInt(header.get(9)),
          orientation,
          palette,
          Arrays.copyOf(kept.array(), kept.position()));
    }

    /** Reads a chunk; returns its type. */
    private String chunk() {
      int start = at;
      int most = bytes.length - start - FRAME_BYTES;
      if (most < 0) {
        throw damaged(name, "is truncated at byte " + bytes.length);
      }
      int length = ByteBuffer.wrap(bytes).getInt(start);
      if (length < 0 || length > most) {
        throw damaged(
            name,
            "is truncated: %d bytes of a chunk at byte %d, and %d are left"
                .formatted(Integer.toUnsignedLong(length), start, most));
      }
      String type = new String(bytes, start + 4, 4, StandardCharsets.ISO_8859_1);
      if (CRITICAL.contains(type)) {
        checkSum(name, type, bytes, start, length);
        kept.put(bytes, start, length + FRAME_BYTES);
      }
      boolean isHeader = type.equals("IHDR");
      if (header == null && (!isHeader || length != HEADER_BYTES)) {
        throw damaged(name, "does not begin with a header");
      }
      if (header != null && isHeader) {
        throw damaged(name, "has two headers");
      }
      switch (type) {
        case "IHDR" -> header = ByteBuffer.wrap(bytes, start + 8, length).slice();
        case "PLTE" -> palette = Arrays.copyOfRange(bytes, start + 8, start + 8 + length);
        case "IDAT" -> data = true;
        case "eXIf" -> orientation = Exif.orientation(ByteBuffer.wrap(bytes, start + 8, length));
        default -> {}
      }
      at = start + length + FRAME_BYTES;
      return type;
    }
  }

  private static void checkSum(String name, String type, byte[] bytes, int start, int length) {
    CRC32 crc = new CRC32();
    crc.update(bytes, start + 4, length + 4);
    if ((int) crc.getValue() != ByteBuffer.wrap(bytes).getInt(start + 8 + length)) {
      throw damaged(name, "chunk %s at byte %d has a wrong checksum".formatted(type, start));
    }
  }

  private void check() {
    boolean known =
        switch (colour) {
          case GREY -> bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16;
          case PALETTE -> bits == 1 || bits == 2 || bits == 4 || bits == 8;
          case RGB, GREY_ALPHA, RGB_ALPHA -> bits == 8 || bits == 16;
          default -> false;
        };
    if (!known) {
      throw damaged(name, "has pixels of kind %d with %d bits".formatted(colour, bits));
    }
    if (colour == PALETTE && (palette == null || palette.length % 3 != 0)) {
      throw damaged(name, "has no palette");
    }
  }

  /** Decodes the image. */
  Pixels pixels() {
    Raster raster = ImageDecoder.png(name, stream);
    if (raster.getWidth() != width || raster.getHeight() != height) {
      throw damaged(name, "has other sizes than its header says");
    }
    byte[] rgb = new byte[Pixels.CHANNELS * width * height];
    int bands = raster.getNumBands();
    boolean grey = colour == GREY || colour == GREY_ALPHA || colour == PALETTE;
    int[] row = new int[bands * width];
    for (int y = 0, at = 0; y < height; y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++, at += Pixels.CHANNELS) {
        for (int c = 0; c < Pixels.CHANNELS; c++) {
          int sample = row[x * bands + (grey ? 0 : c)];
          rgb[at + c] = colour == PALETTE ? colour(sample, c) : eightBits(sample);
        }
      }
    }
    return new Pixels(width, height, rgb).upright(orientation);
  }

  /** What lies beyond the palette is black. */
  private byte colour(int index, int channel) {
    int at = index * 3 + channel;
    return at < palette.length ? palette[at] : 0;
  }

  private byte eightBits(int sample) {
    return (byte) (bits == 16 ? sample >> 8 : sample * (255 / ((1 << bits) - 1)));
  }

  private static LanewiseException damaged(String name, String problem) {
    return new LanewiseException(name + ": the PNG image " + problem + "; take an undamaged copy");
  }
}
