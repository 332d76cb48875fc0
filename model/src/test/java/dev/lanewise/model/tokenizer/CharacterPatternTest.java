package dev.lanewise.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is a simple pattern, and how far it matches. */
class CharacterPatternTest {
  private static int match(String regex, String text) {
    int[] characters = text.codePoints().toArray();
    return CharacterPattern.of(regex).match(characters, 0, characters.length);
  }

  @ParameterizedTest
  @CsvSource({
    "'a{1,3}', aaaa, 3",
    "a{2}, aaaa, 2",
    "'a{2,}', aaaa, 4",
    "a{2}, ab, 0",
    "ab?b, ab, 2",
    "'a{0,2}ab', aab, 3",
    "x|ab|abc, abc, 2",
    "[^b-d]+, aab, 2",
    "\\W\\d, -7, 2"
  })
  void takesAsMuchAsLeavesTheRest(String regex, String text, int end) {
    assertEquals(end, match(regex, text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a|",
        "(a)",
        "a*b",
        "a{0,17}b",
        "a+?",
        "a{3,1}",
        "[[a]]",
        "[a",
        "\\p{Xx}",
        "a*",
        "x|a?b{0,2}"
      })
  void otherExpressionsAreUnknown(String regex) {
    assertNull(CharacterPattern.of(regex));
  }

  /** A match that fails tries every way in which the items can share out the text. */
  @Test
  void thereAreNotTooManyWaysToMatch() {
    assertEquals(4, match("a?".repeat(10) + "c", "aaac"));
    assertEquals(0, match("a?".repeat(10) + "c", "a".repeat(20)));
    assertNull(CharacterPattern.of("a?".repeat(11) + "c"));
    assertNull(CharacterPattern.of("a{0,16}".repeat(15) + "c"));
  }
}
