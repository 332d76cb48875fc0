package dev.lanewise.kernels;

import java.lang.foreign.MemorySegment;

/**
 * How a tensor type stores its numbers: blocks of {@link #blockSize} elements in {@link
 * #blockBytes} little-endian bytes. Types without blocks (F32, F16, BF16) have blocks of one.
 */
public interface BlockFormat {
  /** Elements per block. */
  int blockSize();

  /** Bytes per block. */
  int blockBytes();

  /**
   * Writes the exact float32 value of consecutive elements.
   *
   * @param source the encoded blocks
   * @param offset byte offset in {@code source} of the first block
   * @param target receives {@code count} values from {@code targetOffset} on
   * @param count elements to decode, a multiple of {@link #blockSize}
   * @throws IllegalArgumentException if it is none
   * @throws IndexOutOfBoundsException if the source or the target holds fewer
   */
  void dequantise(MemorySegment source, long offset, float[] target, int targetOffset, int count);
}
