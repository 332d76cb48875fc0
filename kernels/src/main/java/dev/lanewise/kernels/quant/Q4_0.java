package dev.lanewise.kernels.quant;

import dev.lanewise.kernels.BlockFormat;
import java.lang.foreign.MemorySegment;

/**
 * 32 signed four-bit numbers that share one scale: value = (q − 8) · d.
 *
 * <pre>
 * byte 0       2                18
 *      | d f16 | 16 bytes of qs |
 *
 * qs[j] = | element j + 16 : 4 bits | element j : 4 bits |
 * </pre>
 */
public final class Q4_0 implements BlockFormat {
  private static final int BLOCK_SIZE = 32;
  private static final int BLOCK_BYTES = 18;
  private static final int QS = 2;

  /** The format has no state. */
  public Q4_0() {}

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
      for (int j = 0; j < 16; j++) {
        int q = LittleEndian.unsignedByte(source, block + QS + j);
        target[out + j] = d * ((q & 0xF) - 8);
        target[out + j + 16] = d * ((q >>> 4) - 8);
      }
    }
  }
}
