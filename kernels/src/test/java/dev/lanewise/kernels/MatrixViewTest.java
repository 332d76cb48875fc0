package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A view lies inside its array, whatever it is made from. */
class MatrixViewTest {
  private static final float[] DATA = new float[24];

  @ParameterizedTest
  @CsvSource({
    "0, 1, 0, 4, 6, 6, 1", "1, 1, 0, 4, 5, 6, 1", "0, 2, 12, 3, 4, 4, 1", "0, 1, 0, 2, 2, 22, 1",
    "23, 9, 0, 5, 7, 0, 0", "99, 0, 9, 9, 9, 9, 9", "99, 3, 9, 0, 9, 9, 9", "99, 3, 9, 9, 0, 9, 9"
  })
  void whatFitsIsAccepted(
      int offset, int batch, int batchStride, int rows, int cols, int rowStride, int columnStride) {
    MatrixView view =
        new MatrixView(DATA, offset, batch, batchStride, rows, cols, rowStride, columnStride);
    assertSame(DATA, view.data());
  }

  @ParameterizedTest
  @CsvSource({
    "-1, 1, 0, 1, 1, 1, 1",
    "0, -1, 0, 1, 1, 1, 1",
    "0, 1, -1, 1, 1, 1, 1",
    "0, 1, 0, -1, 1, 1, 1",
    "0, 1, 0, 1, -1, 1, 1",
    "0, 1, 0, 1, 1, -1, 1",
    "0, 1, 0, 1, 1, 1, -1",
    "24, 1, 0, 1, 1, 1, 1",
    "1, 1, 0, 4, 6, 6, 1",
    "0, 3, 12, 3, 4, 4, 1",
    "0, 1, 0, 2, 2, 23, 1",
    "0, 2147483647, 2147483647, 2147483647, 2147483647, 2147483647, 2147483647",
    "2147483647, 1, 0, 1, 1, 0, 0",
    "0, 65537, 65536, 1, 1, 0, 0",
    "0, 1, 0, 65537, 1, 65536, 0"
  })
  void whatDoesNotFitIsRefused(
      int offset, int batch, int batchStride, int rows, int cols, int rowStride, int columnStride) {
    Exception e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                new MatrixView(
                    DATA, offset, batch, batchStride, rows, cols, rowStride, columnStride));
    assertTrue(e.getMessage().length() > 10, e::toString);
  }

  @Test
  void partsAndTransposes() {
    MatrixView view = MatrixView.ofBatch(DATA, 2, 3, 4);
    assertEquals(new MatrixView(DATA, 0, 2, 12, 4, 3, 1, 4), view.transposed());
    assertEquals(view, view.transposed().transposed());
    assertEquals(new MatrixView(DATA, 4, 2, 12, 2, 4, 4, 1), view.rows(1, 2));
    assertEquals(new MatrixView(DATA, 3, 2, 12, 3, 1, 4, 1), view.columns(3, 1));
    MatrixView one = MatrixView.of(DATA, 4, 6);
    assertEquals(new MatrixView(DATA, 0, 5, 0, 4, 6, 6, 1), one.repeated(5));
  }

  @Test
  void partsOutsideAreRefused() {
    MatrixView view = MatrixView.ofBatch(DATA, 2, 3, 4);
    assertThrows(IllegalArgumentException.class, () -> view.rows(2, 2));
    assertThrows(IllegalArgumentException.class, () -> view.rows(-1, 2));
    assertThrows(IllegalArgumentException.class, () -> view.rows(1, Integer.MAX_VALUE));
    assertThrows(IllegalArgumentException.class, () -> view.columns(1, 4));
    assertThrows(IllegalArgumentException.class, () -> view.columns(0, -1));
    assertThrows(IllegalArgumentException.class, () -> view.repeated(2));
    assertThrows(IllegalArgumentException.class, () -> MatrixView.of(DATA, 5, 5));
    assertThrows(IllegalArgumentException.class, () -> MatrixView.ofBatch(DATA, 1, 65536, 65536));
  }
}
