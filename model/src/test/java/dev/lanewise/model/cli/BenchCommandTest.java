package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.checkpoint.TinyLlama;
import dev.lanewise.model.json.JsonView;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bench} of a model of a few hundred kilobytes. */
class BenchCommandTest {
  @TempDir private static Path folder;
  private static String base;

  @BeforeAll
  static void writeModel() {
    base = TinyLlama.write(folder.resolve("base.gguf"), 1).toString();
  }

  @Test
  void benchMeasuresBothTests() {
    String[] args = {
      "bench", "-m", base, "-p", "8", "-n", "4", "-r", "3", "-t", "1", "--warm-up", "0", "--json"
    };
    List<JsonView> results = Outcome.done(args).object().items();
    assertEquals(2, results.size());
    assertEquals("pp8", results.get(0).string("test"));
    assertEquals("tg4", results.get(1).string("test"));
    for (JsonView result : results) {
      assertTrue(result.number("tokens_per_second") > 0);
      assertTrue(result.number("stddev") >= 0);
    }
    args[args.length - 1] = "-r=1";
    assertEquals(2, Outcome.of(args).code(), "one-letter options take no equals sign");
  }
}
