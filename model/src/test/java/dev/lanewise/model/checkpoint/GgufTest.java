package dev.lanewise.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sound GGUF files are read right; each kind of unsound one is refused for its own reason. */
class GgufTest {
  @TempDir private Path folder;

  private static void refuses(GgufWriter writer, String... parts) {
    refuses(writer.toBytes(), parts);
  }

  private static void refuses(byte[] bytes, String... parts) {
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> NativeBytes.gguf(bytes), "was accepted");
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), e.getMessage());
    }
    assertTrue(e.getMessage().startsWith("test.gguf: "), e.getMessage());
  }

  private static GgufWriter small() {
    return new GgufWriter()
        .string("general.architecture", "llama")
        .uint32("llama.block_count", 2)
        .tensor("a", new float[] {1, 2, 3, 4, 5, 6}, 2, 3)
        .tensor("b", new float[] {7, 8}, 2);
  }

  @Test
  void readsTensorsRowsFirst() {
    Gguf file = NativeBytes.gguf(small());
    assertEquals(3, file.version());
    assertEquals(2, file.tensors().size());
    TensorInfo a = file.tensor("a");
    assertEquals(List.of(2L, 3L), a.shape());
    assertEquals("F32", a.type());
    assertEquals(DType.F32, a.dtype().orElseThrow());
    assertEquals(24, a.bytes());
    assertEquals("F32 [2 x 3]", a.describe());
    Matrix matrix = Weights.of(file).matrix("a", 2, 3);
    float[] row = new float[3];
    matrix.row(1, row, 0);
    assertArrayEquals(new float[] {4, 5, 6}, row);
    assertArrayEquals(new float[] {7, 8}, Weights.of(file).vector("b", 2));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void readsVersionsTwoAndThreeFromDisk(int version) {
    Path path = small().version(version).write(folder.resolve("m.gguf"));
    Gguf file = Gguf.open(path);
    assertEquals(version, file.version());
    assertEquals(path.toString(), file.file());
    assertEquals("llama", file.metadata().string("general.architecture"));
    assertTrue(file.data(file.tensor("a")).isReadOnly());
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 16, 64, 4096})
  void honoursTheAlignment(int alignment) {
    Gguf file = NativeBytes.gguf(small().alignment(alignment));
    assertEquals(0, file.tensor("b").offset() % alignment);
    assertArrayEquals(new float[] {7, 8}, Weights.of(file).vector("b", 2));
  }

  @Test
  void listsTensorsOfEveryTypeAndComputesWithTheKnown() {
    GgufWriter writer = new GgufWriter();
    for (GgmlType type : GgmlType.values()) {
      byte[] data = new byte[2 * 256 / type.blockSize() * type.blockBytes()];
      writer.tensor(type.name(), type.id(), data, 2, 256);
    }
    Gguf file = NativeBytes.gguf(writer);
    assertEquals(GgmlType.values().length, file.tensors().size());
    Weights weights = Weights.of(file);
    for (TensorInfo tensor : file.tensors().values()) {
      assertEquals(tensor.name(), tensor.type());
      if (tensor.dtype().isPresent()) {
        DType dtype = tensor.dtype().get();
        assertEquals(dtype.blockSize(), GgmlType.valueOf(tensor.type()).blockSize());
        assertEquals(dtype.format().blockBytes(), GgmlType.valueOf(tensor.type()).blockBytes());
        assertEquals(dtype, weights.matrix(tensor.name(), 2, 256).dtype());
      } else if (tensor.type().equals("F64")) {
        assertEquals(DType.F32, weights.matrix(tensor.name(), 2, 256).dtype());
      } else {
        LanewiseException e =
            assertThrows(LanewiseException.class, () -> weights.matrix(tensor.name(), 2, 256));
        assertTrue(e.getMessage().contains("type " + tensor.type()), e.getMessage());
      }
    }
    for (DType dtype : DType.values()) {
      assertEquals(dtype.name(), GgmlType.valueOf(dtype.name()).name());
    }
  }

  @Test
  void acceptsTensorsOutOfOrderAndGaps() {
    byte[] four = GgufWriter.ints(Float.floatToIntBits(4));
    byte[] twoPlaces = Arrays.copyOf(four, 64 + 4);
    GgufWriter writer =
        new GgufWriter().tensorAt("last", 0, twoPlaces, 64L, 1).tensorAt("first", 0, four, 0L, 1);
    Gguf file = NativeBytes.gguf(writer);
    assertEquals(64, file.tensor("last").offset() - file.tensor("first").offset());
    assertArrayEquals(new float[] {4}, Weights.of(file).vector("first", 1));
  }

  @Test
  void readsTensorsBeyondTwoGibibytes() throws IOException {
    long rows = (1L << 31) / 4096 + 1;
    byte[] head =
        new GgufWriter()
            .tensorAt("large", GgmlType.F32.id(), new byte[0], 0L, rows, 1024)
            .tensorAt("end", GgmlType.F32.id(), new byte[0], rows * 4096, 1)
            .toBytes();
    Path path = folder.resolve("large.gguf");
    try (RandomAccessFile out = new RandomAccessFile(path.toFile(), "rw")) {
      out.write(head);
      out.seek(head.length + rows * 4096);
      out.write(GgufWriter.ints(Float.floatToIntBits(42)));
    }
    Gguf file = Gguf.open(path);
    assertEquals(rows * 4096, file.tensor("large").bytes());
    assertArrayEquals(new float[] {42}, Weights.of(file).vector("end", 1));
    assertEquals((int) rows, Weights.of(file).matrix("large", (int) rows, 1024).rows());
  }

  // Class 1: files.

  @Test
  void refusesAnEmptyFileADirectoryAndNoFile() throws IOException {
    Path empty = Files.createFile(folder.resolve("empty.gguf"));
    assertTrue(message(empty).contains("is empty"), message(empty));
    assertTrue(message(folder).contains("is a directory"), message(folder));
    Path missing = folder.resolve("missing.gguf");
    assertTrue(message(missing).contains("no such file"), message(missing));
  }

  private static String message(Path path) {
    String message = assertThrows(LanewiseException.class, () -> Gguf.open(path)).getMessage();
    assertTrue(message.startsWith(path.toString()), message);
    return message;
  }

  @Test
  void refusesAFileCutOffAtAnyByte() {
    byte[] whole = small().strings("tokens", "x", "yy", "").int32s("types", 1, 2, 3).toBytes();
    // The last tensor has 8 bytes and is padded to 32; without the padding nothing is missing.
    int needed = whole.length - 24;
    for (int length = 0; length < needed; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      refuses(cut);
    }
    assertEquals(2, NativeBytes.gguf(Arrays.copyOf(whole, needed)).tensors().size());
  }

  @Test
  void refusesTheWrongMagicAndOtherVersions() {
    byte[] file = small().toBytes();
    byte[] wrong = file.clone();
    wrong[0] = 'P';
    refuses(wrong, "not a GGUF file", "50 47 55 46");
    refuses(small().version(1), "version 1 is not supported", "convert");
    refuses(small().version(0), "version 0 is unknown");
    refuses(small().version(4), "version 4 is unknown");
    refuses(small().version(-1), "version 4294967295 is unknown");
    refuses(small().version(Integer.reverseBytes(3)), "big-endian");
    byte[] swapped = file.clone();
    swapped[0] = 'F';
    swapped[1] = 'U';
    swapped[2] = 'G';
    swapped[3] = 'G';
    refuses(swapped, "big-endian");
  }

  // Class 2: metadata.

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 40, 1000})
  void refusesCountsThatTheFileCannotHold(long count) {
    byte[] file = small().toBytes();
    byte[] tensors = file.clone();
    System.arraycopy(GgufWriter.longs(count), 0, tensors, 8, 8);
    refuses(tensors, "number of tensors", Long.toUnsignedString(count), "at byte 8");
    byte[] keys = file.clone();
    System.arraycopy(GgufWriter.longs(count), 0, keys, 16, 8);
    refuses(keys, "number of metadata keys", Long.toUnsignedString(count), "at byte 16");
  }

  @Test
  void refusesMoreKeysAndTensorsThanTheLimits() {
    byte[] head = new GgufWriter().toBytes();
    byte[] file = Arrays.copyOf(head, 4 << 20);
    System.arraycopy(GgufWriter.longs(70_000), 0, file, 16, 8);
    refuses(file, "number of metadata keys", "the limit is 65536");
    System.arraycopy(GgufWriter.longs(140_000), 0, file, 8, 8);
    refuses(file, "number of tensors", "the limit is 131072");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32, 5000})
  void refusesStringsAndArraysLongerThanTheRest(long length) {
    byte[] claim = GgufWriter.longs(length);
    refuses(new GgufWriter().raw("k", 8, claim), "metadata key k", Long.toUnsignedString(length));
    for (int type : new int[] {0, 4, 8, 9, 12}) {
      refuses(new GgufWriter().array("k", type, length, new byte[16]), "metadata key k");
    }
    byte[] strings = GgufWriter.join(GgufWriter.text(new byte[] {'x'}), claim);
    refuses(new GgufWriter().array("k", 8, 2, strings), "metadata key k");
  }

  @Test
  void refusesBadKeys() {
    refuses(small().rawKey(new byte[0]), "a metadata key", "name of 0 bytes");
    refuses(small().rawKey(GgufWriter.utf8("llama.block_count")), "block_count", "occurs twice");
    refuses(small().rawKey(new byte[] {'a', (byte) 0xC3}), "not valid UTF-8");
    refuses(small().rawKey(new byte[] {(byte) 0xC0, (byte) 0x80}), "not valid UTF-8");
    refuses(small().rawKey(new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80}), "UTF-8");
    refuses(small().rawKey(new byte[70_000]), "name of 70000 bytes", "65535");
    assertTrue(NativeBytes.gguf(small().rawKey(new byte[65_535])).metadata().keys().size() == 3);
  }

  @Test
  void refusesNamesThatWouldFillTheHeap() {
    GgufWriter writer = new GgufWriter();
    for (int i = 0; i < 260; i++) {
      writer.uint32(("k" + i + ".").repeat(65_000 / (("k" + i).length() + 1)), i);
    }
    refuses(writer, "names of the file", "16777216");
  }

  @Test
  void refusesValuesThatWouldFillTheHeap() throws IOException {
    byte[] head = new GgufWriter().raw("k", 8, GgufWriter.longs(129 << 20)).toBytes();
    Path path = folder.resolve("long.gguf");
    try (RandomAccessFile out = new RandomAccessFile(path.toFile(), "rw")) {
      out.write(head);
      out.setLength(130 << 20);
    }
    String message = message(path);
    assertTrue(message.contains("metadata key k") && message.contains("134217728"), message);
  }

  @ParameterizedTest
  @ValueSource(ints = {13, 255, -1, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void refusesUnknownTypes(int type) {
    refuses(new GgufWriter().raw("k", type, new byte[8]), "key k", "unknown value type");
    refuses(new GgufWriter().array("k", type, 1, new byte[8]), "key k", "unknown value type");
  }

  @Test
  void boundsArraysInArrays() {
    byte[] nested = GgufWriter.join(GgufWriter.ints(0), GgufWriter.longs(1), new byte[] {7});
    for (int depth = 2; depth <= 3; depth++) {
      nested = GgufWriter.join(GgufWriter.ints(9), GgufWriter.longs(1), nested);
    }
    Metadata metadata = NativeBytes.gguf(new GgufWriter().array("k", 9, 1, nested)).metadata();
    assertEquals("array of array, 1 element", metadata.describe("k"));
    byte[] deeper = GgufWriter.join(GgufWriter.ints(9), GgufWriter.longs(1), nested);
    refuses(new GgufWriter().array("k", 9, 1, deeper), "key k", "deeper than 4");
    byte[] bomb = new byte[12 * 20_000];
    for (int depth = 0; depth < 20_000; depth++) {
      System.arraycopy(GgufWriter.ints(9), 0, bomb, 12 * depth, 4);
      System.arraycopy(GgufWriter.longs(1), 0, bomb, 12 * depth + 4, 8);
    }
    refuses(new GgufWriter().array("k", 9, 1, bomb), "deeper than 4");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4, 7, 24, 33, 1 << 21, Integer.MIN_VALUE, -32})
  void refusesBadAlignments(int alignment) {
    refuses(small().uint32("general.alignment", alignment), "general.alignment");
  }

  @Test
  void refusesAnAlignmentOfTheWrongType() {
    refuses(small().string("general.alignment", "32"), "general.alignment", "is of type string");
    refuses(small().uint64("general.alignment", 1L << 32), "general.alignment", "4294967296");
  }

  // Class 3: tensors.

  @Test
  void refusesBadTensorNames() {
    refuses(small().tensorTwice("a"), "tensor a", "occurs twice");
    refuses(small().tensor("n".repeat(65), new float[1], 1), "name of 65 bytes", "64");
    refuses(small().tensor("", new float[1], 1), "name of 0 bytes");
    assertTrue(
        NativeBytes.gguf(small().tensor("n".repeat(64), new float[1], 1)).has("n".repeat(64)));
  }

  @Test
  void refusesBadShapes() {
    refuses(small().tensor("t", new float[1], 1, 1, 1, 1, 1), "tensor t", "5 dimensions");
    refuses(small().tensor("t", new float[1], 0), "tensor t", "dimension of 0");
    refuses(small().tensor("t", new float[1], 1, -1), "tensor t", "dimension of -1");
    long large = 1L << 32;
    refuses(small().tensor("t", new float[1], large, large), "tensor t", "2^63 elements");
    refuses(small().tensor("t", new float[1], Long.MAX_VALUE, 1), "tensor t", "2^63 bytes");
    refuses(small().tensor("t", new float[1], 1L << 31, 1L << 31, 1, 1), "tensor t", "2^63 bytes");
    refuses(small().tensor("t", new float[1], 3, 1L << 62), "tensor t", "2^63 elements");
    assertEquals(
        List.of(), NativeBytes.gguf(small().tensor("t", new float[1])).tensor("t").shape());
  }

  @ParameterizedTest
  @EnumSource(GgmlType.class)
  void refusesRowsThatAreNotWholeBlocks(GgmlType type) {
    int cols = type.blockSize() + 1;
    byte[] data = new byte[2 * type.blockBytes() * cols];
    GgufWriter writer = new GgufWriter().tensor("t", type.id(), data, type.blockSize(), cols);
    if (type.blockSize() > 1) {
      refuses(writer, "tensor t", "rows of " + cols, type.name() + " block of " + type.blockSize());
    } else {
      assertTrue(NativeBytes.gguf(writer).has("t"));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 5, 31, 32, 33, 36, 37, 38, 43, -1, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void refusesUnknownElementTypes(int type) {
    refuses(small().tensor("t", type, new byte[32], 1), "tensor t", "unknown element type");
  }

  @ParameterizedTest
  @CsvSource({
    "1, multiple of the alignment 32",
    "33, multiple of the alignment 32",
    "-1, multiple of the alignment 32",
    "-32, multiple of the alignment 32",
    "0, overlap",
    "4096, the file is cut off",
    "9223372036854775776, the file is cut off",
    "4611686018427387904, the file is cut off"
  })
  void refusesBadOffsets(long offset, String problem) {
    refuses(small().tensorAt("t", 0, new byte[4], offset, 1), problem);
  }

  @Test
  void refusesPartialOverlaps() {
    byte[] data = new byte[64];
    GgufWriter writer =
        new GgufWriter().tensorAt("x", 0, data, 32L, 16).tensorAt("y", 0, data, 0L, 16);
    refuses(writer, "tensors y and x overlap");
  }

  @Test
  void refusesExtentsPastTheEnd() {
    refuses(small().tensor("t", 0, new byte[32], 9), "tensor t takes 36 bytes", "cut off");
    refuses(small().tensor("t", 0, new byte[32], 1L << 60), "tensor t takes", "cut off");
    // The data of both tensors, each padded to 32 bytes.
    byte[] file = small().toBytes();
    byte[] noData = Arrays.copyOf(file, file.length - 64);
    refuses(noData, "which has 0 bytes");
  }

  @Test
  void tinyLlamasHoldWhatTheySay() {
    for (TinyLlama.Vocabulary vocabulary : TinyLlama.Vocabulary.values()) {
      Path path = TinyLlama.write(folder.resolve(vocabulary + ".gguf"), vocabulary, 5);
      Gguf file = Gguf.open(path);
      Metadata metadata = file.metadata();
      int vocabSize = metadata.integer("llama.vocab_size");
      assertEquals(vocabSize, metadata.strings("tokenizer.ggml.tokens").size());
      assertEquals(vocabSize, metadata.integers("tokenizer.ggml.token_type").length);
      int dim = metadata.integer("llama.embedding_length");
      Weights weights = Weights.of(file);
      assertEquals(vocabSize, weights.matrix("token_embd.weight", vocabSize, dim).rows());
      assertEquals(32, weights.at("blk.1").matrix("attn_k.weight", 32, dim).rows());
      assertEquals(dim, weights.at("blk.0").vector("ffn_norm.weight", dim).length);
      Set<String> tokens = Set.of(metadata.strings("tokenizer.ggml.tokens").get(100));
      assertFalse(tokens.contains(""));
    }
  }
}
