package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;

/**
 * A superblock of 256 elements in eight sub-blocks of 32: every eight elements are a vector of a
 * codebook of 256, whose signs are given apart. value = ± (d · (scale + ½) · ¼) · v.
 *
 * <pre>
 * byte 0       2            66
 *      | d f16 | 8 × 8 bytes |
 *
 * of each sub-block: | 4 bytes of codes | scale : 4 | signs of vector 3 : 7 | 2 : 7 | 1 : 7 | 0 : 7 |
 * </pre>
 *
 * The seven signs of a vector have an eighth that makes their number even.
 */
public final class IQ2_XXS extends BlockwiseFormat {
  private static final int SUBS = 2;

  /** The format has no state. */
  public IQ2_XXS() {
    super(256, 66);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
    for (int sub = 0; sub < 8; sub++) {
      long at = block + SUBS + 8L * sub;
      int signs = LittleEndian.int32(source, at + 4);
      float scale = scale(source, block, sub);
      for (int v = 0; v < 4; v++) {
        Codebooks.Iq2Xxs.BOOK.put(
            LittleEndian.unsignedByte(source, at + v),
            Codebooks.evenSigns((signs >>> (7 * v)) & 0x7F),
            scale,
            target,
            out + 32 * sub + 8 * v);
      }
    }
  }

  /** What multiplies the numbers of a sub-block. */
  static float scale(MemorySegment source, long block, int sub) {
    int signs = LittleEndian.int32(source, block + SUBS + 8L * sub + 4);
    return LittleEndian.half(source, block) * (0.5f + (signs >>> 28)) * 0.25f;
  }
}
