package dev.lanewise.kernels.quant;

import dev.lanewise.kernels.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.random.RandomGenerator;

/** Encoded weights of any type that stand for random numbers of a size: to measure kernels with. */
public final class RandomBlocks {
  /**
   * The two float16 fields of a block, where value = d · q + m · p, and p = 1 but in superblocks.
   *
   * @param scaleAt byte of d
   * @param largestFactor largest |q|
   * @param minimumAt byte of m, −1 if there is none
   * @param largestMinimum largest |p|, negative where the format subtracts the minimum
   */
  private record Fields(int scaleAt, int largestFactor, int minimumAt, int largestMinimum) {}

  private RandomBlocks() {}

  /**
   * Fills memory with whole blocks.
   *
   * @param limit the elements lie between about −limit and limit
   */
  public static void fill(MemorySegment data, DType type, float limit, RandomGenerator random) {
    switch (type) {
      case F32 -> {
        for (long at = 0; at < data.byteSize(); at += 4) {
          data.set(LittleEndian.FLOAT, at, random.nextFloat(-limit, limit));
        }
      }
      case F16 -> {
        for (long at = 0; at < data.byteSize(); at += 2) {
          short half = Float.floatToFloat16(random.nextFloat(-limit, limit));
          data.set(LittleEndian.SHORT, at, half);
        }
      }
      case BF16 -> {
        for (long at = 0; at < data.byteSize(); at += 2) {
          int bits = Float.floatToRawIntBits(random.nextFloat(-limit, limit));
          data.set(LittleEndian.SHORT, at, (short) (bits >>> 16));
        }
      }
      default -> fillBlocks(data, type, limit, random);
    }
  }

  /** Any bytes are sound blocks; only the scales must be of a size. */
  private static void fillBlocks(
      MemorySegment data, DType type, float limit, RandomGenerator random) {
    Fields fields = fields(type);
    byte[] block = new byte[type.format().blockBytes()];
    for (long at = 0; at < data.byteSize(); at += block.length) {
      random.nextBytes(block);
      MemorySegment.copy(block, 0, data, ValueLayout.JAVA_BYTE, at, block.length);
      float size = random.nextFloat(limit / 2, limit);
      if (fields == null) {
        setOddScales(data, type, at, size);
        continue;
      }
      data.set(
          LittleEndian.SHORT,
          at + fields.scaleAt,
          Float.floatToFloat16(size / fields.largestFactor));
      if (fields.minimumAt >= 0) {
        // Half of the scale's range below 0, so that the elements lie about 0.
        float minimum = -size / 2 / fields.largestMinimum;
        data.set(LittleEndian.SHORT, at + fields.minimumAt, Float.floatToFloat16(minimum));
      }
    }
  }

  /** The scales of the types that have none of float16 in one piece. */
  private static void setOddScales(MemorySegment data, DType type, long block, float size) {
    if (type == DType.IQ1_M) { // four bits of it are the upper ones of each word
      short bits = Float.floatToFloat16(size / 17);
      for (int w = 0; w < 4; w++) {
        int word = data.get(LittleEndian.SHORT, block + 48 + 2L * w) & 0x0FFF;
        data.set(
            LittleEndian.SHORT, block + 48 + 2L * w, (short) (word | (bits >>> (4 * w)) << 12));
      }
      return;
    }
    int exponent = Math.getExponent(size / 6); // of the largest four-bit float
    if (type == DType.MXFP4) {
      data.set(ValueLayout.JAVA_BYTE, block, (byte) (exponent + 127));
      return;
    }
    // Below 2⁻⁶ the scales are denormal, multiples of 2⁻⁹.
    int scale = exponent < -6 ? 1 << Math.max(exponent + 9, 0) : (exponent + 7) << 3;
    for (int sub = 0; sub < 4; sub++) {
      data.set(ValueLayout.JAVA_BYTE, block + sub, (byte) scale);
    }
  }

  /** Where the float16 fields are; null if the scale is none in one piece. */
  private static Fields fields(DType type) {
    return switch (type) {
      case Q4_0 -> new Fields(0, 8, -1, 1);
      case Q4_1 -> new Fields(0, 15, 2, 1);
      case Q5_0 -> new Fields(0, 16, -1, 1);
      case Q5_1 -> new Fields(0, 31, 2, 1);
      case Q8_0 -> new Fields(0, 128, -1, 1);
      case Q4_K -> new Fields(0, 63 * 15, 2, -63);
      case Q5_K -> new Fields(0, 63 * 31, 2, -63);
      case Q2_K -> new Fields(80, 15 * 3, 82, -15);
      case Q3_K -> new Fields(108, 32 * 4, -1, 1);
      case IQ4_NL -> new Fields(0, 127, -1, 1);
      case IQ4_XS -> new Fields(0, 32 * 127, -1, 1);
      case TQ1_0 -> new Fields(52, 1, -1, 1);
      case TQ2_0 -> new Fields(64, 2, -1, 1);
      case IQ1_S -> new Fields(0, 17, -1, 1);
      case IQ2_XXS, IQ2_XS, IQ2_S -> new Fields(0, 167, -1, 1);
      case IQ3_XXS -> new Fields(0, 481, -1, 1);
      case IQ3_S -> new Fields(0, 31 * 15, -1, 1);
      case IQ1_M, MXFP4, NVFP4 -> null;
      case Q6_K -> new Fields(208, 128 * 32, -1, 1);
      case F32, F16, BF16 -> throw new IllegalArgumentException(type + " has no scales");
    };
  }
}
