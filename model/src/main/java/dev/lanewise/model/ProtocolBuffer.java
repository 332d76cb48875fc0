package dev.lanewise.model;

import java.lang.foreign.MemorySegment;
import java.util.function.LongConsumer;

/**
 * Reads a message of a protocol buffer, field by field: {@link #next}, then the field's number and
 * its value by the type that the caller expects. Messages in a message share its bytes; nothing is
 * copied but what is asked for.
 *
 * <p>Source: "Encoding" in the protocol buffers' documentation.
 */
public final class ProtocolBuffer {
  private static final int VARINT = 0;
  private static final int FIXED_64 = 1;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED_32 = 5;

  private final String file;
  private final Window window;
  private final long end;
  private long at;
  private int field;
  private int wireType;

  /** The message that is all of the bytes. */
  public ProtocolBuffer(String file, byte[] bytes) {
    this(file, new Window(bytes), 0, bytes.length);
  }

  /** The message that is all of a file's memory, however long. */
  public ProtocolBuffer(String file, MemorySegment memory) {
    this(file, new Window(memory), 0, memory.byteSize());
  }

  private ProtocolBuffer(String file, Window window, long from, long end) {
    this.file = file;
    this.window = window;
    this.at = from;
    this.end = end;
  }

  /** Goes on to the next field; false if there is none. */
  public boolean next() {
    if (at >= end) {
      return false;
    }
    long key = varint();
    wireType = (int) key & 7;
    field = (int) (key >>> 3);
    if (field <= 0 || key >>> 3 > Integer.MAX_VALUE) {
      throw damaged("a field has the number " + (key >>> 3));
    }
    return true;
  }

  /** The field's number. */
  public int field() {
    return field;
  }

  /** Where the reader stands, from the start of the file. */
  public long position() {
    return at;
  }

  /** Bytes of this message that are left. */
  public long remaining() {
    return end - at;
  }

  /** The field's value, a whole number or a truth. */
  public long number() {
    expect(VARINT);
    return varint();
  }

  /** The field's value, one number or many that are packed, each given to the consumer. */
  public void numbers(LongConsumer consumer) {
    if (wireType == LENGTH_DELIMITED) {
      message().packedNumbers(consumer);
    } else {
      consumer.accept(number());
    }
  }

  /** The rest of the message, which is no message but numbers one after the other. */
  public void packedNumbers(LongConsumer consumer) {
    while (at < end) {
      consumer.accept(varint());
    }
  }

  /** The field's value, a number in 32 bits. */
  public float float32() {
    expect(FIXED_32);
    long from = advance(Float.BYTES);
    int bits = 0;
    for (int i = 0; i < Float.BYTES; i++) {
      bits |= (window.at(from + i) & 0xFF) << (Byte.SIZE * i);
    }
    return Float.intBitsToFloat(bits);
  }

  /** The field's value, bytes or a text. */
  public byte[] bytes() {
    return bytes(Integer.MAX_VALUE - 8);
  }

  /**
   * The field's value, bytes or a text.
   *
   * @param limit the most that is sensible
   */
  public byte[] bytes(int limit) {
    expect(LENGTH_DELIMITED);
    long length = length();
    if (length > limit) {
      throw damaged("field %d has %d bytes, more than %d".formatted(field, length, limit));
    }
    long from = advance(length);
    byte[] copy = new byte[(int) length];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = window.at(from + i);
    }
    return copy;
  }

  /** The field's value, a message. */
  public ProtocolBuffer message() {
    expect(LENGTH_DELIMITED);
    long length = length();
    long from = advance(length);
    return new ProtocolBuffer(file, window, from, from + length);
  }

  /** Leaves the field's value out. */
  public void skip() {
    switch (wireType) {
      case VARINT -> varint();
      case FIXED_64 -> advance(Long.BYTES);
      case LENGTH_DELIMITED -> advance(length());
      case FIXED_32 -> advance(Integer.BYTES);
      default -> throw damaged("a field is of the unknown wire type " + wireType);
    }
  }

  private void expect(int wanted) {
    if (wireType != wanted) {
      throw damaged("field %d is of wire type %d, not %d".formatted(field, wireType, wanted));
    }
  }

  private long length() {
    long length = varint();
    if (length < 0 || length > end - at) {
      throw damaged(
          "field %d has %s bytes of %d".formatted(field, Long.toUnsignedString(length), end - at));
    }
    return length;
  }

  private long advance(long n) {
    if (n > end - at) {
      throw damaged("field " + field + " is cut off");
    }
    long from = at;
    at += n;
    return from;
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at >= end) {
        throw damaged("a number is cut off");
      }
      byte b = window.at(at++);
      value |= (long) (b & 0x7F) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw damaged("a number has more than 64 bits");
  }

  /** The exception that says what is wrong at the reader's place in the file. */
  public LanewiseException damaged(String what) {
    return new LanewiseException(
        "%s: not a sound protocol buffer: before byte %d, %s; get the file again"
            .formatted(file, at, what));
  }

  /**
   * The part of the bytes that was read last, on the heap: single reads from an array are fast
   * before anything is compiled, when models are loaded.
   */
  private static final class Window {
    private static final int BYTES = 1 << 16;

    private final MemorySegment memory;
    private final byte[] bytes;
    private long start;
    private int length;

    Window(byte[] bytes) {
      this.memory = MemorySegment.ofArray(bytes);
      this.bytes = bytes;
      this.length = bytes.length;
    }

    Window(MemorySegment memory) {
      this.memory = memory;
      this.bytes = new byte[(int) Math.min(BYTES, memory.byteSize())];
    }

    byte at(long position) {
      long offset = position - start;
      if (offset < 0 || offset >= length) {
        move(position);
        offset = 0;
      }
      return bytes[(int) offset];
    }

    private void move(long position) {
      start = position;
      length = (int) Math.min(bytes.length, memory.byteSize() - position);
      MemorySegment.copy(memory, position, MemorySegment.ofArray(bytes), 0, length);
    }
  }
}
