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
public final class Q4_0 extends BlockedFormat {
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
}
