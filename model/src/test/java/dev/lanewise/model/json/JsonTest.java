package dev.lanewise.model.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 8259 by example: what is read, what is refused and where, and what is written. */
class JsonTest {
  private static Object parse(String text) {
    return Json.parse("test", text);
  }

  private static String refused(String text) {
    String message = assertThrows(LanewiseException.class, () -> parse(text), text).getMessage();
    assertTrue(message.startsWith("test: "), message);
    return message;
  }

  private static String refused(byte[] utf8, Json.Limits limits) {
    return assertThrows(LanewiseException.class, () -> Json.parse("test", utf8, limits))
        .getMessage();
  }

  @Test
  void readsEveryKindOfValue() {
    Object tree =
        parse(" {\"a\" : [1, -2.5, true, false, null, \"x\"],\r\n\t\"b\":{} , \"c\":[]} ");
    Map<String, Object> expected = new LinkedHashMap<>();
    expected.put("a", Arrays.asList(1L, -2.5, true, false, null, "x"));
    expected.put("b", Map.of());
    expected.put("c", List.of());
    assertEquals(expected, tree);
    assertEquals("[a, b, c]", ((Map<?, ?>) tree).keySet().toString());
    assertEquals("top", parse("\"top\""));
    assertNull(parse("null"));
    assertEquals(1L, Json.parse("test", "\uFEFF1".getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void readsNumbers() {
    assertEquals(0L, parse("0"));
    assertEquals(-0.0, parse("-0"));
    assertEquals(999_999_999_999_999_999L, parse("999999999999999999"));
    assertEquals(Long.MAX_VALUE, parse("9223372036854775807"));
    assertEquals(Long.MIN_VALUE, parse("-9223372036854775808"));
    assertEquals(9223372036854775808.0, parse("9223372036854775808"));
    assertEquals(-9223372036854775809.0, parse("-9223372036854775809"));
    assertEquals(1.0000000000000000199e30, parse("1000000000000000019884624838656"));
    assertEquals(1.0, parse("1.0"));
    assertEquals(1e-5, parse("1e-05"));
    assertEquals(1e5, parse("1E+5"));
    assertEquals(-0.0, parse("-0.0"));
    assertEquals(Double.MIN_VALUE, parse("4.9e-324"));
    assertEquals(0.0, parse("1e-99999999999"));
    assertEquals(Double.MAX_VALUE, parse("1.7976931348623157e308"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "01",
        "-",
        "-01",
        "+1",
        ".5",
        "1.",
        "1.e5",
        "1e",
        "1e+",
        "0x10",
        "1_000",
        "NaN",
        "Infinity",
        "-Infinity",
        "1 2",
        "--1",
        "1e5.5",
        "٣"
      })
  void refusesWhatIsNoNumber(String text) {
    assertTrue(refused(text).contains("at byte"), text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e309", "-1e309", "1e99999999999"})
  void refusesNumbersBeyondADouble(String text) {
    assertTrue(refused("[" + text + "]").contains("out of the range"), text);
    assertTrue(refused("[" + text + "]").contains("at byte 1"), text);
  }

  @Test
  void refusesEndlessDigitsBeyondADouble() {
    assertTrue(refused("9".repeat(100_000)).contains("out of the range"));
  }

  @Test
  void readsStrings() {
    assertEquals("\"\\/\b\f\n\r\t", parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""));
    assertEquals("aäö€😀z", parse("\"a\\u00e4\\u00F6\\u20AC\\ud83d\\uDE00z\""));
    assertEquals("aä€😀z", parse("\"aä€😀z\""));
    assertEquals("mixed ä\n€", parse("\"mixed ä\\n€\""));
    assertEquals("\u0000", parse("\"\\u0000\""));
    assertEquals("\uFFFD", parse("\"\uFFFD\""));
    assertEquals("a\uFFFDb\uFFFD", parse("\"a\uFFFDb\\ufffd\""));
    assertEquals("", parse("\"\""));
    assertEquals("\u007f\u2028", parse("\"\u007f\u2028\""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "\"abc ~ at byte 0",
        "\"a\\x\" ~ at byte 2",
        "\"\\u12G4\" ~ at byte 5",
        "\"\\u12 ~ text ends",
        "\"\\ud83d\" ~ half a surrogate pair (at byte 1)",
        "\"\\ude00\" ~ half a surrogate pair (at byte 1)",
        "\"\\ud83d\\n\" ~ half a surrogate pair",
        "\"\\ud83d\\ud83d\" ~ half a surrogate pair",
        "\"\\ud83dx ~ half a surrogate pair",
        "\"\\ ~ unknown escape"
      })
  void refusesBadStrings(String text, String problem) {
    assertTrue(refused(text).contains(problem), refused(text));
  }

  @Test
  void refusesControlCharactersAndHalfPairsInTheText() {
    assertTrue(refused("\"a\nb\"").contains("control character in a string"));
    assertTrue(refused("\"\\n\u0001\"").contains("at byte 3"));
    assertTrue(refused("\"\ud83d\"").contains("half a surrogate pair"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"c0af", "80", "c3", "eda080", "f4908080", "f09f98", "ff", "e282"})
  void refusesMalformedUtf8(String hex) {
    byte[] bad = java.util.HexFormat.of().parseHex("2261" + hex + "7a22");
    String message = refused(bad, Json.Limits.FILE);
    assertTrue(message.contains("malformed UTF-8 (at byte 2"), message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "  ",
        "[",
        "{",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{,}",
        "{a:1}",
        "{'a':1}",
        "{1:1}",
        "[1 2]",
        "{\"a\" 1}",
        "tru",
        "True",
        "nul",
        "falsey",
        "[]]",
        "{}{}",
        "// c\n1",
        "[1]x",
        "}",
        "]",
        ":",
        ",",
        "\u00a01",
        "null0"
      })
  void refusesBrokenTexts(String text) {
    assertTrue(refused(text).contains("not valid JSON"), text);
    assertTrue(refused(text).contains("at byte"), text);
  }

  @Test
  void refusesDuplicateKeys() {
    assertTrue(refused("{\"a\":1,\"b\":2,\"a\":3}").contains("\"a\" occurs twice (at byte 13)"));
    assertTrue(refused("{\"a\":1,\"\\u0061\":3}").contains("occurs twice"));
    assertTrue(refused("{\"a\":null,\"a\":null}").contains("occurs twice"));
  }

  @Test
  void boundsDepthSizeAndCount() {
    String nested = "[".repeat(100) + "]".repeat(100);
    assertEquals(nested, Json.write(parse(nested)));
    assertTrue(refused("[" + nested + "]").contains("deeper than 100"));
    assertTrue(refused("[".repeat(1_000_000)).contains("deeper than 100"));
    assertTrue(refused("{\"a\":".repeat(500_000)).contains("deeper than 100"));
    byte[] text = "[1,2,[3]]".getBytes(StandardCharsets.UTF_8);
    assertTrue(refused(text, new Json.Limits(8, 9, 9)).contains("9 bytes, the limit is 8"));
    assertTrue(refused(text, new Json.Limits(9, 1, 9)).contains("deeper than 1"));
    assertTrue(refused(text, new Json.Limits(9, 2, 4)).contains("more than 4 values"));
    assertEquals(3, ((List<?>) Json.parse("test", text, new Json.Limits(9, 2, 5))).size());
    assertThrows(IllegalArgumentException.class, () -> new Json.Limits(1, 1001, 1));
  }

  @Test
  void refusesATextCutOffAnywhere() {
    String text = "{\"a\":[1.5e3,\"\\u00e4x\",true,null],\"b\":{\"c\":-1}}";
    for (int i = 0; i < text.length(); i++) {
      assertTrue(refused(text.substring(0, i)).contains("at byte"));
    }
  }

  @Test
  void writesEveryKindOfValue() {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("text", "a\"\\\n\r\t\b\u0001/ä€😀\u2028");
    tree.put("numbers", Arrays.asList(1, 2L, (short) 3, (byte) 4, 0.1f, 0.1, -0.0, 1e30, 1e-7f));
    tree.put("floats", new float[] {1, Float.NaN, Float.NEGATIVE_INFINITY, 1.1f});
    tree.put("doubles", new double[] {Double.POSITIVE_INFINITY, 2.5});
    tree.put("ints", new int[] {1, -2});
    tree.put("longs", new long[] {Long.MIN_VALUE});
    tree.put("none", null);
    tree.put("yes", true);
    tree.put("empty", List.of(Map.of(), List.of(), new int[0]));
    tree.put("view", new JsonView("s", "", List.of(7)));
    assertEquals(
        "{\"text\":\"a\\\"\\\\\\n\\r\\t\\u0008\\u0001/ä€😀\u2028\","
            + "\"numbers\":[1,2,3,4,0.1,0.1,-0.0,1.0E30,1.0E-7],"
            + "\"floats\":[1.0,null,null,1.1],\"doubles\":[null,2.5],\"ints\":[1,-2],"
            + "\"longs\":[-9223372036854775808],\"none\":null,\"yes\":true,"
            + "\"empty\":[{},[],[]],\"view\":[7]}",
        Json.write(tree));
    assertEquals("\"\uFFFDa\uFFFD\"", Json.write("\ud83da\ude00"));
    assertEquals("null", Json.write(Double.NaN));
  }

  @Test
  void refusesToWriteWhatJsonLacks() {
    assertThrows(IllegalArgumentException.class, () -> Json.write(new Object()));
    assertThrows(IllegalArgumentException.class, () -> Json.write(Map.of(1, 2)));
    List<Object> loop = new ArrayList<>();
    loop.add(loop);
    assertThrows(IllegalArgumentException.class, () -> Json.write(loop));
  }

  @Test
  void readsBackWhatItWrites() {
    SplittableRandom random = new SplittableRandom(11);
    for (int i = 0; i < 2000; i++) {
      Object tree = randomTree(random, 4);
      assertEquals(tree, parse(Json.write(tree)));
    }
  }

  private static Object randomTree(SplittableRandom random, int depth) {
    return switch (random.nextInt(depth == 0 ? 5 : 7)) {
      case 0 -> random.nextLong() >> random.nextInt(64);
      case 1 -> {
        double number = Double.longBitsToDouble(random.nextLong());
        yield Double.isFinite(number) ? number : 0.5;
      }
      case 2 -> randomText(random);
      case 3 -> random.nextBoolean();
      case 4 -> null;
      case 5 -> {
        List<Object> list = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
          list.add(randomTree(random, depth - 1));
        }
        yield list;
      }
      default -> {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = random.nextInt(5); i > 0; i--) {
          map.put(randomText(random), randomTree(random, depth - 1));
        }
        yield map;
      }
    };
  }

  private static String randomText(SplittableRandom random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(8); i > 0; i--) {
      int limit = new int[] {0x80, 0x800, 0x10000, 0x110000}[random.nextInt(4)];
      int c = random.nextInt(limit);
      text.appendCodePoint(c >= 0xD800 && c < 0xE000 ? ' ' : c);
    }
    return text.toString();
  }

  @Test
  void neitherHangsNorFailsOtherwiseOnRandomBytes() {
    SplittableRandom random = new SplittableRandom(12);
    byte[] alphabet = "{}[]\":,\\u0d8e1-+.tfn \u00e4".getBytes(StandardCharsets.UTF_8);
    int read = 0;
    for (int i = 0; i < 100_000; i++) {
      byte[] text = new byte[random.nextInt(12)];
      for (int j = 0; j < text.length; j++) {
        text[j] = alphabet[random.nextInt(alphabet.length)];
      }
      try {
        Json.parse("test", text);
        read++;
      } catch (LanewiseException e) {
        assertTrue(e.getMessage().startsWith("test: "));
      }
    }
    assertTrue(read > 100, "only " + read + " were valid");
  }
}
