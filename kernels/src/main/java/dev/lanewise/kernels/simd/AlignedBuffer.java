package dev.lanewise.kernels.simd;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Floats outside of the heap, for what the micro-kernels read vector by vector, again and again.
 *
 * <p>They begin at a cache line. Arrays lie on the heap as it happens, hardly ever so, and then
 * each vector of 512 bits is read from two lines: products took a fifteenth longer on a processor
 * of Intel, or as much as without reading ahead, which arrays need and this does not.
 */
final class AlignedBuffer {
  /** Bytes of a cache line, and of the widest vector. */
  private static final long ALIGNMENT = 64;

  /** No floats. */
  static final MemorySegment EMPTY = MemorySegment.NULL;

  private AlignedBuffer() {}

  /**
   * The buffer itself if it holds so many floats, otherwise a new one. The garbage collector frees
   * it.
   */
  static MemorySegment atLeast(MemorySegment buffer, int floats) {
    long bytes = (long) Float.BYTES * floats;
    return buffer.byteSize() >= bytes ? buffer : Arena.ofAuto().allocate(bytes, ALIGNMENT);
  }
}
