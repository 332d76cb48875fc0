package dev.lanewise.model.checkpoint;

import static dev.lanewise.model.checkpoint.LittleEndian.INT;
import static dev.lanewise.model.checkpoint.LittleEndian.LONG;
import static dev.lanewise.model.checkpoint.LittleEndian.SHORT;

import dev.lanewise.model.LanewiseException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where the entries of a zip file lie that were stored as they are, so that they can be mapped.
 *
 * <p>Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 to 4.5, with the 64-bit extensions.
 */
final class ZipEntries {
  private static final int LOCAL = 0x04034b50;
  private static final int CENTRAL = 0x02014b50;
  private static final int END = 0x06054b50;
  private static final int END_64 = 0x06064b50;
  private static final int LOCATOR_64 = 0x07064b50;
  private static final int END_BYTES = 22;
  private static final int CENTRAL_BYTES = 46;
  private static final int LOCAL_BYTES = 30;
  private static final int MAX_COMMENT = 0xFFFF;
  private static final int EXTRA_64 = 1;
  private static final long IN_EXTRA = 0xFFFF_FFFFL;
  private static final int MAX_ENTRIES = 1 << 17;

  private final String file;
  private final MemorySegment source;
  private final Map<String, MemorySegment> entries = new LinkedHashMap<>();

  private ZipEntries(String file, MemorySegment source) {
    this.file = file;
    this.source = source;
  }

  /** Whether a file begins like a zip file. */
  static boolean isZip(MemorySegment source) {
    return source.byteSize() >= END_BYTES && source.get(INT, 0) == LOCAL;
  }

  /**
   * The entries by name, as parts of the file.
   *
   * @throws LanewiseException if the file is not sound, or an entry is compressed
   */
  static Map<String, MemorySegment> of(String file, MemorySegment source) {
    ZipEntries zip = new ZipEntries(file, source);
    try {
      zip.read();
    } catch (IndexOutOfBoundsException _) {
      throw zip.failure("points outside of itself");
    }
    return zip.entries;
  }

  private void read() {
    long end = end();
    long count = source.get(SHORT, end + 10) & 0xFFFF;
    long at = source.get(INT, end + 16) & IN_EXTRA;
    if (end >= 20 && source.get(INT, end - 20) == LOCATOR_64) {
      long wide = source.get(LONG, end - 12);
      if (source.get(INT, wide) != END_64) {
        throw failure("has no end where it says");
      }
      count = source.get(LONG, wide + 32);
      at = source.get(LONG, wide + 48);
    }
    if (count < 0 || count > MAX_ENTRIES) {
      throw failure(
          "has %s entries, more than %d".formatted(Long.toUnsignedString(count), MAX_ENTRIES));
    }
    for (long i = 0; i < count; i++) {
      at = readEntry(at);
    }
  }

  /** Where the record at the end begins, behind which there may be a comment. */
  private long end() {
    long last = source.byteSize() - END_BYTES;
    for (long at = last; at >= Math.max(0, last - MAX_COMMENT); at--) {
      if (source.get(INT, at) == END) {
        return at;
      }
    }
    throw failure("has no directory at its end");
  }

  /** Takes an entry of the directory; where the next begins. */
  private long readEntry(long at) {
    if (source.get(INT, at) != CENTRAL) {
      throw failure("has no entry at byte " + at + " of its directory");
    }
    int nameBytes = source.get(SHORT, at + 28) & 0xFFFF;
    int extraBytes = source.get(SHORT, at + 30) & 0xFFFF;
    int commentBytes = source.get(SHORT, at + 32) & 0xFFFF;
    byte[] text = source.asSlice(at + CENTRAL_BYTES, nameBytes).toArray(ValueLayout.JAVA_BYTE);
    String name = new String(text, StandardCharsets.UTF_8);
    if (source.get(SHORT, at + 10) != 0) {
      throw failure("holds " + name + " compressed, as torch.save does not");
    }
    long size = source.get(INT, at + 24) & IN_EXTRA;
    long local = source.get(INT, at + 42) & IN_EXTRA;
    long extra = extra64(at + CENTRAL_BYTES + nameBytes, extraBytes);
    if (size == IN_EXTRA) {
      size = source.get(LONG, extra);
      extra += 2L * Long.BYTES; // the compressed size, which is the same, comes behind it
    }
    if (local == IN_EXTRA) {
      local = source.get(LONG, extra);
    }
    if (source.get(INT, local) != LOCAL) {
      throw failure("has no entry at byte " + local + ", where " + name + " should begin");
    }
    long start =
        local
            + LOCAL_BYTES
            + (source.get(SHORT, local + 26) & 0xFFFF)
            + (source.get(SHORT, local + 28) & 0xFFFF);
    if (entries.put(name, source.asSlice(start, size)) != null) {
      throw failure("holds " + name + " twice");
    }
    return at + CENTRAL_BYTES + nameBytes + extraBytes + commentBytes;
  }

  /** Where the 64-bit numbers of an entry are, or where their field would end. */
  private long extra64(long at, int bytes) {
    long end = at + bytes;
    while (at + 4 <= end) {
      int id = source.get(SHORT, at) & 0xFFFF;
      int size = source.get(SHORT, at + 2) & 0xFFFF;
      if (id == EXTRA_64) {
        return at + 4;
      }
      at += 4 + size;
    }
    return end;
  }

  private LanewiseException failure(String problem) {
    return new LanewiseException(
        file + ": the zip file " + problem + "; it is damaged: get it again");
  }
}
