package dev.lanewise.model.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StopStringsTest {
  @Test
  void passesEverythingThroughWithoutStopStrings() {
    StopStrings stops = new StopStrings(List.of());
    assertEquals("a", stops.append("a"));
    assertEquals("", stops.flush());
    assertFalse(stops.found());
  }

  @Test
  void holdsBackWhatMayBecomeOne() {
    StopStrings stops = new StopStrings(List.of("</s>", "\nUser:"));
    assertEquals("Hi", stops.append("Hi<"));
    assertEquals("", stops.append("/"));
    assertEquals("</b", stops.append("b"));
    assertEquals("", stops.append("\n"));
    assertEquals("\n", stops.append("\nUser"));
    assertEquals("", stops.append(": and more"));
    assertTrue(stops.found());
    assertEquals("", stops.flush());
  }

  @Test
  void givesBackWhatWasHeldInTheEnd() {
    StopStrings stops = new StopStrings(List.of("STOP"));
    assertEquals("a ", stops.append("a STO"));
    assertEquals("STO", stops.flush());
    assertFalse(stops.found());
  }

  @Test
  void theFirstOfSeveralCounts() {
    StopStrings stops = new StopStrings(List.of("cd", "bcd", "e"));
    assertEquals("a", stops.append("abcde"));
    assertTrue(stops.found());
  }

  @Test
  void overlappingBeginningsAreKept() {
    StopStrings stops = new StopStrings(List.of("aab"));
    assertEquals("", stops.append("aa"));
    assertEquals("a", stops.append("a"));
    assertEquals("", stops.append("b"));
    assertTrue(stops.found());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void piecesDoNotMatter(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      String text = randomText(random, random.nextInt(30));
      List<String> wanted =
          List.of(
              randomText(random, 1 + random.nextInt(4)), randomText(random, 1 + random.nextInt(4)));
      StopStrings stops = new StopStrings(wanted);
      StringBuilder out = new StringBuilder();
      int from = 0;
      while (from < text.length() && !stops.found()) {
        int to = Math.min(text.length(), from + 1 + random.nextInt(3));
        out.append(stops.append(text.substring(from, to)));
        from = to;
      }
      out.append(stops.flush());
      String expected = before(text, wanted);
      assertEquals(expected, out.toString(), text + " " + wanted);
      assertEquals(expected.length() < text.length(), stops.found());
    }
  }

  /** The text before the stop string that is complete first, and begins first. */
  private static String before(String text, List<String> wanted) {
    for (int end = 1; end <= text.length(); end++) {
      int start = end;
      for (String stop : wanted) {
        if (text.substring(0, end).endsWith(stop)) {
          start = Math.min(start, end - stop.length());
        }
      }
      if (start < end) {
        return text.substring(0, start);
      }
    }
    return text;
  }

  private static String randomText(Random random, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append((char) ('a' + random.nextInt(2)));
    }
    return text.toString();
  }
}
