package dev.lanewise.model.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The one thing that cameras note about a picture (Exif 3.0, CIPA DC-008) and that matters here:
 * how it lies. The notes are a TIFF file (TIFF 6.0): a byte order, the place of a directory, and
 * entries of tag, type, count and value there.
 */
final class Exif {
  /** As the pixels lie. */
  static final int UPRIGHT = 1;

  private static final int LAST = 8;
  private static final int ORIENTATION = 0x0112;
  private static final int SHORT = 3;
  private static final int ENTRY_BYTES = 12;

  private Exif() {}

  /** How a picture lies, from 1 to 8; 1 if the notes do not say it, or are damaged. */
  static int orientation(ByteBuffer notes) {
    ByteBuffer tiff = notes.slice();
    if (tiff.limit() < 8) {
      return UPRIGHT;
    }
    tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    int at = tiff.getInt(4);
    if (tiff.getShort(2) != 42 || at < 8 || at > tiff.limit() - 2) {
      return UPRIGHT;
    }
    int entries = Short.toUnsignedInt(tiff.getShort(at));
    at += 2;
    for (int i = 0; i < entries && at <= tiff.limit() - ENTRY_BYTES; i++, at += ENTRY_BYTES) {
      if (Short.toUnsignedInt(tiff.getShort(at)) == ORIENTATION && tiff.getShort(at + 2) == SHORT) {
        int value = Short.toUnsignedInt(tiff.getShort(at + 8));
        return value >= UPRIGHT && value <= LAST ? value : UPRIGHT;
      }
    }
    return UPRIGHT;
  }
}
