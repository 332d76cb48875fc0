package dev.lanewise.kernels.quant;

import dev.lanewise.kernels.WritableFormat;
import java.lang.foreign.MemorySegment;

/**
 * IEEE 754 binary32, as it is.
 *
 * <pre>
 * byte 0        4
 *      | value  |
 * </pre>
 */
public final class F32 implements WritableFormat {
  private static final int BLOCK_SIZE = 1;
  private static final int BLOCK_BYTES = 4;

  /** The format has no state. */
  public F32() {}

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
    MemorySegment.copy(source, LittleEndian.FLOAT, offset, target, targetOffset, count);
  }

  @Override
  public void quantise(
      float[] source, int sourceOffset, MemorySegment target, long offset, int count) {
    MemorySegment.copy(source, sourceOffset, target, LittleEndian.FLOAT, offset, count);
  }
}
