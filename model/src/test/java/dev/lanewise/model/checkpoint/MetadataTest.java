package dev.lanewise.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.StringTable;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Values come out by type; what is missing or of another type is named. */
class MetadataTest {
  private static Metadata of(GgufWriter writer) {
    return NativeBytes.gguf(writer).metadata();
  }

  private static void refuses(Supplier<?> read, String... parts) {
    String message = assertThrows(LanewiseException.class, read::get).getMessage();
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
    assertTrue(message.startsWith("test.gguf: metadata key "), message);
  }

  @Test
  void readsEveryIntegerType() {
    Metadata metadata =
        of(
            new GgufWriter()
                .raw("u8", 0, new byte[] {(byte) 200})
                .raw("i8", 1, new byte[] {-5})
                .raw("u16", 2, new byte[] {(byte) 0xFF, (byte) 0xFF})
                .raw("i16", 3, new byte[] {(byte) 0xFE, (byte) 0xFF})
                .uint32("u32", 49152)
                .int32("i32", -7)
                .uint64("u64", 12345)
                .raw("i64", 11, GgufWriter.longs(-12345)));
    assertEquals(200, metadata.integer("u8"));
    assertEquals(-5, metadata.integer("i8"));
    assertEquals(65535, metadata.integer("u16"));
    assertEquals(-2, metadata.integer("i16"));
    assertEquals(49152, metadata.integer("u32"));
    assertEquals(-7, metadata.integer("i32"));
    assertEquals(12345, metadata.integer("u64", 3));
    assertEquals(-12345, metadata.integer("i64"));
    assertEquals(-12345.0, metadata.number("i64"));
    assertEquals(
        List.of("u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64"),
        List.copyOf(metadata.keys()));
  }

  @Test
  void refusesIntegersThatDoNotFit() {
    Metadata metadata =
        of(
            new GgufWriter()
                .uint32("u32", -1)
                .uint64("u64", -1)
                .raw("i64", 11, GgufWriter.longs(1L << 31))
                .array("list", 10, 2, GgufWriter.longs(1, -1)));
    refuses(() -> metadata.integer("u32"), "u32", "4294967295");
    refuses(() -> metadata.integer("u64"), "u64", "18446744073709551615");
    refuses(() -> metadata.integer("i64", 1), "i64", "2147483648");
    refuses(() -> metadata.integers("list"), "list[1]", "18446744073709551615");
    assertEquals(0x1p64, metadata.number("u64"));
  }

  @Test
  void readsNumbersFlagsAndStrings() {
    Metadata metadata =
        of(
            new GgufWriter()
                .float32("f32", 1e-5f)
                .float64("f64", 0.1)
                .bool("yes", true)
                .bool("no", false)
                .string("text", "grün")
                .string("none", "")
                .raw("bad utf8", 8, GgufWriter.text(new byte[] {'a', (byte) 0xFF})));
    assertEquals(1e-5f, metadata.number("f32"));
    assertEquals(0.1, metadata.number("f64"));
    assertTrue(metadata.flag("yes", false));
    assertFalse(metadata.flag("no", true));
    assertEquals("grün", metadata.string("text"));
    assertEquals("", metadata.string("none"));
    assertEquals("a\uFFFD", metadata.string("bad utf8"));
  }

  @Test
  void readsArrays() {
    Metadata metadata =
        of(
            new GgufWriter()
                .strings("tokens", "a", "", "▁the", "\0")
                .strings("nothing")
                .int32s("types", 1, -2, 3)
                .float32s("scores", 0f, -1.5f, Float.NaN)
                .array("bytes", 0, 3, new byte[] {1, 2, (byte) 255}));
    StringTable tokens = metadata.strings("tokens");
    assertEquals(4, tokens.size());
    assertEquals("a", tokens.get(0));
    assertEquals("", tokens.get(1));
    assertEquals("▁the", tokens.get(2));
    assertEquals("\0", tokens.get(3));
    assertEquals(0, metadata.strings("nothing").size());
    assertArrayEquals(new int[] {1, -2, 3}, metadata.integers("types"));
    assertArrayEquals(new float[] {0f, -1.5f, Float.NaN}, metadata.floats("scores"));
    assertArrayEquals(new int[] {1, 2, 255}, metadata.integers("bytes"));
    assertArrayEquals(new float[] {1, -2, 3}, metadata.floats("types"));
  }

  @Test
  void readsStringsAcrossTheReadersWindows() {
    String[] strings = new String[5000];
    for (int i = 0; i < strings.length; i++) {
      strings[i] = "s" + "x".repeat(i % 97) + i;
    }
    strings[2500] = "y".repeat(200_000);
    Metadata metadata = of(new GgufWriter().strings("many", strings).uint32("after", 9));
    StringTable table = metadata.strings("many");
    for (int i = 0; i < strings.length; i++) {
      assertEquals(strings[i], table.get(i));
    }
    assertEquals(9, metadata.integer("after"));
  }

  @Test
  void namesWhatIsMissingAndWhatIsOfAnotherType() {
    Metadata metadata =
        of(
            new GgufWriter()
                .string("text", "x")
                .uint32("number", 1)
                .float32("real", 1f)
                .strings("list", "a")
                .raw("flag", 7, new byte[] {2}));
    refuses(() -> metadata.integer("absent"), "absent", "missing");
    refuses(() -> metadata.describe("absent"), "absent", "missing");
    refuses(() -> metadata.integer("text"), "text", "type string", "expected an integer");
    refuses(() -> metadata.integer("real", 3), "real", "type float32", "expected an integer");
    refuses(() -> metadata.string("number"), "number", "type uint32", "expected a string");
    refuses(() -> metadata.string("list", "x"), "list", "array of string", "expected a string");
    refuses(() -> metadata.number("text", 0), "text", "expected a number");
    refuses(() -> metadata.flag("number", true), "number", "expected a bool");
    refuses(() -> metadata.flag("flag", true), "flag", "value 2");
    refuses(() -> metadata.strings("text"), "text", "expected an array of strings");
    refuses(() -> metadata.integers("list"), "array of string", "expected an array of integers");
    refuses(() -> metadata.floats("list"), "array of string", "expected an array of numbers");
    assertEquals(5, metadata.integer("absent", 5));
    assertEquals("d", metadata.string("absent", "d"));
    assertEquals(0.5, metadata.number("absent", 0.5));
    assertTrue(metadata.flag("absent", true));
    assertFalse(metadata.has("absent"));
    assertTrue(metadata.has("list"));
  }

  @Test
  void describesValuesInOneLine() {
    Metadata metadata =
        of(
            new GgufWriter()
                .string("text", "two\nlines")
                .string("long", "ä".repeat(500))
                .uint64("big", -1)
                .bool("flag", true)
                .float32("real", 0.1f)
                .int32s("list", 1, 2, 3, 4, 5, 6, 7)
                .strings("words", "a", "b"));
    assertEquals("string \"two\\nlines\"", metadata.describe("text"));
    assertEquals("string \"" + "ä".repeat(60) + "…\"", metadata.describe("long"));
    assertEquals("uint64 18446744073709551615", metadata.describe("big"));
    assertEquals("bool true", metadata.describe("flag"));
    assertEquals("float32 0.1", metadata.describe("real"));
    assertEquals("array of int32, 7 elements: 1, 2, 3, 4, 5, 6, …", metadata.describe("list"));
    assertEquals("array of string, 2 elements: \"a\", \"b\"", metadata.describe("words"));
  }

  @Test
  void valuesArePlainAndWhole() {
    String text = "a long text \n".repeat(50);
    Metadata metadata =
        of(
            new GgufWriter()
                .string("text", text)
                .strings("texts", "a", "", "ü")
                .int32s("numbers", 1, -2)
                .float32("small", 1e-5f)
                .float64("large", 1e300)
                .bool("yes", true)
                .uint64("beyond", -1L)
                .raw("byte", 0, new byte[] {(byte) 200}));
    assertEquals(text, metadata.value("text"));
    assertEquals(List.of("a", "", "ü"), metadata.value("texts"));
    assertEquals(List.of(1L, -2L), metadata.value("numbers"));
    assertEquals(1e-5f, metadata.value("small"));
    assertEquals(1e300, metadata.value("large"));
    assertEquals(true, metadata.value("yes"));
    assertEquals(0x1p64, metadata.value("beyond"));
    assertEquals(200L, metadata.value("byte"));
    refuses(() -> metadata.value("none"), "none", "missing");
  }
}
