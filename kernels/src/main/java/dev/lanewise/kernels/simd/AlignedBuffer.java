package dev.lanewise.kernels.simd;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Floats outside of the heap, for what a micro-kernel reads vector by vector, again and again.
 *
 * <p>They begin at a cache line. Arrays lie on the heap as it happens, and most of the time each
 * vector of 512 bits is then read from two lines: products of 256 × 256 × 256 and more took a
 * twentieth longer on a processor of Intel. Attention, whose sums are short, took a thirtieth
 * longer with its queries and weights here: loads from outside of the heap have more to check
 * before a loop.
 */
final class AlignedBuffer {
  /** Bytes of a cache line, and of the widest vector. */
  private static final long ALIGNMENT = 64;

  /** One of the floats, in the order of bytes in which vectors are read and written. */
  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** No floats. */
  static final MemorySegment EMPTY = MemorySegment.NULL;

  private AlignedBuffer() {}

  /**
   * The buffer itself if it holds so many floats, otherwise a new one. The garbage collector frees
   * the old one, which may take long: lengths are powers of two, so that all of them together are
   * hardly more than the last.
   */
  static MemorySegment atLeast(MemorySegment buffer, int floats) {
    long bytes = (long) Float.BYTES * floats;
    if (buffer.byteSize() >= bytes) {
      return buffer;
    }
    return Arena.ofAuto().allocate(Long.highestOneBit(2 * bytes - 1), ALIGNMENT);
  }
}
