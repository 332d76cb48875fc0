package dev.lanewise.kernels.quant;

import dev.lanewise.kernels.BlockFormat;
import java.lang.foreign.MemorySegment;

/**
 * 32 unsigned five-bit numbers that share a scale and a minimum: value = q · d + m, rounded after
 * the product and after the sum. The fifth bits of all elements stand together in a 32-bit word.
 *
 * <pre>
 * byte 0       2       4        8                24
 *      | d f16 | m f16 | qh u32 | 16 bytes of qs |
 *
 * qs[j] = | low bits of element j + 16 : 4 | low bits of element j : 4 |
 * qh    = bit j is the high bit of element j
 * </pre>
 */
public final class Q5_1 implements BlockFormat {
  private static final int BLOCK_SIZE = 32;
  private static final int BLOCK_BYTES = 24;
  private static final int QH = 4;
  private static final int QS = 8;

  /** The format has no state. */
  public Q5_1() {}

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
      int qh = LittleEndian.int32(source, block + QH);
      for (int j = 0; j < 16; j++) {
        int qs = LittleEndian.unsignedByte(source, block + QS + j);
        int low = (qs & 0xF) | (qh >>> j & 1) << 4;
        int high = qs >>> 4 | (qh >>> (j + 16) & 1) << 4;
        target[out + j] = d * low + m;
        target[out + j + 16] = d * high + m;
      }
    }
  }
}
