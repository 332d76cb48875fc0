package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;

/**
 * 64 four-bit floats (E2M1) in four sub-blocks of 16 with an eight-bit float (E4M3 without a sign)
 * each: value = scale · f.
 *
 * <pre>
 * byte 0                   4                36
 *      | 4 bytes of scales | 32 bytes of qs |
 *
 * scales[s]   = | ignored : 1 | exponent : 4 | fraction : 3 |
 * qs[8·s + j] = | element j + 8 of sub-block s : 4 | element j : 4 |
 * </pre>
 *
 * The table of the floats is doubled, to be one of whole numbers, and the scale halved. As in ggml
 * the scale 7F, NaN by rights, is 0; FF is not, although its upper bit is ignored.
 */
public final class NVFP4 extends BlockwiseFormat {
  private static final int QS = 4;

  /** The format has no state. */
  public NVFP4() {
    super(64, 36);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
    for (int sub = 0; sub < 4; sub++) {
      float d = scale(source, block, sub);
      long qs = block + QS + 8L * sub;
      Codebooks.putNibbles(source, qs, 8, Codebooks.TWICE_E2M1, d, target, out + 16 * sub);
    }
  }

  /**
   * What multiplies the doubled floats of a sub-block: half of 2^(exponent − 7) · 1.fraction, or of
   * 2⁻⁶ · 0.fraction where the exponent is 0.
   */
  static float scale(MemorySegment source, long block, int sub) {
    int bits = LittleEndian.unsignedByte(source, block + sub);
    if (bits == 0x7F) {
      return 0f;
    }
    int exponent = (bits >>> 3) & 0xF;
    int fraction = bits & 7;
    return exponent == 0 ? fraction * 0x1p-10f : Math.scalb(8f + fraction, exponent - 11);
  }
}
