package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;

/**
 * 32 four-bit floats (E2M1) that share a power of two (E8M0): value = 2^(e − 127) · f, the format
 * MXFP4 of the OCP Microscaling Formats specification 1.0.
 *
 * <pre>
 * byte 0      1                17
 *      | e u8 | 16 bytes of qs |
 *
 * qs[j] = | element j + 16 : 4 | element j : 4 |
 * </pre>
 *
 * The table of the floats is doubled, to be one of whole numbers, and the scale halved. An e of
 * 255, NaN in the specification, is a power like any other here, and −0 is 0, as in ggml.
 */
public final class MXFP4 extends BlockwiseFormat {
  private static final int QS = 1;

  /** The format has no state. */
  public MXFP4() {
    super(32, 17);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
    float d = scale(source, block);
    Codebooks.putNibbles(source, block + QS, 16, Codebooks.TWICE_E2M1, d, target, out);
  }

  /** What multiplies the doubled floats: 2^(e − 128), of which the first two are denormal. */
  static float scale(MemorySegment source, long block) {
    int e = LittleEndian.unsignedByte(source, block);
    return Float.intBitsToFloat(e < 2 ? 1 << (21 + e) : (e - 1) << 23);
  }
}
