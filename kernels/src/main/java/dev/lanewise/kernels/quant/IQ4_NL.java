package dev.lanewise.kernels.quant;

import dev.lanewise.kernels.BlockFormat;
import java.lang.foreign.MemorySegment;

/**
 * 32 four-bit codes that share one scale: value = d · v, where v is one of sixteen unevenly spaced
 * numbers, closer to each other about 0.
 *
 * <pre>
 * byte 0       2                18
 *      | d f16 | 16 bytes of qs |
 *
 * qs[j] = | code of element j + 16 : 4 | code of element j : 4 |
 * </pre>
 *
 * The sixteen numbers are {@code Codebooks.NON_LINEAR}.
 */
public final class IQ4_NL implements BlockFormat {
  private static final int BLOCK_SIZE = 32;
  private static final int BLOCK_BYTES = 18;
  private static final int QS = 2;

  /** The format has no state. */
  public IQ4_NL() {}

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
        target[out + j] = d * Codebooks.NON_LINEAR[q & 0xF];
        target[out + j + 16] = d * Codebooks.NON_LINEAR[q >>> 4];
      }
    }
  }
}
