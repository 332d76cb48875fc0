package dev.lanewise.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.LanewiseException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The scoped view finds tensors by path and complains with the path. */
class WeightsTest {
  private final Weights weights = Weights.of(gguf());

  private static Checkpoint gguf() {
    return NativeBytes.gguf(
        new GgufWriter()
            .tensor("blk.0.attn.q", new float[] {1, 2, 3, 4, 5, 6}, 2, 3)
            .tensor("blk.0.norm", new float[] {1, 2, 3}, 3)
            .tensor("blk.0.row", new float[] {1, 2, 3}, 1, 3)
            .tensor("blk.0.cube", new float[8], 2, 2, 2)
            .tensor("blk.0.half", GgmlType.F16.id(), new byte[] {0, 0x3C, 0, (byte) 0xC0}, 2)
            .tensor("blk.0.double", GgmlType.F64.id(), doubles(1, -0.1, 1e300, 4, 5, 6), 2, 3)
            .tensor("blk.0.quantised", GgmlType.Q8_0.id(), new byte[34], 1, 32)
            .tensor("blk.0.table", GgmlType.I32.id(), new byte[24], 2, 3));
  }

  private static byte[] doubles(double... values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asDoubleBuffer().put(values);
    return bytes.array();
  }

  private static void refuses(Executable read, String... parts) {
    String message = assertThrows(LanewiseException.class, read).getMessage();
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
    assertTrue(message.startsWith("test.gguf: tensor blk.0."), message);
  }

  @Test
  void scopesNames() {
    Weights attention = weights.at("blk.0").at("attn");
    assertTrue(attention.has("q"));
    assertFalse(attention.has("k"));
    assertEquals("blk.0.attn.q", attention.path("q"));
    assertEquals(2, attention.matrix("q", 2, 3).rows());
    assertEquals("F32 [2 x 3]", attention.tensor("q").describe());
    assertEquals("test.gguf", attention.file());
  }

  @Test
  void readsVectorsOfAnyType() {
    assertArrayEquals(new float[] {1, 2, 3}, weights.vector("blk.0.norm", 3));
    assertArrayEquals(new float[] {1, 2, 3}, weights.vector("blk.0.row", 3));
    assertArrayEquals(new float[] {1, -2}, weights.vector("blk.0.half", 2));
    assertEquals(1, weights.matrix("blk.0.norm", 1, 3).rows());
  }

  @Test
  void readsDoublesAsFloats() {
    float[] wanted = {1, -0.1f, Float.POSITIVE_INFINITY, 4, 5, 6};
    float[] read = new float[3];
    Matrix matrix = weights.matrix("blk.0.double", 2, 3);
    Matrix copy = weights.interleaved("blk.0.double", 2, 3);
    Matrix filters = weights.filters("blk.0.double", 2, 3);
    Matrix transposed = weights.transposed("blk.0.double", 3, 2);
    for (int row = 0; row < 2; row++) {
      for (Matrix each : List.of(matrix, copy, filters)) {
        each.row(row, read, 0);
        assertArrayEquals(Arrays.copyOfRange(wanted, 3 * row, 3 * row + 3), read);
      }
    }
    weights.interleavedRows("blk.0.double", 1, 1, 2, 3).row(0, read, 0);
    assertArrayEquals(Arrays.copyOfRange(wanted, 3, 6), read);
    transposed.row(1, read, 0);
    assertArrayEquals(new float[] {-0.1f, 5}, Arrays.copyOf(read, 2));
    refuses(() -> weights.vector("blk.0.double", 3), "F64 [2 x 3]");
  }

  /** Of any type, whatever the bytes are. */
  @ParameterizedTest
  @EnumSource(DType.class)
  void rowsOfSeveralMatricesInOneTensorAreThoseOfEach(DType dtype) {
    int cols = 256;
    byte[] bytes = new byte[(int) (3 * 20 * dtype.bytes(cols))];
    new SplittableRandom(1).nextBytes(bytes);
    int type = GgmlType.valueOf(dtype.name()).id();
    Weights file =
        Weights.of(
            NativeBytes.gguf(new GgufWriter().tensor("blk.0.all", type, bytes, 3, 20, cols)));
    Matrix all = new Matrix(NativeBytes.of(bytes), 3 * 20, cols, dtype);
    float[] wanted = new float[cols];
    float[] found = new float[cols];
    for (int i = 0; i < 3; i++) {
      Matrix each = file.interleavedRows("blk.0.all", 20L * i, 20, 3, 20, cols);
      for (int r = 0; r < 20; r++) {
        all.row(20 * i + r, wanted, 0);
        each.row(r, found, 0);
        assertArrayEquals(wanted, found);
      }
    }
    refuses(() -> file.interleavedRows("blk.0.all", 0, 20, 4, 20, cols), "[4 x 20 x 256]");
  }

  @Test
  void interleavesWhatTheLayoutHolds() {
    Matrix floats = weights.interleaved("blk.0.attn.q", 2, 3);
    assertEquals(Matrix.Layout.INTERLEAVED, floats.layout());
    float[] row = new float[3];
    floats.row(1, row, 0);
    assertArrayEquals(new float[] {4, 5, 6}, row);
    assertEquals(Matrix.Layout.ROW_MAJOR, weights.interleaved("blk.0.half", 1, 2).layout());
  }

  @Test
  void saysWhatToDoWhenNoMemoryIsLeftForCopies() {
    Weights block = Weights.of(new WithoutMemory(gguf())).at("blk.0");
    refuses(
        () -> block.interleaved("quantised", 1, 32),
        "blk.0.quantised",
        "no memory for a copy of its 34 bytes: Cannot reserve 34 bytes",
        "-XX:MaxDirectMemorySize=");
    refuses(() -> block.transposed("attn.q", 3, 2), "blk.0.attn.q", "no memory for a copy");
    assertArrayEquals(new float[] {1, 2, 3}, block.vector("norm", 3));
  }

  @Test
  void floatsStayWhereTheyAreWhenNoMemoryIsLeftForCopies() {
    Weights block = Weights.of(new WithoutMemory(gguf())).at("blk.0");
    assertEquals(Matrix.Layout.ROW_MAJOR, block.interleaved("attn.q", 2, 3).layout());
    Matrix half = block.interleaved("half", 1, 2);
    assertEquals(Matrix.Layout.ROW_MAJOR, half.layout());
    float[] row = new float[2];
    half.row(0, row, 0);
    assertArrayEquals(new float[] {1, -2}, row);
  }

  /** A checkpoint of whose tensors no copy can be made. */
  private record WithoutMemory(Checkpoint inner) implements Checkpoint {
    @Override
    public long fileBytes() {
      return inner.fileBytes();
    }

    @Override
    public FileMemory memory() {
      return inner.memory();
    }

    @Override
    public String file() {
      return inner.file();
    }

    @Override
    public Metadata metadata() {
      return inner.metadata();
    }

    @Override
    public Map<String, TensorInfo> tensors() {
      return inner.tensors();
    }

    @Override
    public MemorySegment data(TensorInfo tensor) {
      return inner.data(tensor);
    }

    @Override
    public <T> T read(TensorInfo tensor, Function<MemorySegment, T> work) {
      throw new OutOfMemoryError("Cannot reserve " + tensor.bytes() + " bytes");
    }
  }

  @Test
  void complainsWithPathAndShapes() {
    Weights block = weights.at("blk.0");
    refuses(() -> block.matrix("attn.k", 2, 3), "blk.0.attn.k", "missing", "[2 x 3]");
    refuses(() -> block.matrix("attn.q", 3, 2), "F32 [2 x 3]", "needs [3 x 2]");
    refuses(() -> block.matrix("attn.q", 1, 6), "F32 [2 x 3]", "needs [1 x 6]");
    refuses(() -> block.interleaved("attn.q", 3, 2), "F32 [2 x 3]", "needs [3 x 2]");
    refuses(() -> block.matrix("cube", 2, 4), "F32 [2 x 2 x 2]", "needs [2 x 4]");
    refuses(() -> block.matrix("cube", 2, 2), "F32 [2 x 2 x 2]", "needs [2 x 2]");
    refuses(() -> block.matrix("norm", 3, 1), "F32 [3]", "needs [3 x 1]");
    refuses(() -> block.vector("norm", 4), "F32 [3]", "needs [4]");
    refuses(() -> block.vector("attn.q", 6), "F32 [2 x 3]", "needs [6]");
    refuses(() -> block.matrix("attn.q", 0, -3), "needs [0 x -3]");
    refuses(() -> block.matrix("table", 2, 3), "blk.0.table", "type I32", "F32", "Q4_K");
    refuses(() -> block.tensor("none"), "blk.0.none", "missing");
  }
}
