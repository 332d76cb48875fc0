package dev.lanewise.kernels.quant;

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
public final class Q4_0 extends WritableBlockwiseFormat {
  private static final int QS = 2;

  /** The format has no state. */
  public Q4_0() {
    super(32, 18);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
    float d = LittleEndian.half(source, block);
    for (int j = 0; j < 16; j++) {
      int q = LittleEndian.unsignedByte(source, block + QS + j);
      target[out + j] = d * ((q & 0xF) - 8);
      target[out + j + 16] = d * ((q >>> 4) - 8);
    }
  }

  /** The number farthest from 0 becomes −8; the others are rounded half up. */
  @Override
  void quantiseBlock(float[] x, int xo, MemorySegment target, long block) {
    float d = Rounding.farthest(x, xo, 32) / -8;
    float inverse = Rounding.inverse(d);
    LittleEndian.putHalf(target, block, d);
    for (int j = 0; j < 16; j++) {
      int low = Rounding.code(x[xo + j] * inverse + 8.5f, 15);
      int high = Rounding.code(x[xo + j + 16] * inverse + 8.5f, 15);
      LittleEndian.putByte(target, block + QS + j, low | (high << 4));
    }
  }
}
