package dev.lanewise.kernels.quant;

import dev.lanewise.kernels.WritableFormat;
import java.lang.foreign.MemorySegment;

/**
 * IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. Every value is exact in float32.
 *
 * <pre>
 * byte 0        2
 *      | value  |
 * </pre>
 */
public final class F16 implements WritableFormat {
  private static final int BLOCK_SIZE = 1;
  private static final int BLOCK_BYTES = 2;

  /** The format has no state. */
  public F16() {}

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
      target[targetOffset + i] = LittleEndian.half(source, offset + 2L * i);
    }
  }

  @Override
  public void quantise(
      float[] source, int sourceOffset, MemorySegment target, long offset, int count) {
    for (int i = 0; i < count; i++) {
      LittleEndian.putHalf(target, offset + 2L * i, source[sourceOffset + i]);
    }
  }
}
