package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.task.TinyTextModel;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code rerank} on a model of a few kilobytes. */
class RerankCommandTest {
  @TempDir private static Path folder;
  @TempDir private static Path other;
  private static String model;

  @BeforeAll
  static void writeModel() {
    TinyTextModel.write(folder, TinyTextModel.RERANKER_CONFIG, TinyTextModel.RERANKER);
    model = folder.toString();
  }

  @Test
  void everyLineHasAnObjectTheBestFirst() {
    Outcome outcome =
        Outcome.with(
            "the cat sat\na dog\ngood cats\n",
            "rerank",
            "-m",
            model,
            "--query",
            "a cat",
            "-f",
            "-",
            "--json");
    assertEquals(0, outcome.code(), outcome.err());
    List<JsonView> objects = outcome.objects();
    assertEquals(3, objects.size());
    List<String> texts = List.of("the cat sat", "a dog", "good cats");
    for (int i = 0; i < 3; i++) {
      JsonView object = objects.get(i);
      assertEquals(texts.get(object.integer("index")), object.string("text"));
      assertTrue(i == 0 || object.number("score") <= objects.get(i - 1).number("score"));
    }
  }

  @Test
  void peopleGetScoresAndTexts() {
    Outcome outcome = Outcome.done("rerank", "-m", model, "--query", "a cat", "a dog", "the cat");
    assertEquals(2, outcome.lines().size());
    assertTrue(outcome.out().matches("(?s)-?\\d+\\.\\d{4}  \\w+ \\w+\n.*"), outcome.out());
  }

  @Test
  void whatIsWrongIsSaid() {
    Outcome.fails(2, "--query is missing", "rerank", "-m", model, "a");
    Outcome.fails(2, "either texts or -f", "rerank", "-m", model, "--query", "q");
    Outcome.fails(2, "-m is missing", "rerank", "--query", "q", "a");
    Outcome.fails(1, "is empty", "rerank", "-m", model, "--query", "q", "-f", "-");
    String headless = TinyTextModel.write(other).toString();
    Outcome.fails(1, "has no head", "rerank", "-m", headless, "--query", "q", "a");
  }
}
