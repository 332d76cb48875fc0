package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sizes and layouts: every element is encoded on its own, bit by bit, and must come back. */
class DTypeTest {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  private static final int[] NON_LINEAR = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  /** Four-bit floats; ggml has no −0. */
  private static final double[] E2M1 = {
    0, 0.5, 1, 1.5, 2, 3, 4, 6, 0, -0.5, -1, -1.5, -2, -3, -4, -6
  };

  @ParameterizedTest
  @CsvSource({
    "F32, 1, 4",
    "F16, 1, 2",
    "BF16, 1, 2",
    "Q4_0, 32, 18",
    "Q4_1, 32, 20",
    "Q5_0, 32, 22",
    "Q5_1, 32, 24",
    "Q8_0, 32, 34",
    "Q4_K, 256, 144",
    "Q5_K, 256, 176",
    "Q6_K, 256, 210",
    "Q2_K, 256, 84",
    "Q3_K, 256, 110",
    "IQ1_S, 256, 50",
    "IQ1_M, 256, 56",
    "IQ2_XXS, 256, 66",
    "IQ2_XS, 256, 74",
    "IQ2_S, 256, 82",
    "IQ3_XXS, 256, 98",
    "IQ3_S, 256, 110",
    "IQ4_NL, 32, 18",
    "IQ4_XS, 256, 136",
    "TQ1_0, 256, 54",
    "TQ2_0, 256, 66",
    "MXFP4, 32, 17",
    "NVFP4, 64, 36"
  })
  void sizes(DType type, int blockSize, int blockBytes) {
    assertEquals(blockSize, type.blockSize());
    assertEquals(blockBytes, type.format().blockBytes());
    assertEquals(7L * blockBytes, type.bytes(7L * blockSize));
  }

  @ParameterizedTest
  @EnumSource
  void whatIsNoMultipleOfABlockIsRefused(DType type) {
    if (type.blockSize() == 1) {
      return;
    }
    MemorySegment data = Arena.ofAuto().allocate(2L * type.format().blockBytes());
    float[] values = new float[2 * type.blockSize()];
    for (int count : new int[] {values.length - 1, -type.blockSize()}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> type.format().dequantise(data, 0, values, 0, count));
      if (type.format() instanceof WritableFormat format) {
        assertThrows(
            IllegalArgumentException.class, () -> format.quantise(values, 0, data, 0, count));
      }
    }
  }

  @Test
  void sizesThatExceedALongAreRefused() {
    assertThrows(ArithmeticException.class, () -> DType.F32.bytes(Long.MAX_VALUE / 2));
  }

  @ParameterizedTest
  @ValueSource(
      ints = {0, 0x8000, 1, 0x8001, 0x03FF, 0x0400, 0x3C00, 0xC248, 0x7BFF, 0x7C00, 0xFC00})
  void f16(int bits) {
    MemorySegment data = Arena.ofAuto().allocate(2);
    data.set(SHORT, 0, (short) bits);
    int exponent = bits >> 10 & 31;
    double fraction = (bits & 1023) / 1024.0;
    double size =
        switch (exponent) {
          case 0 -> Math.scalb(fraction, -14);
          case 31 -> Double.POSITIVE_INFINITY;
          default -> Math.scalb(1 + fraction, exponent - 15);
        };
    assertEquals((float) (bits >= 0x8000 ? -size : size), decode(DType.F16, data, 1)[0]);
  }

  @Test
  void notANumberStaysSo() {
    MemorySegment data = Arena.ofAuto().allocate(4);
    data.set(SHORT, 0, (short) 0x7E01);
    data.set(SHORT, 2, (short) 0xFC01);
    assertEquals(Float.NaN, decode(DType.F16, data, 2)[1]);
    data.set(SHORT, 0, (short) 0x7FC1);
    assertEquals(Float.NaN, decode(DType.BF16, data, 1)[0]);
  }

  @Test
  void bf16IsTheUpperHalfOfAFloat() {
    MemorySegment data = Arena.ofAuto().allocate(2);
    for (int bits = 0; bits < 1 << 16; bits++) {
      data.set(SHORT, 0, (short) bits);
      assertEquals(Float.intBitsToFloat(bits << 16), decode(DType.BF16, data, 1)[0]);
    }
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL",
        "IQ4_XS", "TQ2_0"
      })
  void everyElementOfEveryBlock(DType type) {
    Random random = new Random(type.name().hashCode());
    int n = type.blockSize();
    int blocks = 3;
    MemorySegment data = Arena.ofAuto().allocate(type.bytes((long) blocks * n) + 1).asSlice(1);
    float[] expected = new float[blocks * n];
    for (int b = 0; b < blocks; b++) {
      MemorySegment block = data.asSlice(type.bytes((long) b * n), type.format().blockBytes());
      float[] values = encode(type, block, random);
      System.arraycopy(values, 0, expected, b * n, n);
    }
    float[] actual = new float[blocks * n + 2];
    type.format().dequantise(data, 0, actual, 1, blocks * n);
    assertEquals(0f, actual[0]);
    assertEquals(0f, actual[blocks * n + 1]);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual[i + 1], "element " + i);
    }
    type.format().dequantise(data, type.bytes(n), actual, 0, n);
    for (int i = 0; i < n; i++) {
      assertEquals(expected[n + i], actual[i], "element " + i + " of the second block");
    }
  }

  /** Five ternary digits are the upper end of the fraction 0.q₀q₁q₂q₃q₄ of 256. */
  @Test
  void ternaryDigits() {
    Random random = new Random(3);
    MemorySegment block = Arena.ofAuto().allocate(54);
    block.set(SHORT, 52, Float.floatToFloat16(-0.75f));
    int[] digits = new int[52 * 5];
    for (int at = 0; at < 52; at++) {
      int number = 0;
      for (int n = 0; n < 5; n++) {
        digits[5 * at + n] = at < 48 || n < 4 ? random.nextInt(3) : 0;
        number = 3 * number + digits[5 * at + n];
      }
      block.set(ValueLayout.JAVA_BYTE, at, (byte) ((number * 256 + 242) / 243));
    }
    float[] values = decode(DType.TQ1_0, block, 256);
    for (int i = 0; i < 256; i++) {
      int digit;
      if (i < 160) {
        digit = digits[5 * (i % 32) + i / 32];
      } else if (i < 240) {
        digit = digits[5 * (32 + i % 16) + (i - 160) / 16];
      } else {
        digit = digits[5 * (48 + i % 4) + (i - 240) / 4];
      }
      assertEquals(-0.75f * (digit - 1), values[i], "element " + i);
    }
  }

  /** Every scale and every code; e = 0 and 1 are denormal, codes 1 and 9 halve them further. */
  @Test
  void mxfp4() {
    MemorySegment block = Arena.ofAuto().allocate(17);
    for (int j = 0; j < 16; j++) {
      block.set(ValueLayout.JAVA_BYTE, 1 + j, (byte) (j | ((15 - j) << 4)));
    }
    for (int e = 0; e < 256; e++) {
      block.set(ValueLayout.JAVA_BYTE, 0, (byte) e);
      float[] values = decode(DType.MXFP4, block, 32);
      for (int j = 0; j < 16; j++) {
        float expected = (float) (Math.scalb(1.0, e - 127) * E2M1[j]);
        assertEquals(expected, values[j], "e = " + e);
        assertEquals(expected, values[31 - j], "e = " + e);
      }
    }
  }

  /** Every scale: an exponent of 4 bits biased by 7, a fraction of 3 bits. */
  @Test
  void nvfp4() {
    MemorySegment block = Arena.ofAuto().allocate(36);
    for (int i = 0; i < 64; i++) {
      or(block, 4 + 8 * (i / 16) + i % 8, (i % 16) << (4 * (i / 8 % 2)));
    }
    for (int bits = 0; bits < 256; bits++) {
      for (int sub = 0; sub < 4; sub++) {
        block.set(ValueLayout.JAVA_BYTE, sub, (byte) (bits + sub));
      }
      float[] values = decode(DType.NVFP4, block, 64);
      for (int i = 0; i < 64; i++) {
        int scale = (bits + i / 16) & 0xFF;
        int exponent = (scale >> 3) & 15;
        double fraction = (scale & 7) / 8.0;
        double size =
            exponent == 0 ? Math.scalb(fraction, -6) : Math.scalb(1 + fraction, exponent - 7);
        float expected = (float) ((scale == 0x7F ? 0 : size) * E2M1[i % 16]);
        assertEquals(expected, values[i], "scale " + scale);
      }
    }
  }

  private static float[] decode(DType type, MemorySegment data, int count) {
    float[] values = new float[count];
    type.format().dequantise(data, 0, values, 0, count);
    return values;
  }

  /** Fills a block of zeros with random codes, one field at a time; returns the values. */
  private static float[] encode(DType type, MemorySegment block, Random random) {
    float d = Float.float16ToFloat(Float.floatToFloat16((float) random.nextGaussian()));
    float m = Float.float16ToFloat(Float.floatToFloat16((float) random.nextGaussian()));
    int n = type.blockSize();
    int scaleAt =
        switch (type) {
          case Q2_K -> 80;
          case Q3_K -> 108;
          case Q6_K -> 208;
          case TQ2_0 -> 64;
          default -> 0;
        };
    block.set(SHORT, scaleAt, Float.floatToFloat16(d));
    boolean hasMinimum =
        switch (type) {
          case Q4_1, Q5_1, Q2_K, Q4_K, Q5_K -> true;
          default -> false;
        };
    if (hasMinimum) {
      block.set(SHORT, scaleAt + 2, Float.floatToFloat16(m));
    }
    float[] scale = new float[n / 16];
    float[] min = new float[n / 16];
    for (int sub = 0; sub < n / 16; sub++) {
      switch (type) {
        case Q4_K, Q5_K -> {
          if (sub % 2 == 0) { // sub-blocks of 32
            int s = random.nextInt(64);
            int t = random.nextInt(64);
            putScale(block, sub / 2, s, t);
            scale[sub] = d * s;
            min[sub] = m * t;
          } else {
            scale[sub] = scale[sub - 1];
            min[sub] = min[sub - 1];
          }
        }
        case Q2_K -> {
          int s = random.nextInt(16);
          int t = random.nextInt(16);
          or(block, sub, s | (t << 4));
          scale[sub] = d * s;
          min[sub] = m * t;
        }
        case Q3_K -> {
          int s = random.nextInt(64);
          or(block, 96 + sub % 8, (s & 15) << (4 * (sub / 8)));
          or(block, 104 + sub % 4, s >> 4 << (2 * (sub / 4)));
          scale[sub] = d * (s - 32);
        }
        case IQ4_XS -> {
          if (sub % 2 == 0) { // sub-blocks of 32
            int s = random.nextInt(64);
            or(block, 4 + sub / 4, (s & 15) << (4 * (sub / 2 % 2)));
            or(block, 2 + sub / 8, s >> 4 << (sub % 8));
            scale[sub] = d * (s - 32);
          } else {
            scale[sub] = scale[sub - 1];
          }
        }
        case Q6_K -> {
          byte s = (byte) random.nextInt();
          block.set(ValueLayout.JAVA_BYTE, 192 + sub, s);
          scale[sub] = d * s;
        }
        default -> {
          scale[sub] = d;
          min[sub] = hasMinimum ? -m : 0;
        }
      }
    }
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      int q = put(type, block, i, random);
      values[i] = hasMinimum ? scale[i / 16] * q - min[i / 16] : scale[i / 16] * q;
    }
    return values;
  }

  /** Six bits each of scale and minimum of sub-block j of Q4_K and Q5_K. */
  private static void putScale(MemorySegment block, int j, int scale, int min) {
    if (j < 4) {
      or(block, 4 + j, scale);
      or(block, 8 + j, min);
    } else {
      or(block, 12 + j - 4, (scale & 15) | ((min & 15) << 4));
      or(block, 4 + j - 4, scale >> 4 << 6);
      or(block, 8 + j - 4, min >> 4 << 6);
    }
  }

  /** Writes a random code for element i; returns the number that it stands for. */
  private static int put(DType type, MemorySegment block, int i, Random random) {
    int half = i / 16; // of a block of 32
    int pair = i / 64; // of a superblock: two runs of 32 share their bytes
    int run = i / 32;
    return switch (type) {
      case Q4_0 -> {
        int q = random.nextInt(16);
        or(block, 2 + i % 16, q << (4 * half));
        yield q - 8;
      }
      case Q4_1 -> {
        int q = random.nextInt(16);
        or(block, 4 + i % 16, q << (4 * half));
        yield q;
      }
      case Q5_0 -> {
        int q = random.nextInt(32);
        or(block, 6 + i % 16, (q & 15) << (4 * half));
        or(block, 2 + i / 8, q >> 4 << (i % 8));
        yield q - 16;
      }
      case Q5_1 -> {
        int q = random.nextInt(32);
        or(block, 8 + i % 16, (q & 15) << (4 * half));
        or(block, 4 + i / 8, q >> 4 << (i % 8));
        yield q;
      }
      case Q8_0 -> {
        byte q = (byte) random.nextInt();
        block.set(ValueLayout.JAVA_BYTE, 2 + i, q);
        yield q;
      }
      case Q4_K -> {
        int q = random.nextInt(16);
        or(block, 16 + 32 * pair + i % 32, q << (4 * (run % 2)));
        yield q;
      }
      case Q5_K -> {
        int q = random.nextInt(32);
        or(block, 48 + 32 * pair + i % 32, (q & 15) << (4 * (run % 2)));
        or(block, 16 + i % 32, q >> 4 << run);
        yield q;
      }
      case Q6_K -> {
        int q = random.nextInt(64);
        int j = i % 128; // within a half of the superblock
        or(block, 64 * (i / 128) + j % 64, (q & 15) << (4 * (j / 64)));
        or(block, 128 + 32 * (i / 128) + j % 32, q >> 4 << (2 * (j / 32)));
        yield q - 32;
      }
      case Q2_K -> {
        int q = random.nextInt(4);
        or(block, 16 + 32 * (i / 128) + i % 32, q << (2 * (run % 4)));
        yield q;
      }
      case Q3_K -> {
        int q = random.nextInt(8);
        or(block, 32 + 32 * (i / 128) + i % 32, (q & 3) << (2 * (run % 4)));
        or(block, i % 32, q >> 2 << run);
        yield q - 4;
      }
      case IQ4_NL -> {
        int q = random.nextInt(16);
        or(block, 2 + i % 16, q << (4 * half));
        yield NON_LINEAR[q];
      }
      case IQ4_XS -> {
        int q = random.nextInt(16);
        or(block, 8 + 16 * run + i % 16, q << (4 * (half % 2)));
        yield NON_LINEAR[q];
      }
      case TQ2_0 -> {
        int q = random.nextInt(4);
        or(block, 32 * (i / 128) + i % 32, q << (2 * (run % 4)));
        yield q - 1;
      }
      default -> throw new IllegalArgumentException(type + " has no codes");
    };
  }

  private static void or(MemorySegment block, long offset, int bits) {
    byte old = block.get(ValueLayout.JAVA_BYTE, offset);
    block.set(ValueLayout.JAVA_BYTE, offset, (byte) (old | bits));
  }
}
