package dev.lanewise.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Files that {@link GgufBuilder} writes are those of the specification. */
class GgufBuilderTest {
  @TempDir private Path folder;

  @Test
  void writesTheBytesThatAnotherWriterDoes() throws IOException {
    float[] vector = {1, -2, 3};
    float[] values = new float[3 * 32];
    for (int i = 0; i < values.length; i++) {
      values[i] = i - 40;
    }
    Matrix quantised = Matrix.of(values, 3, 32, DType.Q8_0);
    Path file = folder.resolve("built.gguf");
    GgufBuilder builder =
        new GgufBuilder()
            .string("general.architecture", "llama")
            .uint32("llama.block_count", 1)
            .float32("epsilon", 1e-5f)
            .strings("tokens", List.of("a", "Ġ", ""))
            .tensor("norm", Matrix.of(vector, 1, 3))
            .tensor("matrix", quantised);
    builder.write(file);
    assertEquals(Files.size(file), builder.size());
    byte[] expected =
        new GgufWriter()
            .string("general.architecture", "llama")
            .uint32("llama.block_count", 1)
            .float32("epsilon", 1e-5f)
            .strings("tokens", "a", "Ġ", "")
            .tensor("norm", vector, 3)
            .tensor(
                "matrix",
                GgmlType.Q8_0.id(),
                quantised.data().toArray(ValueLayout.JAVA_BYTE),
                3,
                32)
            .toBytes();
    assertArrayEquals(expected, Files.readAllBytes(file));
  }

  @Test
  void whatIsGivenAgainReplacesTheFirst() throws IOException {
    Path file = folder.resolve("again.gguf");
    new GgufBuilder()
        .uint32("size", 1)
        .uint32("size", 2)
        .tensor("x", Matrix.of(new float[2], 1, 2))
        .tensor("x", Matrix.of(new float[6], 2, 3))
        .write(file);
    Gguf read = Gguf.open(file);
    assertEquals(2, read.metadata().integer("size"));
    assertEquals(List.of(2L, 3L), read.tensor("x").shape());
  }

  @Test
  void aFileThatComesToBeThereMeanwhileIsLeftAlone() throws IOException {
    Path file = folder.resolve("late.gguf");
    GgufBuilder builder =
        new GgufBuilder()
            .tensor(
                "x",
                GgmlType.F32,
                List.of(1L),
                out -> {
                  Files.writeString(file, "another's");
                  out.write(new byte[4]);
                });
    LanewiseException failure = assertThrows(LanewiseException.class, () -> builder.writeNew(file));
    assertTrue(failure.getMessage().contains("meanwhile"), failure.getMessage());
    assertEquals("another's", Files.readString(file));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(file), left.toList());
    }
  }

  @Test
  void whatCannotBeWrittenIsRefusedBeforehand() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link.gguf"), folder.resolve("nowhere"));
    assertRefused("link.gguf: is there already", () -> GgufBuilder.requireNew(link));
    Path inFile = Files.createFile(folder.resolve("file")).resolve("x.gguf");
    assertRefused("x.gguf: cannot be written", () -> GgufBuilder.requireNew(inFile));
    Path longName = folder.resolve("x".repeat(250) + ".gguf");
    assertRefused("too long", () -> GgufBuilder.requireNew(longName));
    GgufBuilder huge =
        new GgufBuilder().tensor("x", GgmlType.F32, List.of(1L << 58), out -> out.write(1));
    Path file = folder.resolve("huge.gguf");
    assertRefused("would have 1152921504606847", () -> huge.writeNew(file));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(2, left.count());
    }
  }

  private static void assertRefused(String part, Executable work) {
    LanewiseException e = assertThrows(LanewiseException.class, work);
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }

  @Test
  void refusesInterleavedRows() {
    Matrix interleaved = Matrix.of(new float[16 * 32], 16, 32, DType.Q8_0).interleaved();
    assertThrows(IllegalArgumentException.class, () -> new GgufBuilder().tensor("x", interleaved));
  }
}
