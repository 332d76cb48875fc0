package dev.lanewise.kernels.quant;

import dev.lanewise.kernels.BlockFormat;
import java.lang.foreign.MemorySegment;

/** A format with blocks of several elements, which are decoded one after the other. */
abstract class BlockwiseFormat implements BlockFormat {
  private final int blockSize;
  private final int blockBytes;

  BlockwiseFormat(int blockSize, int blockBytes) {
    this.blockSize = blockSize;
    this.blockBytes = blockBytes;
  }

  @Override
  public final int blockSize() {
    return blockSize;
  }

  @Override
  public final int blockBytes() {
    return blockBytes;
  }

  @Override
  public final void dequantise(
      MemorySegment source, long offset, float[] target, int targetOffset, int count) {
    requireBlocks(count);
    for (int b = 0; b < count / blockSize; b++) {
      dequantiseBlock(source, offset + (long) b * blockBytes, target, targetOffset + b * blockSize);
    }
  }

  /** Refuses what would leave elements over. */
  final void requireBlocks(int count) {
    if (count < 0 || count % blockSize != 0) {
      throw new IllegalArgumentException(
          count + " elements are no multiple of the block of " + blockSize);
    }
  }

  /**
   * Writes the values of one block.
   *
   * @param block its byte offset in {@code source}
   * @param target receives the values from {@code out} on
   */
  abstract void dequantiseBlock(MemorySegment source, long block, float[] target, int out);
}
