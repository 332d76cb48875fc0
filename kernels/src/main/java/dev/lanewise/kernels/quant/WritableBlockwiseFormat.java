package dev.lanewise.kernels.quant;

import dev.lanewise.kernels.WritableFormat;
import java.lang.foreign.MemorySegment;

/** A {@link BlockwiseFormat} whose blocks can also be written, one after the other. */
abstract class WritableBlockwiseFormat extends BlockwiseFormat implements WritableFormat {
  WritableBlockwiseFormat(int blockSize, int blockBytes) {
    super(blockSize, blockBytes);
  }

  @Override
  public final void quantise(
      float[] source, int sourceOffset, MemorySegment target, long offset, int count) {
    requireBlocks(count);
    for (int b = 0; b < count / blockSize(); b++) {
      quantiseBlock(
          source, sourceOffset + b * blockSize(), target, offset + (long) b * blockBytes());
    }
  }

  /**
   * Encodes the values of one block.
   *
   * @param x holds them from {@code xo} on
   * @param block the block's byte offset in {@code target}
   */
  abstract void quantiseBlock(float[] x, int xo, MemorySegment target, long block);
}
