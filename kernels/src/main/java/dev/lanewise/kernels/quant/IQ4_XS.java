package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;

/**
 * A superblock of 256 four-bit codes in eight sub-blocks of 32 with a signed six-bit scale each:
 * value = (d · (scale − 32)) · v, where v is one of the sixteen numbers of {@link IQ4_NL}.
 *
 * <pre>
 * byte 0       2              4                    8                 136
 *      | d f16 | scalesH u16  | 4 bytes of scalesL | 128 bytes of qs |
 *
 * scalesH      = bits 2s and 2s + 1 are the high bits of scale s
 * scalesL[p]   = | low bits of scale 2p + 1 : 4 | low bits of scale 2p : 4 |
 * qs[16·s + j] = | code of element j + 16 of sub-block s : 4 | code of element j : 4 |
 * </pre>
 */
public final class IQ4_XS extends BlockwiseFormat {
  private static final int SCALES_HIGH = 2;
  private static final int SCALES_LOW = 4;
  private static final int QS = 8;

  /** The format has no state. */
  public IQ4_XS() {
    super(256, 136);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
    for (int sub = 0; sub < 8; sub++) {
      float scale = scale(source, block, sub);
      long qs = block + QS + 16L * sub;
      Codebooks.putNibbles(source, qs, 16, Codebooks.NON_LINEAR, scale, target, out + 32 * sub);
    }
  }

  /** What multiplies the numbers of a sub-block. */
  static float scale(MemorySegment source, long block, int sub) {
    int lows = LittleEndian.unsignedByte(source, block + SCALES_LOW + sub / 2);
    int low = (lows >>> (4 * (sub % 2))) & 0xF;
    int high = (LittleEndian.unsignedShort(source, block + SCALES_HIGH) >>> (2 * sub)) & 3;
    return LittleEndian.half(source, block) * ((low | (high << 4)) - 32);
  }
}
