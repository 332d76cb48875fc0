package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.zip.CRC32;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Arbitrary blocks, bit for bit: a sum of the values, as little-endian float32, that the Python
 * package {@code gguf} of llama.cpp computes from the same bytes.
 */
class DequantisationSumTest {
  private static final int BLOCKS = 512;

  @ParameterizedTest
  @CsvSource({
    "Q4_0, 3f0ace39",
    "Q4_1, 28a09884",
    "Q5_0, dd6b1b7e",
    "Q5_1, 4f658176",
    "Q8_0, c9f8c358",
    "Q2_K, 67805507",
    "Q3_K, ce1025ee",
    "Q4_K, 824fbacd",
    "Q5_K, 23849d26",
    "Q6_K, 817ddfaa",
    "IQ1_S, 9a194e8e",
    "IQ1_M, 53d1c3e7",
    "IQ2_XXS, d1b80106",
    "IQ2_XS, 1d1ad262",
    "IQ2_S, 6391e732",
    "IQ3_XXS, 9337927a",
    "IQ3_S, 2e3111ff",
    "IQ4_NL, 41ae7bf8",
    "IQ4_XS, 6a427efe",
    "TQ1_0, 7e5766a6",
    "TQ2_0, b34e6003",
    "MXFP4, cd45ff57",
    "NVFP4, 96ded6cd"
  })
  void sum(DType type, String expected) {
    int blockBytes = type.format().blockBytes();
    MemorySegment data = Arena.ofAuto().allocate((long) BLOCKS * blockBytes);
    int state = 1;
    for (long at = 0; at < data.byteSize(); at++) {
      state = (state * 1_103_515_245 + 12_345) & Integer.MAX_VALUE;
      data.set(ValueLayout.JAVA_BYTE, at, (byte) (state >>> 16));
    }
    for (int block = 0; block < BLOCKS; block++) {
      for (int field : halfFields(type)) {
        long upper = (long) block * blockBytes + field + 1;
        byte finite = (byte) (data.get(ValueLayout.JAVA_BYTE, upper) & 0xBF);
        data.set(ValueLayout.JAVA_BYTE, upper, finite);
      }
    }
    float[] values = new float[BLOCKS * type.blockSize()];
    type.format().dequantise(data, 0, values, 0, values.length);
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    CRC32 crc = new CRC32();
    crc.update(bytes.array());
    assertEquals(expected, HexFormat.of().toHexDigits((int) crc.getValue()));
  }

  /** Where float16 numbers, or their upper bits, stand: they are made less than 2. */
  private static int[] halfFields(DType type) {
    return switch (type) {
      case MXFP4, NVFP4 -> new int[] {};
      case Q4_1, Q5_1, Q4_K, Q5_K -> new int[] {0, 2};
      case Q2_K -> new int[] {80, 82};
      case Q3_K -> new int[] {108};
      case Q6_K -> new int[] {208};
      case TQ1_0 -> new int[] {52};
      case TQ2_0 -> new int[] {64};
      case IQ1_M -> new int[] {54};
      default -> new int[] {0};
    };
  }
}
