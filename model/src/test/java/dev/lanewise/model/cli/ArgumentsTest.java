package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArgumentsTest {
  private final Arguments arguments = new Arguments("try", "[options]", "Tries things out.");
  private final Option.Text text =
      arguments.add(new Option.Text("TEXT", "a text", "-p", "--prompt"));
  private final Option.Whole whole =
      arguments.add(new Option.Whole("N", 5, 0, 10, "a number", "-n", "--tokens"));
  private final Option.Decimal number =
      arguments.add(new Option.Decimal("X", 0.5f, 0, 2, "a factor", "--temp"));
  private final Option.Flag flag = arguments.add(new Option.Flag("a switch", "--raw"));

  private void parse(String... args) {
    arguments.parse(args, 0);
  }

  private String refusal(String... args) {
    return assertThrows(UsageException.class, () -> parse(args)).getMessage();
  }

  @Test
  void fallbacksHoldWhereNothingIsGiven() {
    parse();
    assertNull(text.value());
    assertEquals(5, whole.value());
    assertEquals(0.5f, number.value());
    assertFalse(flag.given());
    assertFalse(arguments.helpWanted());
  }

  @Test
  void valuesComeAfterASpaceOrAnEqualsSign() {
    parse("-p", "a b", "--tokens=7", "--temp", "1.25", "--raw");
    assertEquals("a b", text.value());
    assertEquals(7, whole.intValue());
    assertEquals(1.25f, number.value());
    assertTrue(flag.given());
  }

  @Test
  void valuesMayLookLikeOptionsOrBeEmpty() {
    parse("-p", "--raw", "--prompt=", "--prompt=a=b");
    assertEquals(List.of("--raw", "", "a=b"), text.values());
    assertEquals("a=b", text.value());
    assertFalse(flag.given());
  }

  @Test
  void otherArgumentsAreCounted() {
    assertTrue(refusal("word").contains("'word'"));
    arguments.allowPositionals(2);
    parse("one", "--", "--raw");
    assertEquals(List.of("one", "--raw"), arguments.positionals());
    assertFalse(flag.given());
    assertTrue(refusal("three").contains("'three'"));
  }

  @Test
  void aLoneDashIsNoOption() {
    arguments.allowPositionals(1);
    parse("-");
    assertEquals(List.of("-"), arguments.positionals());
  }

  @Test
  void aNegativeNumberIsNoOption() {
    arguments.allowPositionals(2);
    parse("-5", "-0.5");
    assertEquals(List.of("-5", "-0.5"), arguments.positionals());
  }

  @ParameterizedTest
  @CsvSource({"--promt, --prompt", "--tokns, --tokens", "--Raw, --raw", "--hlp, --help"})
  void anUnknownOptionNamesTheNearest(String typed, String meant) {
    String message = refusal(typed);
    assertTrue(message.contains(typed), message);
    assertTrue(message.contains("did you mean " + meant + "?"), message);
  }

  @Test
  void nothingNearNothingNamed() {
    assertFalse(refusal("--xylophone").contains("did you mean"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "11", "1.5", "", "x", "99999999999999999999"})
  void wholeNumbersAreChecked(String value) {
    String message = refusal("-n", value);
    assertTrue(message.contains("-n") && message.contains("from 0 to 10"), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-0.1", "2.5", "NaN", "Infinity", "", "x"})
  void decimalNumbersAreChecked(String value) {
    String message = refusal("--temp=" + value);
    assertTrue(message.contains("--temp") && message.contains("from 0.0 to 2.0"), message);
  }

  @Test
  void aMissingOrNeedlessValueIsRefused() {
    assertTrue(refusal("-p").contains("TEXT"));
    assertTrue(refusal("--raw=yes").contains("no value"));
  }

  @Test
  void theHelpShowsEveryOption() {
    parse("--help", "--debug");
    assertTrue(arguments.helpWanted());
    assertTrue(arguments.debug());
    String help = arguments.help();
    for (String part :
        List.of(
            "Usage: lanewise try [options]",
            "Tries things out.",
            "-p, --prompt TEXT",
            "-n, --tokens N",
            "--temp X",
            "a switch",
            "--debug",
            "-h, --help")) {
      assertTrue(help.contains(part), part + " is missing in\n" + help);
    }
    assertTrue(help.lines().allMatch(line -> line.length() <= 92), help);
  }

  @Test
  void distances() {
    assertEquals(0, Nearest.distance("", ""));
    assertEquals(3, Nearest.distance("", "abc"));
    assertEquals(3, Nearest.distance("kitten", "sitting"));
    assertEquals(2, Nearest.distance("ab", "ba"));
  }
}
