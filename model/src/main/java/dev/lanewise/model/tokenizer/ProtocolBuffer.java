package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import java.util.Arrays;

/**
 * Reads a message of a protocol buffer, field by field: {@link #next}, then the field's number and
 * its value by the type that the caller expects.
 *
 * <p>Source: "Encoding" in the protocol buffers' documentation.
 */
final class ProtocolBuffer {
  private static final int VARINT = 0;
  private static final int FIXED_64 = 1;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED_32 = 5;

  private final String file;
  private final byte[] bytes;
  private final int end;
  private int at;
  private int field;
  private int wireType;

  ProtocolBuffer(String file, byte[] bytes) {
    this(file, bytes, 0, bytes.length);
  }

  private ProtocolBuffer(String file, byte[] bytes, int from, int end) {
    this.file = file;
    this.bytes = bytes;
    this.at = from;
    this.end = end;
  }

  /** Goes on to the next field; false if there is none. */
  boolean next() {
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
  int field() {
    return field;
  }

  /** The field's value, a whole number or a truth. */
  long number() {
    expect(VARINT);
    return varint();
  }

  /** The field's value, a number in 32 bits. */
  float float32() {
    expect(FIXED_32);
    int from = advance(4);
    int bits =
        (bytes[from] & 0xFF)
            | (bytes[from + 1] & 0xFF) << 8
            | (bytes[from + 2] & 0xFF) << 16
            | bytes[from + 3] << 24;
    return Float.intBitsToFloat(bits);
  }

  /** The field's value, bytes or a text. */
  byte[] bytes() {
    expect(LENGTH_DELIMITED);
    int length = length();
    int from = advance(length);
    return Arrays.copyOfRange(bytes, from, from + length);
  }

  /** The field's value, a message. */
  ProtocolBuffer message() {
    expect(LENGTH_DELIMITED);
    int length = length();
    int from = advance(length);
    return new ProtocolBuffer(file, bytes, from, from + length);
  }

  /** Leaves the field's value out. */
  void skip() {
    switch (wireType) {
      case VARINT -> varint();
      case FIXED_64 -> advance(8);
      case LENGTH_DELIMITED -> advance(length());
      case FIXED_32 -> advance(4);
      default -> throw damaged("a field is of the unknown wire type " + wireType);
    }
  }

  private void expect(int wanted) {
    if (wireType != wanted) {
      throw damaged("field %d is of wire type %d, not %d".formatted(field, wireType, wanted));
    }
  }

  private int length() {
    long length = varint();
    if (length < 0 || length > end - at) {
      throw damaged(
          "field %d has %s bytes of %d".formatted(field, Long.toUnsignedString(length), end - at));
    }
    return (int) length;
  }

  private int advance(int n) {
    if (n > end - at) {
      throw damaged("field " + field + " is cut off");
    }
    int from = at;
    at += n;
    return from;
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at >= end) {
        throw damaged("a number is cut off");
      }
      byte b = bytes[at++];
      value |= (long) (b & 0x7F) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw damaged("a number has more than 64 bits");
  }

  private LanewiseException damaged(String what) {
    return new LanewiseException(
        "%s: not a sound protocol buffer: before byte %d, %s".formatted(file, at, what));
  }
}
