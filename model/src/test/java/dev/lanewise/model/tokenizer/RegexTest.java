package dev.lanewise.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Regular expressions against the library tokenizers 0.23.3, in {@code regexes.json}. */
class RegexTest {
  @TestFactory
  List<DynamicTest> matchesAreThoseOfOniguruma() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    try (InputStream in = RegexTest.class.getResourceAsStream("regexes.json")) {
      for (JsonView entry : Json.view("regexes.json", in.readAllBytes()).at("cases").items()) {
        tests.add(dynamicTest(Json.write(entry.value()), () -> check(entry)));
      }
    }
    return tests;
  }

  private static void check(JsonView entry) {
    String text = entry.string("text");
    List<String> wanted = entry.at("words").items().stream().map(JsonView::string).toList();
    AlignedText aligned = AlignedText.of(text, true);
    if (entry.has("normalizer")) {
      assertEquals(wanted, List.of(HubNormaliser.of(entry).apply(aligned).string()));
    } else if (entry.has("decoder")) {
      assertEquals(wanted, HubDecoder.of(entry).apply(List.of(text)));
    } else {
      List<WordStep> steps = new HubPreTokenizer(entry).steps();
      Words words = new PreTokenizer(PreTokenizer.RAW, steps).split(aligned);
      List<String> found = new ArrayList<>();
      for (int i = 0; i < words.count(); i++) {
        found.add(words.text().range(words.from(i), words.to(i)).string());
      }
      assertEquals(wanted, found);
    }
  }

  private static int matches(String regex, String text) {
    int[] characters = text.codePoints().toArray();
    int[] count = {0};
    RegexParser.regex(regex, "file").find(characters, 0, characters.length, (_, _) -> count[0]++);
    return count[0];
  }

  @ParameterizedTest
  @CsvSource({
    "(?:a|b)+, 1",
    "(?:(?:a|b){2}|a)*+, 1",
    "a+$, 1",
    "\\s+$|a, 1000000",
    "b(?=a)|a++, 1",
    "(?:a?a?)+, 1"
  })
  @Timeout(60)
  void aMillionTimesTheSameIsNoTrouble(String regex, int count) {
    assertEquals(count, matches(regex, "a".repeat(1_000_000)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(a+)+b",
        "(?:a|aa)+b",
        "(?:a|b)+?c",
        "(?:a*)*b",
        "a*a*a*b",
        "(?:a|b)+c|(?:(?:a|b)+)+d"
      })
  @Timeout(60)
  void whatTakesTooLongEndsInAMessage(String regex) {
    String text = "a".repeat(20_000);
    String message = assertThrows(LanewiseException.class, () -> matches(regex, text)).getMessage();
    assertTrue(message.startsWith("file: the pattern " + regex + " takes too much "), message);
    assertTrue(
        message.endsWith("a text of 20000 characters; split it into shorter texts"), message);
  }

  @ParameterizedTest
  @CsvSource({
    "(a)\\1, \\1",
    "a\\K, \\K",
    "(?~a), (?~",
    "(?<a, a name without end",
    "\\p{IsHan}, \\p{IsHan}",
    "[[:foo:]], [:foo:]",
    "(a, ( without )",
    "a), ) without (",
    "*a, nothing before *",
    "[a, an end too early",
    "[b-a], an empty range",
    "'a{2,1}', '{2,1}'",
    "'a{99999999999}', the number 99999999999",
    "\\xff, a number that is no character"
  })
  void whatIsNotKnownIsNamed(String regex, String what) {
    String message = assertThrows(LanewiseException.class, () -> matches(regex, "a")).getMessage();
    assertTrue(message.startsWith("file: the pattern " + regex + " cannot be used: at "), message);
    assertTrue(message.endsWith(" it has " + what + ", which is not known here"), message);
  }

  /**
   * As Oniguruma: the long s and the sign of Kelvin are letters of A to Z, the dotless i is not.
   */
  @Test
  void caseIsUnicodes() {
    assertEquals(3, matches("(?i:[A-Z])", "ık\u017F\u212A"));
  }

  @Test
  void programsHaveALimit() {
    String message =
        assertThrows(LanewiseException.class, () -> matches("(?:ab){99999}", "")).getMessage();
    assertTrue(message.endsWith("its program has more than 32768 instructions"), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"(", "[", "(?i)"})
  void nestingHasALimit(String open) {
    assertThrows(LanewiseException.class, () -> matches(open.repeat(100_000) + "a", "a"));
  }
}
