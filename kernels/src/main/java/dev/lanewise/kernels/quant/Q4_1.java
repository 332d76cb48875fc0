package dev.lanewise.kernels.quant;

import dev.lanewise.kernels.BlockFormat;
import java.lang.foreign.MemorySegment;

/**
 * 32 unsigned four-bit numbers that share a scale and a minimum: value = q · d + m, rounded after
 * the product and after the sum.
 *
 * <pre>
 * byte 0       2       4                20
 *      | d f16 | m f16 | 16 bytes of qs |
 *
 * qs[j] = | element j + 16 : 4 bits | element j : 4 bits |
 * </pre>
 */
public final class Q4_1 implements BlockFormat {
  private static final int BLOCK_SIZE = 32;
  private static final int BLOCK_BYTES = 20;
  private static final int QS = 4;

  /** The format has no state. */
  public Q4_1() {}

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
      float m = LittleEndian.half(source, block + 2);
      for (int j = 0; j < 16; j++) {
        int q = LittleEndian.unsignedByte(source, block + QS + j);
        target[out + j] = d * (q & 0xF) + m;
        target[out + j + 16] = d * (q >>> 4) + m;
      }
    }
  }
}
