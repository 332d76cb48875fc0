package dev.lanewise.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PreTokenizerTest {
  private static final String[] ALPHABET = {
    "a",
    "b",
    "A",
    "Z",
    "é",
    "É",
    "ж",
    "你",
    "が",
    "1",
    "2",
    "½",
    " ",
    "  ",
    "\n",
    "\r",
    "\t",
    "'",
    "s",
    "'ll",
    "!",
    "/",
    "$",
    "`",
    "\u0301",
    "\u00A0",
    "\u3000",
    "\uD83D\uDE80",
    "\u200D",
    "。",
  };

  /** In the rows ␣ is a space and ⏎ a line feed; pieces are parted by a bar. */
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = ';',
      value = {
        "gpt-2; Hello␣world; Hello|␣world",
        "gpt-2; I'll␣I'LL; I|'ll|␣I|'|LL",
        "gpt-2; a␣␣␣b␣␣; a|␣␣|␣b|␣␣",
        "gpt-2; x1234!?␣?; x|1234|!?|␣?",
        "gpt-2; a⏎⏎b; a|⏎|⏎|b",
        "smollm; x1234; x|1|2|3|4",
        "smollm; a␣12; a|␣|1|2",
        "llama-bpe; I'LL␣12345; I|'LL|␣|123|45",
        "llama-bpe; !a␣␣⏎␣b; !a|␣␣⏎|␣b",
        "llama-bpe; ok!⏎⏎␣x; ok|!⏎⏎|␣x",
        "llama-bpe; ＇é; ＇é",
        "qwen2; a␣12; a|␣|1|2",
        "qwen2; कि; क|ि",
        "qwen35; कि; कि",
        "falcon; ␣(a)12345; ␣|(|a|)|123|45",
        "falcon; a`b$; a|`|b|$",
        "default; a`b␣12345; a|`|b|␣|123|45",
        "deepseek-llm; a⏎b␣1234; a|⏎|b|␣|1234",
        "deepseek-llm; 我想在apple; 我想在|apple",
        "deepseek-coder; a␣b!12; a|␣b|!|1|2",
        "deepseek-v3; a.foo␣.bar12345你好; a|.foo|␣.|bar|123|45|你好",
        "tekken; helloWorld␣HELLO12; hello|World|␣HELLO|1|2",
        "gpt-4o; It'sME␣XMLHttp; It's|ME|␣XMLHttp",
        "gpt-4o; a!/⏎b; a|!/⏎|b",
        "tiny_aya; ␣1234567; ␣|1|234|567",
        "bloom; a,b␣c; a|,|b|␣c",
        "viking; a12; a|1|2",
        "laguna; a␣⏎␣b; a|␣|⏎|␣b",
        "exaone-moe; one␣two␣␣three!/x; one␣two|␣|␣three|!/|x",
        "seed-coder; a!⏎b; a|!|⏎|b",
        "minicpm5; 12345; 123|45",
        "gemma4; a␣b⏎⏎c; a␣b|⏎⏎|c",
      })
  void cutsByTheRulesOfItsName(String name, String text, String pieces) {
    assertEquals(pieces, split(name, text.replace('␣', ' ').replace('⏎', '\n')));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "default",
        "gpt-2",
        "smollm",
        "llama-bpe",
        "qwen2",
        "qwen35",
        "falcon",
        "deepseek-llm",
        "deepseek-coder",
        "deepseek-v3",
        "tekken",
        "gpt-4o",
        "granite-embed-multi-97m",
        "tiny_aya",
        "bloom",
        "viking",
        "laguna",
        "exaone-moe",
        "seed-coder",
        "minicpm5",
        "afmoe",
        "ufakzeka",
        "gemma4",
      })
  void piecesAreNeverEmptyAndCoverTheText(String name) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(7);
    PreTokenizer preTokenizer = PreTokenizer.of(name);
    for (int round = 0; round < 500; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(1, 20); i > 0; i--) {
        text.append(ALPHABET[random.nextInt(ALPHABET.length)]);
      }
      Words words = preTokenizer.split(AlignedText.of(text.toString(), false));
      int at = 0;
      for (int i = 0; i < words.count(); i++) {
        assertEquals(at, words.from(i), () -> name + " leaves a gap in \"" + text + '"');
        assertTrue(words.to(i) > at, () -> name + " makes an empty piece of \"" + text + '"');
        at = words.to(i);
      }
      assertEquals(words.text().length(), at, () -> name + " of \"" + text + '"');
    }
  }

  @Test
  void theDefaultCutsMuchLikeFalcon() {
    assertEquals("a|`|1", split("default", "a`1"));
    assertEquals(3, PreTokenizer.of("default").split(AlignedText.of("a$1", false)).count());
  }

  @Test
  void anUnknownNameIsRefusedWithThoseKnown() {
    String message =
        assertThrows(LanewiseException.class, () -> PreTokenizer.of("esperanto")).getMessage();
    assertTrue(message.contains("esperanto"), message);
    assertTrue(message.contains("llama-bpe"), message);
  }

  private static String split(String name, String text) {
    Words words = PreTokenizer.of(name).split(AlignedText.of(text, false));
    StringBuilder pieces = new StringBuilder();
    for (int i = 0; i < words.count(); i++) {
      pieces
          .append(i == 0 ? "" : "|")
          .append(words.text().range(words.from(i), words.to(i)).string());
    }
    return pieces.toString().replace(' ', '␣').replace('\n', '⏎');
  }
}
