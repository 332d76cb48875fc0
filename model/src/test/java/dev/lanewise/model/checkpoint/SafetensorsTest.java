package dev.lanewise.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sound safetensors files are read right; each kind of unsound one is refused. */
class SafetensorsTest {
  private static final String SOUND =
      """
      {"__metadata__":{"format":"pt","none":""},
       "w":{"dtype":"F32","shape":[2,2],"data_offsets":[4,20]},
       "ids":{"dtype":"I32","shape":[],"data_offsets":[0,4]},
       "empty":{"dtype":"F16","shape":[0,7],"data_offsets":[20,20]},
       "half":{"dtype":"BF16","shape":[2],"data_offsets":[20,24]}}\
      """
          + "   ";

  @TempDir private Path folder;

  private static byte[] file(String header, int dataBytes) {
    byte[] text = GgufWriter.utf8(header);
    return GgufWriter.join(GgufWriter.longs(text.length), text, new byte[dataBytes]);
  }

  private static byte[] sound() {
    byte[] file = file(SOUND, 0);
    int one = Float.floatToIntBits(1);
    int two = Float.floatToIntBits(2);
    return GgufWriter.join(file, GgufWriter.ints(77, one, two, two, one, 0xC000_3F80));
  }

  private static void refuses(byte[] bytes, String... parts) {
    String message =
        assertThrows(LanewiseException.class, () -> NativeBytes.safetensors(bytes)).getMessage();
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
    assertTrue(message.startsWith("test.safetensors: "), message);
  }

  private static void refuses(String tensor, int dataBytes, String... parts) {
    refuses(file("{\"t\":" + tensor + "}", dataBytes), parts);
  }

  @Test
  void readsTensorsAndMetadata() throws IOException {
    Path path = Files.write(folder.resolve("m.safetensors"), sound());
    Safetensors file = Safetensors.open(path);
    assertEquals(path.toString(), file.file());
    assertEquals(4, file.tensors().size());
    assertEquals("pt", file.metadata().string("format"));
    assertEquals("string \"pt\"", file.metadata().describe("format"));
    assertEquals("", file.metadata().string("none"));
    Weights weights = Weights.of(file);
    float[] row = new float[2];
    weights.matrix("w", 2, 2).row(1, row, 0);
    assertArrayEquals(new float[] {2, 1}, row);
    assertArrayEquals(new float[] {1, -2}, weights.vector("half", 2));
    TensorInfo ids = file.tensor("ids");
    assertEquals(List.of(), ids.shape());
    assertEquals(1, ids.elements());
    assertTrue(ids.dtype().isEmpty());
    assertEquals(77, file.data(ids).get(ValueLayout.JAVA_INT_UNALIGNED, 0));
    assertEquals(0, file.tensor("empty").elements());
    assertEquals(0, file.data(file.tensor("empty")).byteSize());
  }

  @ParameterizedTest
  @CsvSource({
    "F64,8",
    "I64,8",
    "U64,8",
    "C64,8",
    "F32,4",
    "I32,4",
    "U32,4",
    "F16,2",
    "BF16,2",
    "I16,2",
    "U16,2",
    "BOOL,1",
    "U8,1",
    "I8,1",
    "F8_E4M3,1",
    "F8_E5M2,1",
    "F8_E8M0,1"
  })
  void knowsTheSizesOfTypes(String dtype, int bytes) {
    String header = "{\"t\":{\"dtype\":\"%s\",\"shape\":[3,2],\"data_offsets\":[0,%d]}}";
    Safetensors file = NativeBytes.safetensors(file(header.formatted(dtype, 6 * bytes), 6 * bytes));
    assertEquals(dtype, file.tensor("t").type());
    assertEquals(6L * bytes, file.data(file.tensor("t")).byteSize());
    refuses(file(header.formatted(dtype, 6 * bytes - 1), 6 * bytes - 1), "t has", dtype);
  }

  @Test
  void packsSmallTypes() {
    String header = "{\"t\":{\"dtype\":\"%s\",\"shape\":[4,2],\"data_offsets\":[0,%d]}}";
    for (String dtype : List.of("F6_E2M3", "F6_E3M2")) {
      assertEquals(6, tensorBytes(header.formatted(dtype, 6), 6));
    }
    assertEquals(4, tensorBytes(header.formatted("F4", 4), 4));
    refuses(file(header.replace("[4,2]", "[3]").formatted("F4", 1), 1), "do not make [3]");
  }

  private static long tensorBytes(String header, int dataBytes) {
    return NativeBytes.safetensors(file(header, dataBytes)).tensor("t").bytes();
  }

  @Test
  void refusesAFileCutOffAtAnyByte() {
    byte[] whole = sound();
    for (int length = 1; length < whole.length; length++) {
      refuses(Arrays.copyOf(whole, length));
    }
  }

  @Test
  void refusesAnEmptyFileADirectoryAndNoFile() throws IOException {
    Path empty = Files.createFile(folder.resolve("empty.safetensors"));
    for (Path path : List.of(empty, folder, folder.resolve("missing"))) {
      String message =
          assertThrows(LanewiseException.class, () -> Safetensors.open(path)).getMessage();
      assertTrue(message.startsWith(path.toString()), message);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 0, 1, 100_000_001, 3000})
  void refusesBadHeaderLengths(long length) {
    byte[] file = sound();
    System.arraycopy(GgufWriter.longs(length), 0, file, 0, 8);
    refuses(file, "header length", Long.toUnsignedString(length), "byte 0");
  }

  @Test
  void refusesHeadersThatAreNoTensorTable() {
    refuses(file("[1]", 0), "not a safetensors file", "0x5b");
    refuses(file("  {}", 0), "not a safetensors file");
    refuses(file("{\"a\":", 0), "not valid JSON");
    refuses(file("{} x", 0), "not valid JSON");
    refuses(file("{\"a\":{},\"a\":{}}", 0), "occurs twice");
    refuses(file("{\"a\":" + "[".repeat(90_000), 0), "nested deeper");
    refuses(file("{\"a\":5}", 0), "a is 5, expected an object");
    refuses(file("{\"__metadata__\":{\"x\":1}}", 0), "__metadata__.x is 1, expected a string");
    refuses(file("{\"__metadata__\":[]}", 0), "__metadata__ is an array");
    refuses(file("{\"\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}}", 1), "name");
    assertEquals(0, NativeBytes.safetensors(file("{}", 0)).tensors().size());
  }

  @Test
  void refusesBadDescriptions() {
    refuses("{\"shape\":[1],\"data_offsets\":[0,4]}", 4, "t.dtype is missing");
    refuses("{\"dtype\":\"F32\",\"data_offsets\":[0,4]}", 4, "t.shape is missing");
    refuses("{\"dtype\":\"F32\",\"shape\":[1]}", 4, "t.data_offsets is missing");
    refuses("{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}", 4, "unknown", "F33");
    refuses("{\"dtype\":3,\"shape\":[1],\"data_offsets\":[0,4]}", 4, "expected a string");
    refuses("{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}", 4, "t.shape[0] is -1");
    refuses("{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}", 4, "t.shape[0] is 1.0");
    refuses("{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}", 4, "expected an array");
    refuses("{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}", 4, "1 numbers");
    refuses("{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}", 4, "[4, 0]");
    refuses("{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,8]}", 4, "[0, 8]", "4 bytes");
    refuses("{\"dtype\":\"F32\",\"shape\":[1e30],\"data_offsets\":[0,4]}", 4, "t.shape[0]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2",
        "0",
        "0,1",
        "4294967296,4294967296",
        "9223372036854775807",
        "4611686018427387905",
        "3,6148914691236517206",
        "9223372036854775807,2",
        "2305843009213693953,8"
      })
  void refusesShapesThatDisagreeWithTheExtent(String shape) {
    refuses(
        "{\"dtype\":\"F32\",\"shape\":[" + shape + "],\"data_offsets\":[0,4]}", 4, "do not make");
  }

  @Test
  void refusesOverlapsGapsAndTrailingBytes() {
    String header =
        """
        {"a":{"dtype":"U8","shape":[4],"data_offsets":[%d,%d]},
         "b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}\
        """;
    assertEquals(2, NativeBytes.safetensors(file(header.formatted(0, 4), 8)).tensors().size());
    refuses(file(header.formatted(2, 6), 8), "gap");
    refuses(file(header.formatted(5, 9), 9), "gap");
    refuses(file(header.formatted(0, 4), 9), "1 bytes follow the last tensor");
    refuses(file(header.formatted(4, 8), 8), "gap");
    refuses(file(header.formatted(0, 4).replace("[4,8]", "[2,6]"), 8), "overlap");
    refuses(file("{}", 1), "1 bytes follow");
  }

  /** Mutants of the header's text, its length kept right or not, and of the data's length. */
  @Test
  void everyMutantLoadsOrIsRefused() {
    String[] parts = {
      "0",
      "1",
      "-1",
      "4",
      "20",
      "24",
      "1e9",
      "9223372036854775807",
      "18446744073709551616",
      "\"",
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      "null",
      "F16",
      "U8",
      "BOOL",
      "w",
      "ids",
      "__metadata__",
      "\\u0000"
    };
    SplittableRandom random = new SplittableRandom(3);
    int loaded = 0;
    for (int i = 0; i < 20_000; i++) {
      StringBuilder header = new StringBuilder(SOUND);
      for (int edits = random.nextInt(4); edits > 0; edits--) {
        int at = random.nextInt(header.length());
        int end = Math.min(header.length(), at + random.nextInt(4));
        header.replace(at, end, parts[random.nextInt(parts.length)]);
      }
      byte[] file = file(header.toString(), 24 + (random.nextInt(8) == 0 ? random.nextInt(3) : 0));
      if (random.nextInt(8) == 0) {
        file[random.nextInt(file.length)] ^= (byte) (1 << random.nextInt(8));
      }
      try {
        new LoadEverything(List.of()).accept(NativeBytes.safetensors(file));
        loaded++;
      } catch (LanewiseException e) {
        assertTrue(e.getMessage().startsWith("test.safetensors: "), e.getMessage());
      }
    }
    assertTrue(loaded > 2000 && loaded < 18_000, loaded + " loaded");
  }
}
