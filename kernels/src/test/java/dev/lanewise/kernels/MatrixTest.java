package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class MatrixTest {
  @Test
  void keepsTheValuesItIsMadeOf() {
    float[] values = {1, -2, Float.NaN, -0f, Float.MIN_VALUE, Float.POSITIVE_INFINITY};
    Matrix matrix = Matrix.of(values, 2, 3);
    values[0] = 99;
    float[] row = new float[5];
    matrix.row(0, row, 1);
    assertArrayEquals(new float[] {0, 1, -2, Float.NaN, 0}, row);
    matrix.row(1, row, 2);
    assertArrayEquals(new float[] {0, 1, -0f, Float.MIN_VALUE, Float.POSITIVE_INFINITY}, row);
    assertEquals(12, matrix.rowBytes());
    assertEquals(DType.F32, matrix.dtype());
  }

  @ParameterizedTest
  @EnumSource
  void decodesAnyRow(DType type) {
    int cols = 3 * type.blockSize();
    Weights weights = Weights.random(type, 5, cols, new Random(type.name().hashCode()));
    for (int row = 0; row < 5; row++) {
      float[] actual = new float[cols];
      weights.matrix().row(row, actual, 0);
      float[] expected = new float[cols];
      System.arraycopy(weights.values(), row * cols, expected, 0, cols);
      assertArrayEquals(expected, actual);
      weights.matrix().interleaved().row(row, actual, 0);
      assertArrayEquals(expected, actual);
    }
  }

  @Test
  void interleavesRowsOfAnyLengthButThoseOfHalves() {
    Matrix matrix = Matrix.of(Fill.NORMAL.array(17 * 3, new Random(4)), 17, 3);
    Matrix interleaved = matrix.interleaved();
    assertEquals(Matrix.Layout.INTERLEAVED, interleaved.layout());
    assertEquals(2 * 16 * 3 * 4, interleaved.data().byteSize());
    assertSame(interleaved, interleaved.interleaved());
    Matrix halves = matrix.quantised(DType.F16);
    assertSame(halves, halves.interleaved(), "three columns make no pairs of words");
  }

  /** The vectors that multiply interleaved rows take float16 numbers for finite ones. */
  @ParameterizedTest
  @CsvSource({
    "Q8_0, 0, 31744",
    "Q8_0, 34, 32256",
    "Q4_1, 22, 31744",
    "Q4_1, 20, 64512",
    "F16, 0, 31744",
    "F16, 66, 64512",
    "F16, 126, 65535"
  })
  void leavesHalvesThatAreNotFiniteAsTheyAre(DType type, int at, int half) {
    Weights weights = Weights.random(type, 2, 32, new Random(5));
    MemorySegment data = Arena.ofAuto().allocate(weights.matrix().data().byteSize());
    data.copyFrom(weights.matrix().data());
    data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) half);
    Matrix matrix = new Matrix(data, 2, 32, type);
    assertSame(matrix, matrix.interleaved());
    float[] x = new float[32];
    Arrays.fill(x, 1);
    for (Kernels kernels : Implementations.all()) {
      float[] y = new float[2];
      kernels.gemm(x, new Matrix[] {matrix}, new float[][] {y}, 1);
      int row = at / (int) matrix.rowBytes();
      assertFalse(Float.isFinite(y[row]), kernels::description);
      assertTrue(Float.isFinite(y[1 - row]), kernels::description);
    }
  }

  /** Nor the scales of superblocks, whatever those of their parts make of them. */
  @ParameterizedTest
  @CsvSource({
    "Q2_K, 80",
    "Q3_K, 108",
    "Q4_K, 0",
    "Q5_K, 0",
    "Q6_K, 208",
    "IQ1_S, 0",
    "IQ2_XXS, 0",
    "IQ3_S, 0",
    "IQ4_NL, 0",
    "IQ4_XS, 0",
    "TQ1_0, 52",
    "TQ2_0, 64"
  })
  void leavesSuperblocksThatAreNotFiniteAsTheyAre(DType type, int at) {
    Weights weights = Weights.random(type, 2, 256, new Random(5));
    MemorySegment data = Arena.ofAuto().allocate(weights.matrix().data().byteSize());
    data.copyFrom(weights.matrix().data());
    assertEquals(Matrix.Layout.INTERLEAVED, new Matrix(data, 2, 256, type).interleaved().layout());
    data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(Float.POSITIVE_INFINITY));
    Matrix matrix = new Matrix(data, 2, 256, type);
    assertSame(matrix, matrix.interleaved());
  }

  @Test
  void transposesWhateverTheAlignment() {
    MemorySegment odd = Arena.ofAuto().allocate(25, 8).asSlice(1);
    Matrix matrix = Matrix.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
    Matrix transposed = matrix.transposed((_, _) -> odd);
    float[] row = new float[2];
    transposed.row(1, row, 0);
    assertArrayEquals(new float[] {2, 5}, row);
  }

  @ParameterizedTest
  @CsvSource({"-1", "2", "2147483647"})
  void refusesRowsThatItHasNot(int row) {
    Matrix matrix = Matrix.of(new float[6], 2, 3);
    Exception e =
        assertThrows(IndexOutOfBoundsException.class, () -> matrix.row(row, new float[3], 0));
    assertTrue(e.getMessage().contains("2 rows"), e::getMessage);
  }

  @ParameterizedTest
  @CsvSource({"31, 0", "32, 1", "32, -1"})
  void refusesTargetsThatARowDoesNotFit(int length, int offset) {
    Matrix rows = Matrix.of(new float[64], 2, 32, DType.Q4_0);
    for (Matrix matrix : List.of(rows, rows.interleaved())) {
      float[] target = new float[length];
      Exception e =
          assertThrows(IllegalArgumentException.class, () -> matrix.row(1, target, offset));
      assertTrue(e.getMessage().contains("an array of " + length), e::getMessage);
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 3", "2, 0", "-1, 3", "2, -3"})
  void refusesEmptyShapes(int rows, int cols) {
    MemorySegment data = Arena.ofAuto().allocate(1000);
    assertThrows(IllegalArgumentException.class, () -> new Matrix(data, rows, cols, DType.F32));
  }

  @Test
  void refusesValuesThatDoNotFill() {
    assertThrows(IllegalArgumentException.class, () -> Matrix.of(new float[5], 2, 3));
    assertThrows(IllegalArgumentException.class, () -> Matrix.of(new float[0], 65536, 65536));
  }

  @Test
  void refusesRowsThatEndWithinABlock() {
    MemorySegment data = Arena.ofAuto().allocate(1000);
    Exception e =
        assertThrows(IllegalArgumentException.class, () -> new Matrix(data, 1, 48, DType.Q4_0));
    assertTrue(e.getMessage().contains("48") && e.getMessage().contains("32"), e::getMessage);
  }

  @Test
  void refusesTooLittleData() {
    MemorySegment data = Arena.ofAuto().allocate(2 * 18 - 1);
    Exception e =
        assertThrows(IllegalArgumentException.class, () -> new Matrix(data, 2, 32, DType.Q4_0));
    assertTrue(e.getMessage().contains("36") && e.getMessage().contains("35"), e::getMessage);
    assertThrows(
        IllegalArgumentException.class,
        () -> new Matrix(data, Integer.MAX_VALUE, Integer.MAX_VALUE, DType.F32));
  }

  @Test
  void roundsToAnyTypeThatCanBeWritten() {
    float[] values = Fill.NORMAL.array(3 * 256, new Random(8));
    for (DType type : DType.values()) {
      if (!type.canQuantise()) {
        Matrix exact = Matrix.of(values, 3, 256);
        Exception e = assertThrows(IllegalArgumentException.class, () -> exact.quantised(type));
        assertTrue(e.getMessage().contains(type.name()), e::getMessage);
        continue;
      }
      Matrix matrix = Matrix.of(values, 3, 256, type);
      assertEquals(type, matrix.dtype());
      assertEquals(3 * type.bytes(256), matrix.data().byteSize());
      double error = 0;
      double size = 0;
      float[] row = new float[256];
      for (int r = 0; r < 3; r++) {
        matrix.row(r, row, 0);
        for (int i = 0; i < 256; i++) {
          error += Math.pow(row[i] - values[256 * r + i], 2);
          size += Math.pow(values[256 * r + i], 2);
        }
      }
      assertTrue(error < 0.01 * size, type::name);
    }
  }

  @Test
  void roundsFromAnyTypeAndLayout() {
    Weights weights = Weights.random(DType.Q5_0, 5, 64, new Random(9));
    Matrix expected = Matrix.of(weights.values(), 5, 64, DType.Q8_0);
    for (Matrix w : new Matrix[] {weights.matrix(), weights.matrix().interleaved()}) {
      assertEquals(-1, expected.data().mismatch(w.quantised(DType.Q8_0).data()));
    }
  }

  @Test
  void roundsOnlyWholeBlocks() {
    Exception e =
        assertThrows(
            IllegalArgumentException.class, () -> Matrix.of(new float[96], 2, 48, DType.Q4_0));
    assertTrue(e.getMessage().contains("48") && e.getMessage().contains("32"), e::getMessage);
  }

  @Test
  void refusesHeapMemory() {
    MemorySegment data = MemorySegment.ofArray(new byte[64]);
    assertThrows(IllegalArgumentException.class, () -> new Matrix(data, 2, 3, DType.F32));
  }

  @Test
  void sharesItsDataReadOnlyAndWithoutTheRest() {
    Matrix matrix = new Matrix(Arena.ofAuto().allocate(100), 2, 3, DType.F32);
    assertEquals(24, matrix.data().byteSize());
    assertTrue(matrix.data().isReadOnly());
  }

  @ParameterizedTest
  @CsvSource({"0, 1, 8", "1, 0, 8", "1, 1, 0", "4, 3, 8", "-4, -2, 8"})
  void attentionShapesMustDivide(int nHeads, int nKvHeads, int headDim) {
    Exception e =
        assertThrows(
            IllegalArgumentException.class, () -> AttentionShape.of(nHeads, nKvHeads, headDim));
    assertTrue(e.getMessage().contains(nHeads + " heads, " + nKvHeads), e::getMessage);
  }
}
