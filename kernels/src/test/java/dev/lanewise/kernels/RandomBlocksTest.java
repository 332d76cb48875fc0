package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.quant.RandomBlocks;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Random weights are numbers of the size that was asked for, whatever the bits of their blocks. */
class RandomBlocksTest {
  private static final int COUNT = 1 << 14;
  private static final float LIMIT = 0.25f;

  /** The scale of MXFP4 is a power of two, and the others are rounded. */
  private static final float SLACK = 1.5f;

  @ParameterizedTest
  @EnumSource(DType.class)
  void elementsFillTheRange(DType type) {
    float[] values = new float[COUNT];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(type.bytes(COUNT));
      RandomBlocks.fill(data, type, LIMIT, new SplittableRandom(7));
      type.format().dequantise(data, 0, values, 0, COUNT);
    }
    float least = 0;
    float largest = 0;
    for (float value : values) {
      assertTrue(Math.abs(value) <= SLACK * LIMIT, () -> type + " has " + value);
      least = Math.min(least, value);
      largest = Math.max(largest, value);
    }
    assertTrue(least < -LIMIT / 8 && largest > LIMIT / 8, least + " to " + largest);
  }
}
