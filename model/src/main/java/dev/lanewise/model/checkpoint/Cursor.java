package dev.lanewise.model.checkpoint;

import dev.lanewise.model.LanewiseException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads little-endian values from a file front to back and never past its end. A window of the file
 * is copied to the heap at a time: single reads from a byte array are fast before anything is
 * compiled, when models are loaded.
 */
final class Cursor {
  private static final int WINDOW_BYTES = 1 << 16;

  /** Most bytes of all names of a file together: they are the only part that stays on the heap. */
  private static final int MAX_NAME_BYTES = 16 << 20;

  private final String file;
  private final MemorySegment source;
  private final long size;
  private final byte[] window;
  private long windowStart;
  private int windowEnd;
  private int next;
  private long nameBytes;
  private String kind;
  private String name;

  /** A cursor at the start of the file. */
  Cursor(String file, MemorySegment source) {
    this.file = file;
    this.source = source;
    this.size = source.byteSize();
    this.window = new byte[(int) Math.min(size, WINDOW_BYTES)];
    this.kind = "header";
    this.name = "";
  }

  /** Says what is being read, for messages, which are put together only when needed. */
  void subject(String kind, String name) {
    this.kind = kind;
    this.name = name;
  }

  /** Bytes read or skipped so far. */
  long position() {
    return windowStart + next;
  }

  /** Bytes that are left. */
  long remaining() {
    return size - windowStart - next;
  }

  /** Steps over {@code bytes}, which may be any number at all. */
  void skip(long bytes) {
    if (bytes < 0 || bytes > remaining()) {
      throw tooLong(bytes);
    }
    if (bytes <= windowEnd - next) {
      next += (int) bytes;
    } else {
      windowStart += next + bytes;
      windowEnd = 0;
      next = 0;
    }
  }

  /** A 32-bit number. */
  int readInt() {
    if (windowEnd - next < Integer.BYTES) {
      refill(Integer.BYTES);
    }
    int value = intAt(next);
    next += Integer.BYTES;
    return value;
  }

  /** A 64-bit number; those beyond 2^63 − 1 come out negative. */
  long readLong() {
    if (windowEnd - next < Long.BYTES) {
      refill(Long.BYTES);
    }
    long value = (intAt(next) & 0xFFFF_FFFFL) | (long) intAt(next + Integer.BYTES) << 32;
    next += Long.BYTES;
    return value;
  }

  /** A name: a string of 1 to {@code limit} bytes of valid UTF-8. */
  String readName(int limit) {
    long start = position();
    long length = readLong();
    if (length <= 0 || length > limit) {
      throw failure(
          "has a name of %s bytes, expected 1 to %d"
              .formatted(Long.toUnsignedString(length), limit),
          start);
    }
    if (length > remaining()) {
      throw tooLong(length);
    }
    nameBytes += length;
    if (nameBytes > MAX_NAME_BYTES) {
      throw failure("makes the names of the file longer than " + MAX_NAME_BYTES, start);
    }
    if (windowEnd - next < length) {
      refill((int) length);
    }
    String name = new String(window, next, (int) length, StandardCharsets.UTF_8);
    // Malformed bytes decode to U+FFFD, which encodes to other bytes.
    byte[] encoded = name.getBytes(StandardCharsets.UTF_8);
    if (!Arrays.equals(encoded, 0, encoded.length, window, next, next + (int) length)) {
      throw failure("has a name that is not valid UTF-8", start);
    }
    next += (int) length;
    return name;
  }

  /** The exception that says what is wrong with the current subject at an offset of the file. */
  LanewiseException failure(String problem, long offset) {
    return new LanewiseException(
        "%s: %s%s (at byte %d) %s; the file is damaged or not made by the rules: get it again"
            .formatted(file, kind, name, offset, problem));
  }

  private LanewiseException tooLong(long bytes) {
    return failure(
        "needs %s bytes more, but the file ends %d bytes further on"
            .formatted(Long.toUnsignedString(bytes), remaining()),
        position());
  }

  private int intAt(int at) {
    return (window[at] & 0xFF)
        | (window[at + 1] & 0xFF) << 8
        | (window[at + 2] & 0xFF) << 16
        | window[at + 3] << 24;
  }

  /** Moves the window so that it starts at the next byte; {@code needed} is at most its length. */
  private void refill(int needed) {
    if (needed > remaining()) {
      throw tooLong(needed);
    }
    windowStart += next;
    next = 0;
    windowEnd = (int) Math.min(window.length, size - windowStart);
    source.asSlice(windowStart, windowEnd).asByteBuffer().get(window, 0, windowEnd);
  }
}
