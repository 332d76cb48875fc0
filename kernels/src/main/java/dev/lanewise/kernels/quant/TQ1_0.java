package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;

/**
 * 256 ternary numbers that share one scale, five to a byte: value = (q − 1) · d with q = 0, 1 or 2.
 *
 * <pre>
 * byte 0                32              48              52      54
 *      | 32 bytes of qs | 16 bytes of qs | 4 bytes of qh | d f16 |
 *
 * qs[l], l &lt; 32   holds elements l, 32 + l, 64 + l, 96 + l and 128 + l
 * qs[32 + l]      holds elements 160 + l, 176 + l, 192 + l, 208 + l and 224 + l
 * qh[l]           holds elements 240 + l, 244 + l, 248 + l and 252 + l
 * </pre>
 *
 * A byte is a fraction of 256 in base 3: digit n, the first after the point being n = 0, is what
 * three times the fraction that is left after n digits carries over the point. The bytes of qh hold
 * four digits and waste the fifth.
 */
public final class TQ1_0 extends BlockwiseFormat {
  private static final int D = 52;

  /** The format has no state. */
  public TQ1_0() {
    super(256, 54);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
    float d = scale(source, block);
    digits(source, block, 32, 5, d, target, out);
    digits(source, block + 32, 16, 5, d, target, out + 160);
    digits(source, block + 48, 4, 4, d, target, out + 240);
  }

  /** The first digits of consecutive bytes, then their second, and so on. */
  private static void digits(
      MemorySegment source, long at, int bytes, int digits, float d, float[] target, int out) {
    for (int l = 0; l < bytes; l++) {
      int fraction = LittleEndian.unsignedByte(source, at + l);
      for (int n = 0; n < digits; n++) {
        int tripled = 3 * fraction;
        target[out + bytes * n + l] = d * ((tripled >>> 8) - 1);
        fraction = tripled & 0xFF;
      }
    }
  }

  /** What multiplies the numbers of a block. */
  static float scale(MemorySegment source, long block) {
    return LittleEndian.half(source, block + D);
  }
}
