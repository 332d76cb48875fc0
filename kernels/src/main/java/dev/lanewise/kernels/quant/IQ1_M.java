package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;

/**
 * A superblock of 256 elements in sixteen sub-blocks of 16: every eight elements are a vector of
 * the codebook of {@link IQ1_S}, moved by an eighth. value = (d · (1 + 2 · scale)) · (v ± ⅛).
 *
 * <pre>
 * byte 0                32               48                56
 *      | 32 bytes of qs | 16 bytes of qh | 4 u16 of scales |
 *
 * qs[g]     = low bits of the code of vector g
 * qh[p]     = | shift of vector 2p + 1 is −⅛ : 1 | high bits of its code : 3 | the same of 2p : 4 |
 * scales[w] = | bits 4w … 4w + 3 of d : 4 | scales of sub-blocks 4w + 3 … 4w : 3 each |
 * </pre>
 *
 * d is a float16 like that of other types, but cut into four.
 */
public final class IQ1_M extends BlockwiseFormat {
  private static final int QH = 32;
  private static final int SCALES = 48;

  /** The format has no state. */
  public IQ1_M() {
    super(256, 56);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
    for (int v = 0; v < 32; v++) {
      float scale = scale(source, block, v / 2);
      int qh = LittleEndian.unsignedByte(source, block + QH + v / 2) >>> (4 * (v % 2));
      float shift = (qh & 8) == 0 ? 0.125f : -0.125f;
      int code = LittleEndian.unsignedByte(source, block + v) | ((qh & 7) << 8);
      Codebooks.Iq1.BOOK.putShifted(code, shift, scale, target, out + 8 * v);
    }
  }

  /** What multiplies the moved elements of a sub-block. */
  static float scale(MemorySegment source, long block, int sub) {
    int scales = LittleEndian.unsignedShort(source, block + SCALES + 2L * (sub / 4));
    return d(source, block + SCALES) * (1 + 2 * ((scales >>> (3 * (sub % 4))) & 7));
  }

  /** The float16 number whose bits are the upper four of each of four words. */
  private static float d(MemorySegment source, long at) {
    int bits = 0;
    for (int w = 0; w < 4; w++) {
      bits |= LittleEndian.unsignedShort(source, at + 2L * w) >>> 12 << (4 * w);
    }
    return Float.float16ToFloat((short) bits);
  }
}
