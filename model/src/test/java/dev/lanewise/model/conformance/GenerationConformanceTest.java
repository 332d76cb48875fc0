package dev.lanewise.model.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lanewise.model.cli.Outcome;
import dev.lanewise.model.generate.Generation;
import dev.lanewise.model.generate.GenerationOptions;
import dev.lanewise.model.generate.Generator;
import dev.lanewise.model.generate.LanguageModel;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.tokenizer.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * What language models of real weights say: ids of prompts, logits at their ends, tokens by argmax,
 * answers in a conversation, perplexity; by the commands where there is one.
 */
@Tag("conformance")
class GenerationConformanceTest {
  private static final double LOGIT_TOLERANCE = 2e-3;
  private static final double PERPLEXITY_TOLERANCE = 1e-3; // of the value

  /** A token is not compared, nor those after it, where the next likeliest comes as close. */
  private static final double MARGIN = 0.02;

  /** Most tokens of an answer in a conversation that were recorded. */
  private static final int RECORDED = 48;

  @TempDir private Path temporary;

  @TestFactory
  List<DynamicTest> answers() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path path : Vectors.entries("real", "*.json")) {
      JsonView file = Json.view(path.toString(), Files.readAllBytes(path));
      if (file.has("prompt_ids")) {
        tests.add(dynamicTest(file.string("model"), () -> checkStory(path, file)));
      } else if (file.has("perplexity")) {
        addTests(file, tests);
      } else if (!EmbeddingsConformanceTest.holds(file)) {
        tests.add(dynamicTest(path.toString(), () -> fail("what was recorded is not known here")));
      }
    }
    return Vectors.announced(tests, "answers of a language model");
  }

  private void addTests(JsonView file, List<DynamicTest> tests) {
    String name = file.string("model");
    for (JsonView one : file.at("cases").items()) {
      String prompt = one.string("prompt");
      tests.add(dynamicTest(name + ": logits after " + prompt, () -> checkLogits(name, one)));
      tests.add(dynamicTest(name + ": " + prompt, () -> checkGreedy(name, one)));
    }
    for (JsonView one : file.at("chat").items()) {
      tests.add(dynamicTest(name + ": " + one.string("user"), () -> checkChat(name, one)));
    }
    JsonView perplexity = file.at("perplexity");
    tests.add(dynamicTest(name + ": perplexity", () -> checkPerplexity(name, perplexity)));
  }

  private static void checkLogits(String name, JsonView one) {
    JsonView found = run(name, "logits --top 20", "-p", one.string("prompt"));
    assertArrayEquals(Vectors.ints(one.at("ids")), Vectors.ints(found.at("ids")));
    assertEquals(one.at("logsumexp").number(), found.at("logsumexp").number(), LOGIT_TOLERANCE);
    Map<Integer, Double> logits = new HashMap<>();
    for (JsonView pair : found.at("top").items()) {
      logits.put(pair.items().get(0).integer(), pair.items().get(1).number());
    }
    for (JsonView pair : one.at("last_top10").items()) {
      int id = pair.items().get(0).integer();
      assertTrue(logits.containsKey(id), "token " + id + " is not among the likeliest: " + logits);
      assertEquals(pair.items().get(1).number(), logits.get(id), LOGIT_TOLERANCE, "token " + id);
    }
  }

  private static void checkGreedy(String name, JsonView one) {
    int[] wanted = Vectors.ints(one.at("greedy"));
    String command = "generate --raw --temp 0 --ignore-eos --json -n " + wanted.length;
    JsonView found = run(name, command, "-p", one.string("prompt"));
    int certain = certain(one.at("greedy_margin").items());
    assertTrue(certain > 0, "no token is certain");
    int[] ids = Vectors.ints(found.at("ids"));
    assertArrayEquals(Arrays.copyOf(wanted, certain), Arrays.copyOf(ids, certain));
    if (certain == wanted.length) {
      assertEquals(one.string("greedy_text"), found.string("text"));
    }
  }

  private static int certain(List<JsonView> margins) {
    int certain = 0;
    while (certain < margins.size() && margins.get(certain).number() >= MARGIN) {
      certain++;
    }
    return certain;
  }

  private static void checkChat(String name, JsonView one) {
    List<Message> messages = List.of(Message.user(one.string("user")));
    try (LanguageModel model = LanguageModel.load(Vectors.model(name));
        Generator generator = model.newGenerator()) {
      assertArrayEquals(Vectors.ints(one.at("ids")), model.encodeChat(messages));
      Generation found = generator.chat(messages, greedy(RECORDED), text -> {});
      assertArrayEquals(Vectors.ints(one.at("greedy")), found.ids());
      assertEquals(one.string("text"), found.text());
    }
  }

  private void checkPerplexity(String name, JsonView one) throws IOException {
    Path text = Files.writeString(temporary.resolve("text.txt"), one.string("text"));
    int length = one.at("ids").items().size();
    String command = "perplexity --windows 1 --window " + length;
    JsonView found = run(name, command, "-f", text.toString());
    assertEquals(length - 1, found.integer("tokens"));
    double wanted = one.at("perplexity").number();
    assertEquals(wanted, found.at("perplexity").number(), PERPLEXITY_TOLERANCE * wanted);
  }

  private static void checkStory(Path path, JsonView file) {
    int[] wanted = Vectors.ints(file.at("greedy"));
    Path gguf = path.resolveSibling(file.string("model"));
    try (LanguageModel model = LanguageModel.load(gguf);
        Generator generator = model.newGenerator()) {
      Generation found =
          generator.generate(
              Vectors.ints(file.at("prompt_ids")), greedy(wanted.length), text -> {});
      assertArrayEquals(wanted, found.ids());
      assertEquals(file.string("text"), found.text());
    }
  }

  /** The JSON that a command prints, with one more option, whose value may contain spaces. */
  private static JsonView run(String model, String command, String option, String value) {
    List<String> words = new ArrayList<>(List.of(command.split(" ")));
    words.addAll(List.of("-m", Vectors.model(model).toString(), option, value));
    return Outcome.of(words.toArray(String[]::new)).object();
  }

  private static GenerationOptions greedy(int tokens) {
    return GenerationOptions.builder().maxTokens(tokens).greedy().build();
  }
}
