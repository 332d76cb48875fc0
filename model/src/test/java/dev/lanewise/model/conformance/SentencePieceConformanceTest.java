package dev.lanewise.model.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.tokenizer.SentencePieceModel;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Texts, the ids that SentencePiece makes of them, and the text that it makes of those. */
@Tag("conformance")
class SentencePieceConformanceTest {
  @TestFactory
  List<DynamicTest> texts() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path folder : Vectors.entries("tokenizers", "spm-*")) {
      Tokenizer tokenizer = SentencePieceModel.load(folder.resolve("spiece.model"));
      Path file = folder.resolve("cases.json");
      for (JsonView entry :
          Json.view(file.toString(), Files.readAllBytes(file)).at("cases").items()) {
        tests.add(
            dynamicTest(folder.getFileName() + " " + entry.path(), () -> check(tokenizer, entry)));
      }
    }
    return tests;
  }

  private static void check(Tokenizer tokenizer, JsonView entry) {
    int[] ids = entry.at("ids").items().stream().mapToInt(JsonView::integer).toArray();
    assertArrayEquals(ids, tokenizer.encode(entry.string("text"), false));
    assertEquals(entry.string("decoded"), tokenizer.decode(ids));
  }
}
