package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.catalogue.Catalogue;
import dev.lanewise.model.checkpoint.SafetensorsWriter;
import dev.lanewise.model.checkpoint.TinyLlama;
import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.task.TinyTextModel;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code embed} and {@code bench embed} on a model of a few kilobytes. */
class EmbedCommandTest {
  @TempDir private static Path folder;
  private static String model;

  @BeforeAll
  static void writeModel() {
    model = TinyTextModel.write(folder).toString();
  }

  @Test
  void everyTextHasALineOfNumbers() {
    Outcome outcome = Outcome.done("embed", "-m", model, "the cat sat", "a dog");
    assertEquals(2, outcome.lines().size());
    double squares = 0;
    for (String number : outcome.lines().get(1).split(" ")) {
      squares += Math.pow(Double.parseDouble(number), 2);
    }
    assertEquals(1, squares, 1e-6);
    assertEquals("", outcome.err());
  }

  @Test
  void aModelThatWasNotMadeForThemIsTakenWithANote() {
    String chat = TinyLlama.write(folder.resolve("chat.gguf"), 1).toString();
    Outcome outcome = Outcome.done("embed", "-m", chat, "a", "b");
    assertEquals(2, outcome.lines().size());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    assertTrue(
        outcome.err().startsWith("lanewise: " + chat + " does not say how to make embeddings"),
        outcome.err());
  }

  @Test
  void everyLineOfAFileHasAnObject() {
    Outcome outcome =
        Outcome.with("the cat sat on\n\na dog", "embed", "-m", model, "-f", "-", "--json");
    List<JsonView> objects = outcome.objects();
    assertEquals(
        List.of("the cat sat on", "", "a dog"),
        objects.stream().map(object -> object.string("text")).toList());
    String alone = Outcome.done("embed", "-m", model, "--json", "a dog").lines().getFirst();
    assertEquals(alone, outcome.lines().get(2), "alone and among others");
    assertEquals(8, objects.getFirst().at("embedding").items().size());
  }

  @Test
  void aPrefixStandsBeforeTheTextButNotInTheOutput() {
    String prefixed =
        Outcome.done("embed", "-m", model, "--prefix", "the ", "--json", "dog").lines().getFirst();
    String whole = Outcome.done("embed", "-m", model, "--json", "the dog").lines().getFirst();
    String bare = Outcome.done("embed", "-m", model, "--json", "dog").lines().getFirst();
    assertEquals(whole.replace("the dog", "dog"), prefixed);
    assertNotEquals(bare, prefixed);
  }

  @Test
  void theModelsPromptStandsThereUnlessAnotherIsGiven() {
    Path prompted = TinyTextModel.write(folder.resolve("prompted"));
    TinyTextModel.add(
        prompted,
        "config_sentence_transformers.json",
        "{\"prompts\": {\"it\": \"the \"}, \"default_prompt_name\": \"it\"}");
    String own = prompted.toString();
    assertEquals(
        Outcome.done("embed", "-m", model, "the dog").out(),
        Outcome.done("embed", "-m", own, "dog").out());
    assertEquals(
        Outcome.done("embed", "-m", model, "dog").out(),
        Outcome.done("embed", "-m", own, "--prefix", "", "dog").out());
  }

  @Test
  void aCutOffIsWarnedAboutOnce() {
    String text = "a ".repeat(20);
    Outcome outcome = Outcome.done("embed", "-m", model, "dog", text, text);
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    assertTrue(
        outcome.err().startsWith("text 2 has 22 tokens, of which the first 12 count"),
        outcome.err());
  }

  @Test
  void vectorsThatAreNotFiniteAreRefused() {
    Path broken = TinyTextModel.write(folder.resolve("broken"));
    TinyTextModel.add(
        broken,
        "modules.json",
        "[{\"path\": \"\", \"type\": \"x.Transformer\"},"
            + " {\"path\": \"1_Pooling\", \"type\": \"x.Pooling\"},"
            + " {\"path\": \"2_Dense\", \"type\": \"x.Dense\"}]");
    TinyTextModel.add(broken, "1_Pooling/config.json", "{\"pooling_mode_mean_tokens\": true}");
    TinyTextModel.add(broken, "2_Dense/config.json", "{\"out_features\": 1}");
    float[] weight = new float[8];
    weight[3] = Float.NaN;
    new SafetensorsWriter()
        .tensor("linear.weight", weight, 1, 8)
        .tensor("linear.bias", new float[1], 1)
        .write(broken.resolve("2_Dense/model.safetensors"));
    String path = broken.toString();
    Outcome.fails(1, "the vector of text 1 holds NaN", "embed", "-m", path, "--json", "the cat");
    TinyTextModel.add(folder, "cats.txt", "the cat");
    String text = folder.resolve("cats.txt").toString();
    String index = folder.resolve("x.index").toString();
    Outcome.fails(
        1, "the vector of text 1 holds NaN", "search", "index", "-m", path, "-o", index, text);
  }

  @Test
  void whatIsMissingIsWrongUsageOrAFailure() {
    Outcome.fails(2, "either texts or -f", "embed", "-m", model);
    Outcome.fails(2, "either texts or -f", "embed", "-m", model, "-f", "-", "a text");
    Outcome.fails(1, "standard input: is empty", "embed", "-m", model, "-f", "-");
    Outcome.fails(1, "no such file", "embed", "-m", model, "-f", "nothing.txt");
  }

  @Test
  void aModelOfTheCatalogueNeedsNoName() {
    String help = Outcome.done("embed", "--help").out().replaceAll("\\s+", " ");
    assertTrue(help.contains("(default: all-minilm-l6-v2)"), help);
    assertTrue(Catalogue.find("all-minilm-l6-v2").isPresent());
  }

  @Test
  void theBenchPrintsOneFlatObject() {
    Outcome outcome =
        Outcome.done(
            ("bench embed --batch 3 --length 5 -t 1 -r 3 --warm-up 0 --json -m " + model)
                .split(" "));
    JsonView result = outcome.objects().getFirst();
    double median = result.number("sequences_per_second");
    assertTrue(median > 0);
    assertTrue(result.number("sequences_per_second_min") <= median);
    assertTrue(result.number("sequences_per_second_max") >= median);
    assertEquals(3, result.integer("batch"));
    assertEquals(5, result.integer("length"));
    assertEquals(1, result.integer("threads"));
    assertEquals(3, result.integer("samples"));
  }

  @Test
  void theBenchRefusesWhatIsNotForEmbed() {
    Outcome.fails(1, "takes in 12 tokens at most", "bench", "embed", "-m", model, "--length", "13");
    Outcome.fails(2, "-m is missing", "bench", "embed");
    Outcome.fails(2, "embed takes options alone, not 'foo'", "bench", "embed", "foo");
    Outcome.fails(2, "not for embed", "bench", "embed", "-m", model, "-p", "3");
    Outcome.fails(2, "are for embed", "bench", "softmax", "2", "3", "--batch", "3");
  }
}
