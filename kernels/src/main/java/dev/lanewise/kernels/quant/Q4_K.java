package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;

/**
 * A superblock of 256 unsigned four-bit numbers in eight sub-blocks of 32: value = (d · scale) · q
 * − (dmin · min), rounded after every operation.
 *
 * <pre>
 * byte 0       2          4                    16                144
 *      | d f16 | dmin f16 | scales and minima  | 128 bytes of qs |
 *
 * qs[32·p + l] = | element l of sub-block 2p + 1 : 4 bits | element l of sub-block 2p : 4 bits |
 * </pre>
 *
 * The twelve bytes of scales and minima are drawn in {@code SubBlockScales}.
 */
public final class Q4_K extends WritableBlockwiseFormat {
  private static final int SCALES = 4;
  private static final int QS = 16;

  /** The format has no state. */
  public Q4_K() {
    super(256, 144);
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
        int q = LittleEndian.unsignedByte(source, block + qs + l) >>> shift & 0xF;
        target[out + 32 * sub + l] = scale * q - min;
      }
    }
  }

  /** As {@link AffineSuperblock} does it. */
  @Override
  void quantiseBlock(float[] x, int xo, MemorySegment target, long block) {
    int[] codes = AffineSuperblock.quantise(x, xo, 15, target, block);
    for (int i = 0; i < 128; i++) {
      int low = 64 * (i / 32) + i % 32; // in the even one of two sub-blocks
      LittleEndian.putByte(target, block + QS + i, codes[low] | (codes[low + 32] << 4));
    }
  }
}
