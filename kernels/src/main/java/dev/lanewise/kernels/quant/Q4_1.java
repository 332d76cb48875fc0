package dev.lanewise.kernels.quant;

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
public final class Q4_1 extends WritableBlockwiseFormat {
  private static final int QS = 4;

  /** The format has no state. */
  public Q4_1() {
    super(32, 20);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
    float d = LittleEndian.half(source, block);
    float m = LittleEndian.half(source, block + 2);
    for (int j = 0; j < 16; j++) {
      int q = LittleEndian.unsignedByte(source, block + QS + j);
      target[out + j] = d * (q & 0xF) + m;
      target[out + j + 16] = d * (q >>> 4) + m;
    }
  }

  /** From the smallest number, 0, to the largest, 15; those between are rounded half up. */
  @Override
  void quantiseBlock(float[] x, int xo, MemorySegment target, long block) {
    float min = Rounding.min(x, xo, 32);
    float d = (Rounding.max(x, xo, 32) - min) / 15;
    float inverse = Rounding.inverse(d);
    LittleEndian.putHalf(target, block, d);
    LittleEndian.putHalf(target, block + 2, min);
    for (int j = 0; j < 16; j++) {
      int low = Rounding.code((x[xo + j] - min) * inverse + 0.5f, 15);
      int high = Rounding.code((x[xo + j + 16] - min) * inverse + 0.5f, 15);
      LittleEndian.putByte(target, block + QS + j, low | (high << 4));
    }
  }
}
