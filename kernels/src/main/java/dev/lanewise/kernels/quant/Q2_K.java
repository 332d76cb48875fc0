package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;

/**
 * A superblock of 256 unsigned two-bit numbers in sixteen sub-blocks of 16: value = (d · scale) · q
 * − (dmin · min), rounded after every operation.
 *
 * <pre>
 * byte 0                               16                80      82         84
 *      | 16 bytes of scales and minima | 64 bytes of qs  | d f16 | dmin f16 |
 *
 * scales[s]    = | min of sub-block s : 4 | scale of sub-block s : 4 |
 * qs[32·h + l] = | run 3, element l : 2 | run 2 : 2 | run 1 : 2 | run 0 : 2 |
 * </pre>
 *
 * Each half of the superblock, h = 0 and 1, is four runs of 32 elements.
 */
public final class Q2_K extends BlockwiseFormat {
  private static final int QS = 16;
  private static final int D = 80;
  private static final int DMIN = 82;

  /** The format has no state. */
  public Q2_K() {
    super(256, 84);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
    for (int sub = 0; sub < 16; sub++) {
      float scale = scale(source, block, sub);
      float min = min(source, block, sub);
      int qs = QS + 32 * (sub / 8) + 16 * (sub % 2);
      int shift = 2 * (sub % 8 / 2);
      for (int l = 0; l < 16; l++) {
        int q = (LittleEndian.unsignedByte(source, block + qs + l) >>> shift) & 3;
        target[out + 16 * sub + l] = scale * q - min;
      }
    }
  }

  /** What multiplies the numbers of a sub-block. */
  private static float scale(MemorySegment source, long block, int sub) {
    int scales = LittleEndian.unsignedByte(source, block + sub);
    return LittleEndian.half(source, block + D) * (scales & 0xF);
  }

  /** What is taken off the products of a sub-block. */
  private static float min(MemorySegment source, long block, int sub) {
    int scales = LittleEndian.unsignedByte(source, block + sub);
    return LittleEndian.half(source, block + DMIN) * (scales >>> 4);
  }
}
