package dev.lanewise.kernels.quant;

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
public final class Q5_1 extends WritableBlockwiseFormat {
  private static final int QH = 4;
  private static final int QS = 8;

  /** The format has no state. */
  public Q5_1() {
    super(32, 24);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
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

  /** From the smallest number, 0, to the largest, 31; those between are rounded half up. */
  @Override
  void quantiseBlock(float[] x, int xo, MemorySegment target, long block) {
    float min = Rounding.min(x, xo, 32);
    float d = (Rounding.max(x, xo, 32) - min) / 31;
    float inverse = Rounding.inverse(d);
    LittleEndian.putHalf(target, block, d);
    LittleEndian.putHalf(target, block + 2, min);
    int qh = 0;
    for (int j = 0; j < 16; j++) {
      int low = Rounding.code((x[xo + j] - min) * inverse + 0.5f, 31);
      int high = Rounding.code((x[xo + j + 16] - min) * inverse + 0.5f, 31);
      LittleEndian.putByte(target, block + QS + j, (low & 0xF) | (high << 4));
      qh |= ((low >>> 4) << j) | ((high >>> 4) << (j + 16));
    }
    LittleEndian.putInt(target, block + QH, qh);
  }
}
