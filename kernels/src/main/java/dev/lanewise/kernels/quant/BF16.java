package dev.lanewise.kernels.quant;

import dev.lanewise.kernels.WritableFormat;
import java.lang.foreign.MemorySegment;

/**
 * bfloat16: 1 sign, 8 exponent and 7 fraction bits, the upper half of a float32.
 *
 * <pre>
 * byte 0        2
 *      | value  |
 * </pre>
 */
public final class BF16 implements WritableFormat {
  private static final int BLOCK_SIZE = 1;
  private static final int BLOCK_BYTES = 2;

  /** The format has no state. */
  public BF16() {}

  @Override
  public int blockSize() {
    return BLOCK_SIZE;
  }

  @Override
  public int blockBytes() {
    return BLOCK_BYTES;
  }

  @Override
  public void dequantise(
      MemorySegment source, long offset, float[] target, int targetOffset, int count) {
    for (int i = 0; i < count; i++) {
      target[targetOffset + i] = LittleEndian.bfloat(source, offset + 2L * i);
    }
  }

  /** To the nearest; of two as near, to the even one. A NaN becomes a quiet one. */
  @Override
  public void quantise(
      float[] source, int sourceOffset, MemorySegment target, long offset, int count) {
    for (int i = 0; i < count; i++) {
      int bits = Float.floatToRawIntBits(source[sourceOffset + i]);
      int upper = bits >>> 16;
      if (Float.isNaN(source[sourceOffset + i])) {
        upper |= 0x40;
      } else {
        upper = (bits + 0x7FFF + (upper & 1)) >>> 16;
      }
      target.set(LittleEndian.SHORT, offset + 2L * i, (short) upper);
    }
  }
}
