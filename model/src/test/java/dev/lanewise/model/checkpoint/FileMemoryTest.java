package dev.lanewise.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.LanewiseException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Memory of a file is there until it is closed, and whoever comes later is told so. */
class FileMemoryTest {
  private static final int ROWS = 16;
  private static final int COLS = 32;

  @TempDir private Path folder;

  /** A matrix of Q4_0 whose first block has the given scale, and one of F32. */
  private Path write(short scale) {
    byte[] blocks = new byte[(int) DType.Q4_0.bytes(ROWS * COLS)];
    blocks[0] = (byte) scale;
    blocks[1] = (byte) (scale >> 8);
    return new GgufWriter()
        .string("general.name", "small")
        .tensor("quantised", GgmlType.Q4_0.id(), blocks, ROWS, COLS)
        .tensor("floats", new float[] {1, 2, 3, 4, 5, 6}, 2, 3)
        .write(folder.resolve("small.gguf"));
  }

  private static void isClosed(Path path, Executable use) {
    String message = assertThrows(IllegalStateException.class, use).getMessage();
    assertTrue(message.startsWith(path + " is closed"), message);
  }

  @Test
  void closingGivesBackTheMappingAndTheCopies() {
    Path path = write(Float.floatToFloat16(1));
    Checkpoint file = FileMemory.owned(path.toString(), memory -> Checkpoint.open(path, memory));
    Weights weights = Weights.of(file);
    List<Matrix> matrices =
        List.of(
            weights.matrix("floats", 2, 3),
            weights.interleaved("quantised", ROWS, COLS),
            weights.interleaved("floats", 2, 3),
            weights.transposed("floats", 3, 2),
            weights.interleavedRows("quantised", 8, 8, ROWS, COLS));
    assertEquals(Matrix.Layout.INTERLEAVED, matrices.get(1).layout());
    assertEquals(Matrix.Layout.INTERLEAVED, matrices.get(4).layout());
    for (Matrix matrix : matrices) {
      assertTrue(matrix.data().scope().isAlive());
    }
    file.memory().close();
    for (Matrix matrix : matrices) {
      assertFalse(matrix.data().scope().isAlive());
    }
    file.memory().close();
    isClosed(path, () -> file.data(file.tensor("floats")));
    isClosed(path, () -> file.read(file.tensor("floats"), data -> data));
    isClosed(path, () -> file.metadata().string("general.name"));
    isClosed(path, () -> file.memory().guarded(() -> matrices.getFirst().data()));
  }

  @Test
  void automaticMemoryStaysWhileItCanBeReached() {
    Path path = write(Float.floatToFloat16(1));
    Checkpoint file = Checkpoint.open(path);
    Matrix matrix = Weights.of(file).matrix("floats", 2, 3);
    file.memory().close();
    assertTrue(matrix.data().scope().isAlive());
    isClosed(path, () -> file.data(file.tensor("floats")));
  }

  @Test
  void isGivenBackWhenNothingCouldBeLoaded() {
    Path path = write(Float.floatToFloat16(1));
    AtomicReference<Matrix> seen = new AtomicReference<>();
    LanewiseException failure = new LanewiseException("no such model");
    assertSame(
        failure,
        assertThrows(
            LanewiseException.class,
            () ->
                FileMemory.owned(
                    path.toString(),
                    memory -> {
                      Weights weights = Weights.of(Checkpoint.open(path, memory));
                      seen.set(weights.matrix("floats", 2, 3));
                      throw failure;
                    })));
    assertFalse(seen.get().data().scope().isAlive());
  }

  @Test
  void passesWhatHasNothingToDoWithIt() {
    FileMemory memory = FileMemory.owned("f", itself -> itself);
    IllegalStateException busy = new IllegalStateException("busy");
    assertSame(
        busy, assertThrows(IllegalStateException.class, () -> memory.guarded(() -> fail(busy))));
    assertEquals(3, memory.guarded(() -> 3));
  }

  private static int fail(IllegalStateException exception) {
    throw exception;
  }

  @Test
  void saysThatItWasClosedInTheMiddleOfUse() {
    Path path = write(Float.floatToFloat16(1));
    Checkpoint file = FileMemory.owned(path.toString(), memory -> Checkpoint.open(path, memory));
    Matrix matrix = Weights.of(file).matrix("floats", 2, 3);
    float[] row = new float[3];
    isClosed(
        path,
        () ->
            file.memory()
                .guarded(
                    () -> {
                      matrix.row(0, row, 0);
                      file.memory().close();
                      matrix.row(1, row, 0);
                      return row;
                    }));
    assertArrayEquals(new float[] {1, 2, 3}, row);
  }

  @Test
  void weightsThatCannotBeInterleavedStayWhereTheyAre() throws Exception {
    Weights weights = Weights.of(Checkpoint.open(write(Float.floatToFloat16(Float.NaN))));
    float[] row = new float[COLS];
    for (Matrix matrix :
        List.of(
            weights.interleaved("quantised", ROWS, COLS),
            weights.interleaved("quantised", ROWS, COLS),
            weights.interleavedRows("quantised", 0, 8, ROWS, COLS))) {
      assertEquals(Matrix.Layout.ROW_MAJOR, matrix.layout());
      matrix.row(1, row, 0);
      assertArrayEquals(new float[COLS], row, 1e-9f); // among them some of −0
    }
    Files.delete(folder.resolve("small.gguf"));
  }

  @Test
  void transposes() {
    Matrix matrix = Weights.of(Checkpoint.open(write((short) 0))).transposed("floats", 3, 2);
    float[] row = new float[2];
    for (int r = 0; r < 3; r++) {
      matrix.row(r, row, 0);
      assertArrayEquals(new float[] {r + 1, r + 4}, row);
    }
  }
}
