package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Reads and writes the scalar fields of a block: always little-endian, at any alignment. */
final class LittleEndian {
  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private LittleEndian() {}

  /** The IEEE 754 binary16 number at {@code offset}; widening to float32 is exact. */
  static float half(MemorySegment source, long offset) {
    return Float.float16ToFloat(source.get(SHORT, offset));
  }

  /** The bfloat16 number at {@code offset}: the upper half of a float32. */
  static float bfloat(MemorySegment source, long offset) {
    return Float.intBitsToFloat(source.get(SHORT, offset) << 16);
  }

  /** Writes the binary16 number nearest to a float32; of two as near, the even one. */
  static void putHalf(MemorySegment target, long offset, float value) {
    target.set(SHORT, offset, Float.floatToFloat16(value));
  }

  static void putByte(MemorySegment target, long offset, int value) {
    target.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
  }

  static int unsignedShort(MemorySegment source, long offset) {
    return source.get(SHORT, offset) & 0xFFFF;
  }

  static int int32(MemorySegment source, long offset) {
    return source.get(INT, offset);
  }

  static float float32(MemorySegment source, long offset) {
    return source.get(FLOAT, offset);
  }

  static void putInt(MemorySegment target, long offset, int value) {
    target.set(INT, offset, value);
  }

  static int unsignedByte(MemorySegment source, long offset) {
    return source.get(ValueLayout.JAVA_BYTE, offset) & 0xFF;
  }

  static int signedByte(MemorySegment source, long offset) {
    return source.get(ValueLayout.JAVA_BYTE, offset);
  }
}
