package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;

/**
 * A superblock of 256 elements in eight sub-blocks of 32: every four elements are a vector of a
 * codebook of 256, whose signs are given apart. value = ± (d · (scale + ½) · ½) · v.
 *
 * <pre>
 * byte 0       2                66             98
 *      | d f16 | 64 bytes of qs | 8 u32 of signs |
 *
 * qs[g]    = code of vector g
 * signs[s] = | scale of sub-block s : 4 | signs of its eight 3 : 7 | 2 : 7 | 1 : 7 | 0 : 7 |
 * </pre>
 *
 * The seven signs of eight elements have an eighth that makes their number even.
 */
public final class IQ3_XXS extends BlockwiseFormat {
  private static final int QS = 2;
  private static final int SIGNS = 66;

  /** The format has no state. */
  public IQ3_XXS() {
    super(256, 98);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
    for (int sub = 0; sub < 8; sub++) {
      int word = LittleEndian.int32(source, block + SIGNS + 4L * sub);
      float scale = scale(source, block, sub);
      for (int v = 0; v < 8; v++) {
        int signs = Codebooks.evenSigns((word >>> (7 * (v / 2))) & 0x7F);
        Codebooks.Iq3Xxs.BOOK.put(
            LittleEndian.unsignedByte(source, block + QS + 8L * sub + v),
            signs >>> (4 * (v % 2)),
            scale,
            target,
            out + 32 * sub + 4 * v);
      }
    }
  }

  /** What multiplies the numbers of a sub-block. */
  static float scale(MemorySegment source, long block, int sub) {
    int word = LittleEndian.int32(source, block + SIGNS + 4L * sub);
    return LittleEndian.half(source, block) * (0.5f + (word >>> 28)) * 0.5f;
  }
}
