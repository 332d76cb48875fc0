package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Numbers rounded to blocks: bits, errors, and what becomes of awkward numbers. */
class QuantisationTest {
  /** Bytes on both sides of the blocks, which must stay as they are. */
  private static final int GUARD = 7;

  static Stream<DType> types() {
    return Stream.of(DType.values()).filter(DType::canQuantise);
  }

  static Stream<Arguments> typesAndFills() {
    return types()
        .filter(type -> type.blockSize() > 1)
        .flatMap(type -> Stream.of(Fill.values()).map(fill -> Arguments.of(type, fill)));
  }

  /**
   * The bytes, as a sum, that {@code gguf.quants.quantize} of the Python package {@code gguf} 0.19
   * of llama.cpp makes of the same numbers; for the types with scales they are those of ggml's C
   * code, too.
   */
  @ParameterizedTest
  @CsvSource({
    "F16, 33086ffa",
    "BF16, c4fd9705",
    "Q4_0, c344bb88",
    "Q4_1, b19b054b",
    "Q5_0, 74c0cc6f",
    "Q5_1, 95cf4fb2",
    "Q8_0, 3b7a70a3"
  })
  void bits(DType type, String expected) {
    CRC32 crc = new CRC32();
    crc.update(encode(type, numbers(1 << 16)));
    assertEquals(expected, HexFormat.of().toHexDigits((int) crc.getValue()));
  }

  /**
   * The root of Σ error² / Σ x² is no larger than that of ggml's own quantisation (version 0.25 of
   * the library, {@code ggml_quantize_chunk} without an importance matrix) of the same numbers.
   */
  @ParameterizedTest
  @CsvSource({"Q4_K, 0.07302826", "Q5_K, 0.03704773", "Q6_K, 0.01792130"})
  void errorIsNoLargerThanThatOfGgml(DType type, double bound) {
    float[] x = numbers(1 << 16);
    float[] y = roundTrip(type, x);
    double error = 0;
    double size = 0;
    for (int i = 0; i < x.length; i++) {
      error += Math.pow((double) y[i] - x[i], 2);
      size += Math.pow(x[i], 2);
    }
    double relative = Math.sqrt(error / size);
    assertTrue(relative <= bound, () -> type + ": " + relative);
  }

  /**
   * Products of two uniform random numbers, computed in integers; a superblock is up to 2⁷ times
   * smaller than the first.
   */
  private static float[] numbers(int n) {
    float[] x = new float[n];
    int state = 1;
    for (int i = 0; i < n; i++) {
      state = (state * 1_103_515_245 + 12_345) & Integer.MAX_VALUE;
      int a = (state >>> 15) - 32_768;
      state = (state * 1_103_515_245 + 12_345) & Integer.MAX_VALUE;
      int b = (state >>> 15) - 32_768;
      x[i] = Math.scalb((float) (a * b), -(30 + i / 256 % 8));
    }
    return x;
  }

  /**
   * No number is farther from what it becomes than half a step, where the numbers of a block lie
   * from −1 to 1, and a step more where the last one is cut off; that the scale, the minimum and
   * the products are rounded adds at most 2⁻¹⁰.
   *
   * @param step in parts of the range 2
   * @param cut whether the range ends a step short of 1
   */
  @ParameterizedTest
  @CsvSource({
    "Q4_0, 16, true",
    "Q4_1, 15, false",
    "Q5_0, 32, true",
    "Q5_1, 31, false",
    "Q8_0, 254, false"
  })
  void errorIsAtMostHalfAStep(DType type, int step, boolean cut) {
    Random random = new Random(step);
    for (int sample = 0; sample < 500; sample++) {
      float[] x = new float[32];
      for (int i = 0; i < x.length; i++) {
        x[i] = random.nextFloat(-1, 1);
      }
      x[random.nextInt(16)] = -1;
      x[16 + random.nextInt(16)] = cut ? random.nextFloat(-1, 1) : 1;
      float[] y = roundTrip(type, x);
      double half = 1.0 / step;
      for (int i = 0; i < x.length; i++) {
        double bound = cut && x[i] > 1 - 2 * half ? 2 * half : half;
        double error = Math.abs(y[i] - x[i]);
        assertTrue(error <= bound + 0x1p-10, () -> type + ": error of " + error);
      }
    }
  }

  /** Numbers that the type can hold come back as they were. */
  @ParameterizedTest
  @CsvSource({
    "Q4_0, -8, 7, 32, 0",
    "Q4_1, 0, 15, 32, -5",
    "Q4_1, 0, 15, 32, 3",
    "Q5_0, -16, 15, 32, 0",
    "Q5_1, 0, 31, 32, -9.5",
    "Q8_0, -127, 127, 32, 0",
    "Q4_K, 0, 15, 32, 0",
    "Q4_K, 0, 15, 32, -15.75",
    "Q5_K, 0, 31, 32, -7.875",
    "Q6_K, -32, 31, 16, 0"
  })
  void numbersOfTheTypeAreExact(DType type, int least, int most, int perScale, float offset) {
    Random random = new Random(Objects.hash(type.name(), offset));
    float[] x = new float[8 * type.blockSize()];
    for (int i = 0; i < x.length; i++) {
      int q =
          switch (i % perScale) {
            case 3 -> least;
            case 5 -> most;
            default -> random.nextInt(least, most + 1);
          };
      x[i] = 63 * 0x1p-9f * (q + offset); // units of superblocks are 63rd parts
    }
    assertArrayEquals(x, roundTrip(type, x));
  }

  /** Half of a code goes up, that of Q8_0 away from 0. */
  @ParameterizedTest
  @CsvSource({
    "Q4_0, -8, 1, 0",
    "Q5_0, -16, 1, 0",
    "Q4_1, 15, 1, 0",
    "Q5_1, 31, 1, 0",
    "Q8_0, 127, 1, -1"
  })
  void ties(DType type, float extreme, float half, float minusHalf) {
    boolean minimum = type == DType.Q4_1 || type == DType.Q5_1;
    float[] x = new float[32];
    x[0] = extreme - (minimum ? 2 : 0);
    x[1] = minimum ? -2 : 0;
    x[2] = 0.5f;
    x[3] = -0.5f;
    x[4] = 1.5f;
    float[] y = roundTrip(type, x);
    assertArrayEquals(new float[] {x[0], x[1], half, minusHalf, 2}, Arrays.copyOf(y, 5));
  }

  /** Halves of the last bit go to the even neighbour, and what is too large to infinity. */
  @ParameterizedTest
  @CsvSource({
    "F16, 0x1.002p0, 0x1p0",
    "F16, 0x1.006p0, 0x1.008p0",
    "F16, 0x1.002002p0, 0x1.004p0",
    "F16, 65519.996, 65504",
    "F16, 65520, Infinity",
    "F16, 0x1p-25, 0",
    "F16, 0x1.000002p-25, 0x1p-24",
    "F16, -0.0, -0.0",
    "BF16, 0x1.01p0, 0x1p0",
    "BF16, 0x1.03p0, 0x1.04p0",
    "BF16, 0x1.010002p0, 0x1.02p0",
    "BF16, 0x1.fffffep127, Infinity",
    "BF16, -0x1p-149, -0.0",
    "BF16, NaN, NaN",
    "F16, NaN, NaN",
    "F32, 0x1.fffffep127, 0x1.fffffep127"
  })
  void halves(DType type, float x, float expected) {
    assertEquals(expected, roundTrip(type, new float[] {x})[0]);
  }

  /** A NaN whose payload is in the lower half alone is none of infinity's bits. */
  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void notANumberStaysSo(DType type) {
    for (int bits : new int[] {0x7F800001, 0xFF800001, 0x7FFFFFFF, 0x7FC00000}) {
      assertEquals(Float.NaN, roundTrip(type, new float[] {Float.intBitsToFloat(bits)})[0]);
    }
  }

  /**
   * No number is refused. The block of a NaN becomes NaN throughout; that of an infinity, or of
   * numbers too large for a scale, holds no finite number.
   */
  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("typesAndFills")
  void awkwardNumbers(DType type, Fill fill) {
    int n = type.blockSize();
    float[] x = fill.array(64 * n, new Random(Objects.hash(type.name(), fill.name())));
    float[] y = roundTrip(type, x);
    for (int block = 0; block < y.length; block += n) {
      boolean finite = true;
      boolean nan = false;
      for (int i = block; i < block + n; i++) {
        finite &= Float.isFinite(x[i]) && Math.abs(x[i]) <= 1e6;
        nan |= Float.isNaN(x[i]);
      }
      for (int i = block; i < block + n; i++) {
        float value = y[i];
        if (finite) {
          float error = Math.abs(value - x[i]);
          assertTrue(error <= 0.5f, () -> "finite numbers become " + value);
        } else if (nan) {
          assertEquals(Float.NaN, value);
        } else {
          assertTrue(!Float.isFinite(value), () -> "numbers out of range become " + value);
        }
      }
    }
  }

  /** Zeros and numbers below the smallest scale become zeros. */
  @ParameterizedTest
  @MethodSource("types")
  void nothingStaysNothing(DType type) {
    int n = 2 * type.blockSize();
    for (float size : new float[] {0f, -0f, Float.MIN_VALUE, -0x1p-126f}) {
      float[] x = new float[n];
      Arrays.fill(x, size);
      x[n - 1] = -size;
      float[] y = roundTrip(type, x);
      for (int i = 0; i < n; i++) {
        assertTrue(Math.abs(y[i]) <= Math.abs(x[i]), () -> size + " grew");
      }
    }
  }

  private static float[] roundTrip(DType type, float[] x) {
    MemorySegment data = Arena.ofAuto().allocate(type.bytes(x.length));
    MemorySegment.copy(encode(type, x), 0, data, ValueLayout.JAVA_BYTE, 0, (int) data.byteSize());
    float[] y = new float[x.length];
    type.format().dequantise(data, 0, y, 0, x.length);
    return y;
  }

  /** The blocks, written at an odd address over bytes that are not 0. */
  private static byte[] encode(DType type, float[] x) {
    int bytes = (int) type.bytes(x.length);
    byte[] all = new byte[bytes + 2 * GUARD];
    Arrays.fill(all, (byte) 0xA5);
    MemorySegment target = Arena.ofAuto().allocate(all.length);
    MemorySegment.copy(all, 0, target, ValueLayout.JAVA_BYTE, 0, all.length);
    float[] shifted = new float[x.length + 1];
    System.arraycopy(x, 0, shifted, 1, x.length);
    ((WritableFormat) type.format()).quantise(shifted, 1, target, GUARD, x.length);
    MemorySegment.copy(target, ValueLayout.JAVA_BYTE, 0, all, 0, all.length);
    for (int i = 0; i < GUARD; i++) {
      assertEquals((byte) 0xA5, all[i]);
      assertEquals((byte) 0xA5, all[GUARD + bytes + i]);
    }
    return Arrays.copyOfRange(all, GUARD, GUARD + bytes);
  }
}
