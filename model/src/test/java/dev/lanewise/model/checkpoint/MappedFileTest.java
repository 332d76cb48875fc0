package dev.lanewise.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/**
 * A file that shrinks while mapped ends in the user's error. Tried in Java machines of their own,
 * since compiled code that the machine does not know to read mapped memory brings it down.
 */
class MappedFileTest {
  private static final int ROWS = 64;
  private static final int COLS = 1024;

  /** The front of the file with all descriptions; no more is left of it. */
  private static final int KEPT_BYTES = 4096;

  @TempDir private Path folder;

  private Path writeModel() {
    GgufWriter writer = new GgufWriter().alignment(KEPT_BYTES);
    for (DType dtype : DType.values()) {
      byte[] data = new byte[(int) dtype.bytes(ROWS * COLS)];
      writer.tensor(dtype.name(), GgmlType.valueOf(dtype.name()).id(), data, ROWS, COLS);
    }
    return writer.write(folder.resolve("model.gguf"));
  }

  /** Foreground compilation, so that the warm-up ends with the final code. */
  private void runsThrough(Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    ChildJvm.Result result = ChildJvm.run(List.of("-Xmx256m", "-Xbatch"), main, arguments);
    assertEquals(0, result.exitCode(), result.output());
  }

  @Test
  void whereRowsAreDecoded() throws IOException, InterruptedException {
    runsThrough(ShrinkUnderRows.class, writeModel().toString());
  }

  @Test
  void whereRowsAreMultiplied() throws IOException, InterruptedException {
    runsThrough(ShrinkUnderKernels.class, writeModel().toString());
  }

  @Test
  void anInterruptIsNamed() {
    Path path = writeModel();
    List<Executable> readers =
        List.of(() -> Gguf.open(path), () -> MappedFile.read(path, 0, 4, data -> data));
    for (Executable reader : readers) {
      Thread.currentThread().interrupt();
      String message = assertThrows(LanewiseException.class, reader).getMessage();
      assertTrue(Thread.interrupted());
      assertEquals(path + ": the thread that read it was interrupted", message);
    }
  }

  @Test
  void passesOtherErrorsAndResults() {
    InternalError error = new InternalError("something else");
    assertSame(
        error, assertThrows(InternalError.class, () -> MappedFile.guarded("f", () -> fail(error))));
    assertEquals(3, MappedFile.guarded("f", () -> 3));
  }

  private static int fail(InternalError error) {
    throw error;
  }

  private static void shorten(Path path) {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(KEPT_BYTES);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void expectRefusal(Path path, String what, Supplier<Float> work) {
    float result;
    try {
      result = MappedFile.guarded(path.toString(), work);
    } catch (LanewiseException e) {
      if (e.getMessage().startsWith(path + ": ") && e.getMessage().contains("shorter")) {
        return;
      }
      throw e;
    }
    throw new AssertionError(what + ": lost pages were read, with the result " + result);
  }

  /** Reads rows of a file that lost them, by code that is interpreted and by compiled code. */
  static final class ShrinkUnderRows {
    private static final int WARM_UP = 20_000;

    private ShrinkUnderRows() {}

    public static void main(String[] args) {
      Path path = Path.of(args[0]);
      Weights weights = Weights.of(Gguf.open(path));
      Matrix cold = weights.matrix("F32", ROWS, COLS);
      float[] row = new float[COLS];
      for (DType dtype : DType.values()) {
        if (dtype != DType.F32) {
          Matrix matrix = weights.matrix(dtype.name(), ROWS, COLS);
          for (int i = 0; i < WARM_UP; i++) {
            matrix.row(i % ROWS, row, 0);
          }
        }
      }
      shorten(path);
      expectRefusal(path, "cold", () -> decode(cold, row));
      for (DType dtype : DType.values()) {
        Matrix matrix = weights.matrix(dtype.name(), ROWS, COLS);
        expectRefusal(path, dtype.name(), () -> decode(matrix, row));
      }
    }

    private static float decode(Matrix matrix, float[] row) {
      matrix.row(ROWS - 1, row, 0);
      return row[0];
    }
  }

  /** Multiplies with matrices of a file that lost them, one row of x and many, in two threads. */
  static final class ShrinkUnderKernels {
    private static final int WARM_UP = 400;

    private ShrinkUnderKernels() {}

    public static void main(String[] args) {
      Path path = Path.of(args[0]);
      Weights weights = Weights.of(Gguf.open(path));
      int[] rowsOfX = {1, 32};
      try (Parallel team = Parallel.of(2)) {
        Kernels kernels = Kernels.best(team);
        for (DType dtype : DType.values()) {
          Matrix matrix = weights.matrix(dtype.name(), ROWS, COLS);
          for (int m : rowsOfX) {
            for (int i = 0; i < WARM_UP; i++) {
              multiply(kernels, matrix, m);
            }
          }
        }
        shorten(path);
        for (DType dtype : DType.values()) {
          Matrix matrix = weights.matrix(dtype.name(), ROWS, COLS);
          for (int m : rowsOfX) {
            String what = dtype + " times " + m + " rows";
            expectRefusal(path, what, () -> multiply(kernels, matrix, m));
          }
        }
      }
    }

    private static float multiply(Kernels kernels, Matrix matrix, int m) {
      float[] y = new float[m * ROWS];
      kernels.gemm(new float[m * COLS], new Matrix[] {matrix}, new float[][] {y}, m);
      return y[0];
    }
  }
}
