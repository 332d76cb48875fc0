package dev.lanewise.model.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lanewise.model.checkpoint.Gguf;
import dev.lanewise.model.generate.GgufTokenizer;
import dev.lanewise.model.tokenizer.BytePairTokenizer;
import dev.lanewise.model.tokenizer.SentencePieceBpeTokenizer;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Texts and the ids they must become: {@code NAME.gguf} is a vocabulary, {@code NAME.gguf.inp} has
 * the texts and {@code NAME.gguf.out} a line of ids for each, without the tokens around a sequence.
 */
@Tag("conformance")
class TokenizerConformanceTest {
  private static final String SEPARATOR = "\n__ggml_vocab_test__\n";

  @TestFactory
  List<DynamicTest> everyTextBecomesItsIds() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path vocabulary : Vectors.entries("tokenizers", "*.gguf")) {
      if (Files.exists(beside(vocabulary, ".inp"))) {
        addTests(vocabulary, tests);
      }
    }
    return Vectors.announced(tests, "vocabulary with texts beside it");
  }

  private static void addTests(Path vocabulary, List<DynamicTest> tests) throws IOException {
    String name = vocabulary.getFileName().toString();
    String[] texts = Files.readString(beside(vocabulary, ".inp")).split(SEPARATOR, -1);
    List<String> lines = Files.readAllLines(beside(vocabulary, ".out"));
    // Nothing follows the last separator, unless the last text has none.
    int count = texts.length - (texts[texts.length - 1].isEmpty() ? 1 : 0);
    tests.add(
        dynamicTest(
            name + " has a line of ids for each text", () -> assertEquals(count, lines.size())));
    Loaded loaded = new Loaded(vocabulary);
    for (int i = 0; i < Math.min(count, lines.size()); i++) {
      String text = texts[i];
      int[] ids = ids(lines.get(i));
      String label = "%s text %d: %s".formatted(name, i, shown(text));
      tests.add(dynamicTest(label, () -> check(loaded.tokenizer(), text, ids)));
    }
  }

  private static void check(Tokenizer tokenizer, String text, int[] ids) {
    assertArrayEquals(ids, tokenizer.encode(text, false));
    if (tokenizer instanceof BytePairTokenizer || tokenizer instanceof SentencePieceBpeTokenizer) {
      assertEquals(text, tokenizer.decode(ids));
    }
  }

  private static int[] ids(String line) {
    return Stream.of(line.strip().split("\\s+"))
        .filter(id -> !id.isEmpty())
        .mapToInt(Integer::parseInt)
        .toArray();
  }

  private static String shown(String text) {
    String oneLine = text.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r");
    return "\"" + oneLine.substring(0, Math.min(oneLine.length(), 40)) + "\"";
  }

  private static Path beside(Path file, String suffix) {
    return Path.of(file + suffix);
  }

  /** A tokenizer that is loaded once, by the first test that needs it. */
  private static final class Loaded {
    private final Path file;
    private Tokenizer tokenizer;

    Loaded(Path file) {
      this.file = file;
    }

    Tokenizer tokenizer() {
      if (tokenizer == null) {
        tokenizer = GgufTokenizer.of(Gguf.open(file).metadata());
      }
      return tokenizer;
    }
  }
}
