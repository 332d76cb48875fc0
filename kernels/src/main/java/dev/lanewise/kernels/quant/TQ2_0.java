package dev.lanewise.kernels.quant;

import dev.lanewise.kernels.BlockFormat;
import java.lang.foreign.MemorySegment;

/**
 * 256 two-bit numbers that share one scale: value = (q − 1) · d. Ternary models use q = 0, 1 and 2.
 *
 * <pre>
 * byte 0                64      66
 *      | 64 bytes of qs | d f16 |
 *
 * qs[32·h + l] = | run 3, element l : 2 | run 2 : 2 | run 1 : 2 | run 0 : 2 |
 * </pre>
 *
 * Each half of the block, h = 0 and 1, is four runs of 32 elements.
 */
public final class TQ2_0 implements BlockFormat {
  private static final int BLOCK_SIZE = 256;
  private static final int BLOCK_BYTES = 66;
  private static final int D = 64;

  /** The format has no state. */
  public TQ2_0() {}

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
      float d = LittleEndian.half(source, block + D);
      for (int run = 0; run < 8; run++) {
        int qs = 32 * (run / 4);
        int shift = 2 * (run % 4);
        for (int l = 0; l < 32; l++) {
          int q = (LittleEndian.unsignedByte(source, block + qs + l) >>> shift) & 3;
          target[out + 32 * run + l] = d * (q - 1);
        }
      }
    }
  }
}
