package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;

/**
 * A superblock of 256 signed six-bit numbers in sixteen sub-blocks of 16 with a signed eight-bit
 * scale each: value = (d · scale) · (q − 32).
 *
 * <pre>
 * byte 0                 128              192                  208     210
 *      | 128 bytes of ql | 64 bytes of qh | 16 bytes of scales | d f16 |
 * </pre>
 *
 * Each half of the superblock, h = 0 and 1, has 64 bytes of ql, 32 of qh, 8 scales and four runs of
 * 32 elements:
 *
 * <pre>
 * ql[64·h + l]      = | low bits of run 2, element l : 4 | low bits of run 0, element l : 4 |
 * ql[64·h + 32 + l] = | low bits of run 3, element l : 4 | low bits of run 1, element l : 4 |
 * qh[32·h + l]      = | high bits of run 3 : 2 | of run 2 : 2 | of run 1 : 2 | of run 0 : 2 |
 * scales[8·h + 2·r + l / 16] belongs to element l of run r
 * </pre>
 */
public final class Q6_K extends BlockedFormat {
  private static final int QH = 128;
  private static final int SCALES = 192;
  private static final int D = 208;

  /** The format has no state. */
  public Q6_K() {
    super(256, 210);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
    float d = LittleEndian.half(source, block + D);
    for (int sub = 0; sub < 16; sub++) {
      int half = sub / 8;
      int run = sub % 8 / 2;
      int first = 16 * (sub % 2); // element of the run with which the sub-block starts
      float scale = d * LittleEndian.signedByte(source, block + SCALES + sub);
      int ql = 64 * half + 32 * (run % 2) + first;
      int qh = QH + 32 * half + first;
      for (int l = 0; l < 16; l++) {
        int low = LittleEndian.unsignedByte(source, block + ql + l) >>> (4 * (run / 2)) & 0xF;
        int high = LittleEndian.unsignedByte(source, block + qh + l) >>> (2 * run) & 3;
        target[out + 16 * sub + l] = scale * ((low | high << 4) - 32);
      }
    }
  }
}
