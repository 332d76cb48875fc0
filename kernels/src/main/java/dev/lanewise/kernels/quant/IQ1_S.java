package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;

/**
 * A superblock of 256 elements in eight sub-blocks of 32: every eight elements are a vector of −1,
 * 0 and 1 of a codebook of 2048, all moved by an eighth. value = (d · (1 + 2 · scale)) · (v ± ⅛).
 *
 * <pre>
 * byte 0       2                34            50
 *      | d f16 | 32 bytes of qs | 8 u16 of qh |
 *
 * qs[g] = low bits of the code of vector g
 * qh[s] = | shift is −⅛ : 1 | scale of sub-block s : 3 | high bits of its codes 3 … 0 : 3 each |
 * </pre>
 */
public final class IQ1_S extends BlockwiseFormat {
  private static final int QS = 2;
  private static final int QH = 34;

  /** The format has no state. */
  public IQ1_S() {
    super(256, 50);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
    for (int sub = 0; sub < 8; sub++) {
      int qh = LittleEndian.unsignedShort(source, block + QH + 2L * sub);
      float scale = scale(source, block, sub);
      float shift = shift(source, block, sub);
      for (int v = 0; v < 4; v++) {
        int low = LittleEndian.unsignedByte(source, block + QS + 4L * sub + v);
        int high = (qh >>> (3 * v)) & 7;
        int at = out + 32 * sub + 8 * v;
        Codebooks.Iq1.BOOK.putShifted(low | (high << 8), shift, scale, target, at);
      }
    }
  }

  /** What multiplies the moved elements of a sub-block. */
  static float scale(MemorySegment source, long block, int sub) {
    int qh = LittleEndian.unsignedShort(source, block + QH + 2L * sub);
    return LittleEndian.half(source, block) * (1 + 2 * ((qh >>> 12) & 7));
  }

  /** By how much the elements of a sub-block are moved. */
  static float shift(MemorySegment source, long block, int sub) {
    int qh = LittleEndian.unsignedShort(source, block + QH + 2L * sub);
    return qh >>> 15 == 0 ? 0.125f : -0.125f;
  }
}
