package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;

/**
 * 32 signed five-bit numbers that share one scale: value = (q − 16) · d. The fifth bits of all
 * elements stand together in a 32-bit word.
 *
 * <pre>
 * byte 0       2        6                22
 *      | d f16 | qh u32 | 16 bytes of qs |
 *
 * qs[j] = | low bits of element j + 16 : 4 | low bits of element j : 4 |
 * qh    = bit j is the high bit of element j
 * </pre>
 */
public final class Q5_0 extends WritableBlockwiseFormat {
  private static final int QH = 2;
  private static final int QS = 6;

  /** The format has no state. */
  public Q5_0() {
    super(32, 22);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
    float d = LittleEndian.half(source, block);
    int qh = LittleEndian.int32(source, block + QH);
    for (int j = 0; j < 16; j++) {
      int qs = LittleEndian.unsignedByte(source, block + QS + j);
      int low = (qs & 0xF) | (qh >>> j & 1) << 4;
      int high = qs >>> 4 | (qh >>> (j + 16) & 1) << 4;
      target[out + j] = d * (low - 16);
      target[out + j + 16] = d * (high - 16);
    }
  }

  /** The number farthest from 0 becomes −16; the others are rounded half up. */
  @Override
  void quantiseBlock(float[] x, int xo, MemorySegment target, long block) {
    float d = Rounding.farthest(x, xo, 32) / -16;
    float inverse = Rounding.inverse(d);
    LittleEndian.putHalf(target, block, d);
    int qh = 0;
    for (int j = 0; j < 16; j++) {
      int low = Rounding.code(x[xo + j] * inverse + 16.5f, 31);
      int high = Rounding.code(x[xo + j + 16] * inverse + 16.5f, 31);
      LittleEndian.putByte(target, block + QS + j, (low & 0xF) | (high << 4));
      qh |= ((low >>> 4) << j) | ((high >>> 4) << (j + 16));
    }
    LittleEndian.putInt(target, block + QH, qh);
  }
}
