package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;

/**
 * 32 signed bytes that share one scale: value = q · d.
 *
 * <pre>
 * byte 0       2                34
 *      | d f16 | 32 bytes of qs |
 *
 * qs[j] = element j, two's complement
 * </pre>
 */
public final class Q8_0 extends WritableBlockwiseFormat {
  private static final int QS = 2;

  /** The format has no state. */
  public Q8_0() {
    super(32, 34);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
    float d = LittleEndian.half(source, block);
    for (int j = 0; j < 32; j++) {
      target[out + j] = d * LittleEndian.signedByte(source, block + QS + j);
    }
  }

  /** The number farthest from 0 becomes 127 or −127; the others are rounded half away from 0. */
  @Override
  void quantiseBlock(float[] x, int xo, MemorySegment target, long block) {
    float d = Math.abs(Rounding.farthest(x, xo, 32)) / 127;
    float inverse = Rounding.inverse(d);
    LittleEndian.putHalf(target, block, d);
    for (int j = 0; j < 32; j++) {
      float q = x[xo + j] * inverse;
      int whole = (int) q;
      int more = (int) (2 * (q - whole)); // exact, where adding a half first would be rounded
      LittleEndian.putByte(target, block + QS + j, whole + more);
    }
  }
}
