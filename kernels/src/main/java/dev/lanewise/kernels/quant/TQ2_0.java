package dev.lanewise.kernels.quant;

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
public final class TQ2_0 extends BlockwiseFormat {
  private static final int D = 64;

  /** The format has no state. */
  public TQ2_0() {
    super(256, 66);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
    float d = scale(source, block);
    for (int run = 0; run < 8; run++) {
      int qs = 32 * (run / 4);
      int shift = 2 * (run % 4);
      for (int l = 0; l < 32; l++) {
        int q = (LittleEndian.unsignedByte(source, block + qs + l) >>> shift) & 3;
        target[out + 32 * run + l] = d * (q - 1);
      }
    }
  }

  /** What multiplies the numbers of a block. */
  static float scale(MemorySegment source, long block) {
    return LittleEndian.half(source, block + D);
  }
}
