package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;

/**
 * A superblock of 256 elements in eight sub-blocks of 32: every four elements are a vector of a
 * codebook of 512, whose signs are given apart. value = ± (d · (1 + 2 · scale)) · v.
 *
 * <pre>
 * byte 0       2                66              74                  106                 110
 *      | d f16 | 64 bytes of qs | 8 bytes of qh | 32 bytes of signs | 4 bytes of scales |
 *
 * qs[g]     = low bits of the code of vector g
 * qh[s]     = bit i is the high bit of the code of vector 8s + i
 * signs[p]  = | signs of vector 2p + 1 : 4 | signs of vector 2p : 4 |
 * scales[p] = | scale of sub-block 2p + 1 : 4 | scale of sub-block 2p : 4 |
 * </pre>
 */
public final class IQ3_S extends BlockwiseFormat {
  private static final int QS = 2;
  private static final int QH = 66;
  private static final int SIGNS = 74;
  private static final int SCALES = 106;

  /** The format has no state. */
  public IQ3_S() {
    super(256, 110);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
    for (int v = 0; v < 64; v++) {
      float scale = scale(source, block, v / 8);
      int low = LittleEndian.unsignedByte(source, block + QS + v);
      int high = (LittleEndian.unsignedByte(source, block + QH + v / 8) >>> (v % 8)) & 1;
      int signs = LittleEndian.unsignedByte(source, block + SIGNS + v / 2) >>> (4 * (v % 2));
      Codebooks.Iq3S.BOOK.put(low | (high << 8), signs, scale, target, out + 4 * v);
    }
  }

  /** What multiplies the numbers of a sub-block. */
  static float scale(MemorySegment source, long block, int sub) {
    int scales = LittleEndian.unsignedByte(source, block + SCALES + sub / 2);
    return LittleEndian.half(source, block) * (1 + 2 * ((scales >>> (4 * (sub % 2))) & 0xF));
  }
}
