package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;

/**
 * A superblock of 256 unsigned five-bit numbers in eight sub-blocks of 32: value = (d · scale) · q
 * − (dmin · min), rounded after every operation.
 *
 * <pre>
 * byte 0       2          4                   16               48                176
 *      | d f16 | dmin f16 | scales and minima | 32 bytes of qh | 128 bytes of qs |
 *
 * qs[32·p + l] = | low bits of element l of sub-block 2p + 1 : 4 | … of sub-block 2p : 4 |
 * qh[l]        = bit s is the high bit of element l of sub-block s
 * </pre>
 *
 * The twelve bytes of scales and minima are drawn in {@code SubBlockScales}.
 */
public final class Q5_K extends WritableBlockwiseFormat {
  private static final int SCALES = 4;
  private static final int QH = 16;
  private static final int QS = 48;

  /** The format has no state. */
  public Q5_K() {
    super(256, 176);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
    float d = LittleEndian.half(source, block);
    float dmin = LittleEndian.half(source, block + 2);
    for (int sub = 0; sub < 8; sub++) {
      float scale = d * SubBlockScales.scale(source, block + SCALES, sub);
      float min = dmin * SubBlockScales.min(source, block + SCALES, sub);
      int qs = QS + 32 * (sub / 2);
      int shift = 4 * (sub % 2);
      for (int l = 0; l < 32; l++) {
        int low = LittleEndian.unsignedByte(source, block + qs + l) >>> shift & 0xF;
        int high = LittleEndian.unsignedByte(source, block + QH + l) >>> sub & 1;
        target[out + 32 * sub + l] = scale * (low | high << 4) - min;
      }
    }
  }

  /** As {@link AffineSuperblock} does it. */
  @Override
  void quantiseBlock(float[] x, int xo, MemorySegment target, long block) {
    int[] codes = AffineSuperblock.quantise(x, xo, 31, target, block);
    for (int l = 0; l < 32; l++) {
      int high = 0;
      for (int sub = 0; sub < 8; sub++) {
        high |= (codes[32 * sub + l] >>> 4) << sub;
      }
      LittleEndian.putByte(target, block + QH + l, high);
    }
    for (int i = 0; i < 128; i++) {
      int low = 64 * (i / 32) + i % 32; // in the even one of two sub-blocks
      int qs = (codes[low] & 0xF) | (codes[low + 32] << 4);
      LittleEndian.putByte(target, block + QS + i, qs);
    }
  }
}
