package dev.lanewise.model.checkpoint;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.StringTable;
import java.nio.ByteBuffer;

/**
 * One metadata value, still encoded as GGUF encodes it: little-endian, decoded when asked for. The
 * bytes are a buffer because buffers, other than memory segments, read a number without first
 * making a handle for it, which takes longer than all the rest of opening a file.
 *
 * @param type type of the value
 * @param elementType type of an array's elements; for other values the type itself
 * @param count elements of an array; 1 for other values
 * @param data the number, the characters of a string, or an array's elements (strings in arrays
 *     each led by a 64-bit length); of little-endian order and never moved
 */
record MetadataValue(ValueType type, ValueType elementType, int count, ByteBuffer data) {
  /** Whole number {@code i}; a uint64 beyond 2^63 − 1 comes out negative. */
  long integer(int i) {
    return switch (elementType) {
      case UINT8, BOOL -> data.get(i) & 0xFF;
      case INT8 -> data.get(i);
      case UINT16 -> data.getShort(2 * i) & 0xFFFF;
      case INT16 -> data.getShort(2 * i);
      case UINT32 -> data.getInt(4 * i) & 0xFFFF_FFFFL;
      case INT32 -> data.getInt(4 * i);
      case UINT64, INT64 -> data.getLong(8 * i);
      case FLOAT32, FLOAT64, STRING, ARRAY ->
          throw new IllegalStateException(elementType.label() + " is no integer type");
    };
  }

  /** Whether whole number {@code i} fits in an int. */
  boolean fitsInt(int i) {
    long value = integer(i);
    return value == (int) value && (value >= 0 || elementType != ValueType.UINT64);
  }

  /** Number {@code i}, whole or not. */
  double number(int i) {
    return switch (elementType) {
      case FLOAT32 -> data.getFloat(4 * i);
      case FLOAT64 -> data.getDouble(8 * i);
      case UINT64 -> unsigned(data.getLong(8 * i));
      default -> integer(i);
    };
  }

  private static double unsigned(long bits) {
    return bits >= 0 ? bits : ((bits >>> 1) | (bits & 1)) * 2.0;
  }

  /**
   * The elements of an array of strings. The encoded array is copied once and its strings are then
   * moved together in place, so that no string becomes an object.
   */
  StringTable strings() {
    byte[] bytes = bytes(0, data.limit());
    int[] offsets = new int[count + 1];
    int from = 0;
    int to = 0;
    for (int i = 0; i < count; i++) {
      int length = bytes.length - from < Long.BYTES ? -1 : littleEndianInt(bytes, from);
      from += Long.BYTES;
      if (length < 0 || length > bytes.length - from) {
        throw new LanewiseException(
            "string " + i + " of an array changed while the file was read; restore the file");
      }
      System.arraycopy(bytes, from, bytes, to, length);
      from += length;
      to += length;
      offsets[i + 1] = to;
    }
    return new StringTable(bytes, offsets);
  }

  /** A copy of a part of the data. */
  byte[] bytes(int offset, int length) {
    byte[] bytes = new byte[length];
    data.get(offset, bytes);
    return bytes;
  }

  private static int littleEndianInt(byte[] bytes, int at) {
    return (bytes[at] & 0xFF)
        | (bytes[at + 1] & 0xFF) << 8
        | (bytes[at + 2] & 0xFF) << 16
        | bytes[at + 3] << 24;
  }

  /** Type for people: {@code uint32}, {@code array of string}; JSON's empty lists have no other. */
  String label() {
    if (type != ValueType.ARRAY) {
      return type.label();
    }
    return count == 0 ? "empty array" : "array of " + elementType.label();
  }
}
