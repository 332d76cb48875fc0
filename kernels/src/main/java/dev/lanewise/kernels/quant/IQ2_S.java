package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;

/**
 * A superblock of 256 elements in sixteen sub-blocks of 16: every eight elements are a vector of a
 * codebook of 1024, whose signs are given apart. value = ± (d · (scale + ½) · ¼) · v.
 *
 * <pre>
 * byte 0       2                34                  66              74                  82
 *      | d f16 | 32 bytes of qs | 32 bytes of signs | 8 bytes of qh | 8 bytes of scales |
 *
 * qs[g]     = low bits of the code of vector g
 * signs[g]  = bit i is the sign of element i of vector g
 * qh[p]     = | high bits of the code of vector 4p + 3 : 2 | 4p + 2 : 2 | 4p + 1 : 2 | 4p : 2 |
 * scales[p] = | scale of sub-block 2p + 1 : 4 | scale of sub-block 2p : 4 |
 * </pre>
 */
public final class IQ2_S extends BlockwiseFormat {
  private static final int QS = 2;
  private static final int SIGNS = 34;
  private static final int QH = 66;
  private static final int SCALES = 74;

  /** The format has no state. */
  public IQ2_S() {
    super(256, 82);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
    for (int v = 0; v < 32; v++) {
      float scale = scale(source, block, v / 2);
      int low = LittleEndian.unsignedByte(source, block + QS + v);
      int high = (LittleEndian.unsignedByte(source, block + QH + v / 4) >>> (2 * (v % 4))) & 3;
      int signs = LittleEndian.unsignedByte(source, block + SIGNS + v);
      Codebooks.Iq2S.BOOK.put(low | (high << 8), signs, scale, target, out + 8 * v);
    }
  }

  /** What multiplies the numbers of a sub-block. */
  static float scale(MemorySegment source, long block, int sub) {
    int scales = LittleEndian.unsignedByte(source, block + SCALES + sub / 2);
    return LittleEndian.half(source, block) * (0.5f + ((scales >>> (4 * (sub % 2))) & 0xF)) * 0.25f;
  }
}
