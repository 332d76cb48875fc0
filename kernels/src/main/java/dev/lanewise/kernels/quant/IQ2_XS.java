package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;

/**
 * A superblock of 256 elements in sixteen sub-blocks of 16: every eight elements are a vector of a
 * codebook of 512, whose signs are given apart. value = ± (d · (scale + ½) · ¼) · v.
 *
 * <pre>
 * byte 0       2             66                  74
 *      | d f16 | 32 u16 of qs | 8 bytes of scales |
 *
 * qs[g]     = | signs of vector g : 7 | its code : 9 |
 * scales[p] = | scale of sub-block 2p + 1 : 4 | scale of sub-block 2p : 4 |
 * </pre>
 *
 * The seven signs of a vector have an eighth that makes their number even.
 */
public final class IQ2_XS extends BlockwiseFormat {
  private static final int QS = 2;
  private static final int SCALES = 66;

  /** The format has no state. */
  public IQ2_XS() {
    super(256, 74);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
    for (int v = 0; v < 32; v++) {
      float scale = scale(source, block, v / 2);
      int q = LittleEndian.unsignedShort(source, block + QS + 2L * v);
      int signs = Codebooks.evenSigns(q >>> 9);
      Codebooks.Iq2Xs.BOOK.put(q & 0x1FF, signs, scale, target, out + 8 * v);
    }
  }

  /** What multiplies the numbers of a sub-block. */
  static float scale(MemorySegment source, long block, int sub) {
    int scales = LittleEndian.unsignedByte(source, block + SCALES + sub / 2);
    return LittleEndian.half(source, block) * (0.5f + ((scales >>> (4 * (sub % 2))) & 0xF)) * 0.25f;
  }
}
