package dev.lanewise.kernels.quant;

import dev.lanewise.kernels.BlockFormat;
import java.lang.foreign.MemorySegment;

/**
 * 32 signed bytes that share one scale: value = q · d.
 *
 * <pre>
 * byte 0       2                34
 *      | d f16 | 32 bytes of qs |
 *
 * qs[j] = element j, two's complement
 * </pre>
 */
public final class Q8_0 implements BlockFormat {
  private static final int BLOCK_SIZE = 32;
  private static final int BLOCK_BYTES = 34;
  private static final int QS = 2;

  /** The format has no state. */
  public Q8_0() {}

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
    for (int b = 0; b < count / BLOCK_SIZE; b++) {
      long block = offset + (long) b * BLOCK_BYTES;
      int out = targetOffset + b * BLOCK_SIZE;
      float d = LittleEndian.half(source, block);
      for (int j = 0; j < BLOCK_SIZE; j++) {
        target[out + j] = d * LittleEndian.signedByte(source, block + QS + j);
      }
    }
  }
}
