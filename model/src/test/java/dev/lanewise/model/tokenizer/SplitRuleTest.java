package dev.lanewise.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Awkward texts and the words that a backtracking engine of regular expressions makes of them by
 * the patterns that the rules scan by hand ({@code splits.json}).
 */
class SplitRuleTest {
  private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LEAD = "[^\\r\\n\\p{L}\\p{N}]?";
  private static final String REST =
      "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  @TestFactory
  List<DynamicTest> wordsAreThoseOfThePatterns() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    try (InputStream in = SplitRuleTest.class.getResourceAsStream("splits.json")) {
      JsonView cases = Json.view("splits.json", in.readAllBytes()).at("cases");
      Map<String, List<JsonView>> byName =
          cases.items().stream().collect(Collectors.groupingBy(entry -> entry.string("pre")));
      byName.forEach((name, entries) -> tests.add(dynamicTest(name, () -> check(name, entries))));
    }
    return tests;
  }

  private static void check(String name, List<JsonView> cases) {
    PreTokenizer preTokenizer = named(name);
    for (JsonView entry : cases) {
      String text = entry.string("text");
      List<String> wanted = entry.at("words").items().stream().map(JsonView::string).toList();
      assertEquals(wanted, words(preTokenizer, text), () -> Json.write(text));
    }
  }

  /** Patterns spelled in several ways, and the words that tokenizers 0.23.3 makes with them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '"',
      value = {
        "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,2}| ?[^\\s\\p{L}\\p{N}]++"
            + "[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+;I'LL␣12345!⏎⏎␣␣x;I|'LL|␣|12|34|5|!⏎⏎|␣|␣x",
        "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+"
            + "[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+;I'LL␣12345!⏎⏎␣␣x;I|'LL|␣|123|45|!⏎⏎|␣|␣x",
        "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+;"
            + "I'll␣␣x'LL␣123!;I|'ll|␣|␣x|'|LL|␣123|!",
        "\\s+(?!\\S)|\\s+;␣a␣␣b⏎␣c␣␣␣;␣|a|␣|␣|b|⏎|␣|c|␣␣␣",
        "<sentinel:[0-9]+>;a<sentinel:12>b<sentinel:>;a|<sentinel:12>|b<sentinel:>",
        "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z;xIMGIMGABZIMGIMGZ;x|IMGIMGABZ|IMGIMGZ",
        "([\\t\\n]|    |  );a⏎␣␣␣␣␣b␣␣␣c;a|⏎|␣␣␣␣|␣b|␣␣|␣c"
      })
  void patternsAreKnownByTheirParts(String pattern, String text, String words) {
    PreTokenizer preTokenizer = ofPattern(pattern);
    String found = String.join("|", words(preTokenizer, text.replace('␣', ' ').replace('⏎', '\n')));
    assertEquals(words, found.replace(' ', '␣').replace('\n', '⏎'));
  }

  private static PreTokenizer named(String name) {
    String suffix = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?";
    return switch (name) {
      case "exact gpt-4o" -> ofPattern(cased(suffix) + "|\\p{N}{1,3}" + REST);
      case "decimals" -> ofPattern("\\d{1,3}(?=(?:\\d{3})*\\b)");
      case "newer cl100k" ->
          ofPattern(
              "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+"
                  + "| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s");
      case "newer gpt-2" ->
          ofPattern(
              "'(?:[sdmt]|ll|ve|re)| ?\\p{L}++| ?\\p{N}++| ?[^\\s\\p{L}\\p{N}]++"
                  + "|\\s++$|\\s+(?!\\S)|\\s");
      case "exact tekken" -> ofPattern(cased("") + "|\\p{N}" + REST);
      default -> PreTokenizer.of(name);
    };
  }

  private static PreTokenizer ofPattern(String pattern) {
    return new PreTokenizer(0, List.of(SplitPatterns.rule(pattern)));
  }

  private static String cased(String suffix) {
    return LEAD + UPPER + "*" + LOWER + "+" + suffix + "|" + LEAD + UPPER + "+" + LOWER + "*"
        + suffix;
  }

  private static List<String> words(PreTokenizer preTokenizer, String text) {
    Words words = preTokenizer.split(AlignedText.of(text, false));
    List<String> found = new ArrayList<>();
    for (int i = 0; i < words.count(); i++) {
      found.add(words.text().range(words.from(i), words.to(i)).string());
    }
    return found;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jais-2",
        "kimi-k2",
        "spark2_5",
        "youtu",
        "superbpe",
        "chameleon",
        "gpt-4o",
        "newer cl100k"
      })
  @Timeout(120)
  void aMillionTimesTheSameIsNoTrouble(String name) {
    PreTokenizer preTokenizer = named(name);
    for (String text : new String[] {" ", "a", "A", "1", "!", "\n", "你", "'", "<sentinel:"}) {
      String all = text.repeat(1_000_000 / text.length());
      int length = 0;
      Words words = preTokenizer.split(AlignedText.of(all, false));
      for (int i = 0; i < words.count(); i++) {
        length += words.to(i) - words.from(i);
      }
      assertEquals(all.length(), length, name + " of " + text);
    }
  }
}
