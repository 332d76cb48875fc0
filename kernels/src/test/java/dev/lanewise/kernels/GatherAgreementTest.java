package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Decoding is exact: no tolerance. */
class GatherAgreementTest {
  private static final int ROWS = 67;
  private static final int COLS = 512;

  @ParameterizedTest
  @EnumSource
  void everyType(DType type) {
    Random random = new Random(type.ordinal());
    Weights weights = Weights.random(type, ROWS, COLS, random);
    for (int count : new int[] {0, 1, 2, 100}) {
      int[] ids = random.ints(count + 1L, 0, ROWS).toArray();
      check(weights.matrix(), weights.values(), ids, count);
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyTypeInterleaved(DType type) {
    Random random = new Random(type.ordinal());
    Matrix table = Weights.random(type, ROWS, COLS, random).matrix().interleaved();
    float[] values = new float[ROWS * COLS];
    for (int row = 0; row < ROWS; row++) {
      table.row(row, values, row * COLS);
    }
    check(table, values, random.ints(100, 0, ROWS).toArray(), 100);
  }

  @ParameterizedTest(name = "{0} columns")
  @ValueSource(ints = {1, 3, 4, 5, 15, 16, 17, 31, 33, 207})
  void everyWidth(int cols) {
    Random random = new Random(cols);
    float[] values = Fill.NORMAL.array(9 * cols, random);
    int[] ids = {8, 0, 3, 3, 8, 1};
    check(Matrix.of(values, 9, cols), values, ids, ids.length, cols);
  }

  @ParameterizedTest(name = "id {0}")
  @ValueSource(ints = {-1, ROWS, Integer.MIN_VALUE, Integer.MAX_VALUE})
  void rowsThatAreNotThere(int id) {
    Matrix table = Matrix.of(new float[ROWS * 3], ROWS, 3);
    for (Kernels kernels : Implementations.all()) {
      float[] y = Bounds.guarded(0);
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> kernels.gather(table, new int[] {0, id}, y, 2),
          kernels::description);
      Bounds.assertGuardIntact(y, 0, kernels.description());
    }
  }

  private static void check(Matrix table, float[] values, int[] ids, int count) {
    check(table, values, ids, count, COLS);
  }

  private static void check(Matrix table, float[] values, int[] ids, int count, int cols) {
    for (Kernels kernels : Implementations.all()) {
      float[] y = Bounds.guarded(count * cols);
      kernels.gather(table, ids, y, count);
      for (int i = 0; i < count; i++) {
        for (int j = 0; j < cols; j++) {
          assertEquals(values[ids[i] * cols + j], y[i * cols + j], kernels::description);
        }
      }
      Bounds.assertGuardIntact(y, count * cols, kernels.description());
    }
  }
}
