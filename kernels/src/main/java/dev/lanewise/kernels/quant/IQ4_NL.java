package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;

/**
 * 32 four-bit codes that share one scale: value = d · v, where v is one of sixteen unevenly spaced
 * numbers, closer to each other about 0.
 *
 * <pre>
 * byte 0       2                18
 *      | d f16 | 16 bytes of qs |
 *
 * qs[j] = | code of element j + 16 : 4 | code of element j : 4 |
 * </pre>
 *
 * The sixteen numbers are {@code Codebooks.NON_LINEAR}.
 */
public final class IQ4_NL extends BlockwiseFormat {
  private static final int QS = 2;

  /** The format has no state. */
  public IQ4_NL() {
    super(32, 18);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
    float d = LittleEndian.half(source, block);
    Codebooks.putNibbles(source, block + QS, 16, Codebooks.NON_LINEAR, d, target, out);
  }
}
