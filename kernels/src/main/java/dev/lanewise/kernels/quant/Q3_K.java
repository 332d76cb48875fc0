package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;

/**
 * A superblock of 256 signed three-bit numbers in sixteen sub-blocks of 16 with a signed six-bit
 * scale each: value = (d · (scale − 32)) · (q − 4).
 *
 * <pre>
 * byte 0                   32               96                   108     110
 *      | 32 bytes of hmask | 64 bytes of qs | 12 bytes of scales | d f16 |
 *
 * hmask[l]      = bit r is the high bit of element l of run r, of eight runs of 32
 * qs[32·h + l]  = | low bits of run 4h + 3, element l : 2 | … 4h + 2 : 2 | … 4h + 1 : 2 | … 4h : 2 |
 * scales[0 … 7] = | low bits of scale 8 … 15 : 4 | low bits of scale 0 … 7 : 4 |
 * scales[8 + j] = | high bits of scale 12 + j : 2 | … 8 + j : 2 | … 4 + j : 2 | … j : 2 |
 * </pre>
 */
public final class Q3_K extends BlockwiseFormat {
  private static final int QS = 32;
  private static final int SCALES = 96;
  private static final int D = 108;

  /** The format has no state. */
  public Q3_K() {
    super(256, 110);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
    for (int sub = 0; sub < 16; sub++) {
      int run = sub / 2;
      int first = 16 * (sub % 2); // element of the run with which the sub-block starts
      float scale = scale(source, block, sub);
      int qs = QS + 32 * (run / 4) + first;
      for (int l = 0; l < 16; l++) {
        int low = (LittleEndian.unsignedByte(source, block + qs + l) >>> (2 * (run % 4))) & 3;
        int high = (LittleEndian.unsignedByte(source, block + first + l) >>> run) & 1;
        target[out + 16 * sub + l] = scale * ((low | (high << 2)) - 4);
      }
    }
  }

  /** What multiplies the numbers of a sub-block. */
  private static float scale(MemorySegment source, long block, int sub) {
    long scales = block + SCALES;
    int low = (LittleEndian.unsignedByte(source, scales + sub % 8) >>> (4 * (sub / 8))) & 0xF;
    int high = (LittleEndian.unsignedByte(source, scales + 8 + sub % 4) >>> (2 * (sub / 4))) & 3;
    return LittleEndian.half(source, block + D) * ((low | (high << 4)) - 32);
  }
}
