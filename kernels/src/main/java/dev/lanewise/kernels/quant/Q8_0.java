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
public final class Q8_0 extends BlockedFormat {
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
}
