package dev.lanewise.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Tokenizers put together at random of all components, with the ids, ranges, sequences and texts
 * that the library tokenizers makes of awkward texts ({@code tokenizers.json}).
 */
class HubComponentsTest {
  @TestFactory
  List<DynamicTest> everyComponentDoesAsTheOriginal() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    try (InputStream in = HubComponentsTest.class.getResourceAsStream("tokenizers.json")) {
      JsonView root = Json.view("tokenizers.json", in.readAllBytes());
      HubTokenConfig nothing = new HubTokenConfig(Path.of("no such folder"));
      for (JsonView entry : root.at("tokenizers").items()) {
        Tokenizer tokenizer = HubTokenizer.of(entry.at("tokenizer"), nothing);
        String name = entry.path() + " " + entry.at("tokenizer").at("model").string("type");
        for (JsonView texts : entry.at("cases").items()) {
          String label = name + " " + Json.write(texts.string("text"));
          tests.add(dynamicTest(label, () -> check(tokenizer, texts)));
        }
      }
    }
    return tests;
  }

  private static void check(Tokenizer tokenizer, JsonView texts) {
    String text = texts.string("text");
    Tokens tokens = tokenizer.tokens(text, true);
    int[] ids = integers(texts.at("ids"));
    assertArrayEquals(ids, tokens.ids());
    assertArrayEquals(ids, tokenizer.encode(text, true), "without ranges");
    List<JsonView> offsets = texts.at("offsets").items();
    for (int i = 0; i < ids.length; i++) {
      int[] found = {
        text.codePointCount(0, tokens.starts()[i]), text.codePointCount(0, tokens.ends()[i])
      };
      assertArrayEquals(integers(offsets.get(i)), found, "the range of token " + i);
    }
    assertArrayEquals(integers(texts.at("single")), tokenizer.sequence(tokens).ids());
    TokenSequence pair = tokenizer.sequence(tokens, tokenizer.tokens(texts.string("pair"), true));
    assertArrayEquals(integers(texts.at("pairs")), pair.ids());
    assertArrayEquals(integers(texts.at("types")), pair.types());
    assertEquals(texts.string("decoded"), tokenizer.decode(ids));
  }

  private static int[] integers(JsonView numbers) {
    return numbers.items().stream().mapToInt(JsonView::integer).toArray();
  }
}
