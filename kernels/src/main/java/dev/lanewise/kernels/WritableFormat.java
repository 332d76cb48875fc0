package dev.lanewise.kernels;

import java.lang.foreign.MemorySegment;

/**
 * A format that numbers can be rounded to, and not only read from.
 *
 * <p>No input is refused. Where a block holds a NaN or an infinity, or so large a number that its
 * float16 scale is infinite, some of its numbers come back as no finite ones; one so small that the
 * scale is 0 comes back as 0.
 */
public interface WritableFormat extends BlockFormat {
  /**
   * Encodes consecutive elements.
   *
   * @param source holds {@code count} values from {@code sourceOffset} on
   * @param target receives the blocks
   * @param offset byte offset in {@code target} of the first block
   * @param count elements to encode, a multiple of {@link #blockSize}
   * @throws IllegalArgumentException if it is none
   * @throws IndexOutOfBoundsException if the source or the target has no room for so many
   */
  void quantise(float[] source, int sourceOffset, MemorySegment target, long offset, int count);
}
