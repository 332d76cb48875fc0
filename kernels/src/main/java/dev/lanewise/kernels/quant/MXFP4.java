package dev.lanewise.kernels.quant;

import dev.lanewise.kernels.BlockFormat;
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
public final class MXFP4 implements BlockFormat {
  private static final int BLOCK_SIZE = 32;
  private static final int BLOCK_BYTES = 17;
  private static final int QS = 1;

  /** The format has no state. */
  public MXFP4() {}

  @Override
  public int blockSize() {
    return BLOCK_SIZE;
  }

  @Override
  public int blockBytes() {
    return BLOCK_BYTES;
  }

  @Override
  public void dequantise(
      MemorySegment source, long offset, float[] target, int targetOffset, int count) {
    for (int b = 0; b < count / BLOCK_SIZE; b++) {
      long block = offset + (long) b * BLOCK_BYTES;
      int out = targetOffset + b * BLOCK_SIZE;
      float d = power(LittleEndian.unsignedByte(source, block));
      for (int j = 0; j < 16; j++) {
        int q = LittleEndian.unsignedByte(source, block + QS + j);
        target[out + j] = d * Codebooks.TWICE_E2M1[q & 0xF];
        target[out + j + 16] = d * Codebooks.TWICE_E2M1[q >>> 4];
      }
    }
  }

  /** 2^(e − 128): the first two are denormal. */
  private static float power(int e) {
    return Float.intBitsToFloat(e < 2 ? 1 << (21 + e) : (e - 1) << 23);
  }
}
