package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.arch.TinyEncoderDecoders;
import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.task.TinyConditionalModel;
import dev.lanewise.model.task.TinyTextModel;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code translate} and {@code summarize} on a model of a few kilobytes. */
class ConversionCommandsTest {
  private static final String LONG = "the cat sat on the mat and the dog ran to the house";

  @TempDir private static Path folder;
  @TempDir private static Path languages;
  @TempDir private static Path other;
  private static String model;

  @BeforeAll
  static void writeModel() {
    model = TinyConditionalModel.write(folder).toString();
    TinyConditionalModel.write(
        languages,
        TinyEncoderDecoders.BART_CONFIG,
        TinyEncoderDecoders.BART_GENERATION,
        TinyConditionalModel.tokenizer(TinyConditionalModel.LANGUAGE_PIECES, "en_XX"));
  }

  @Test
  void everyLineHasAnObject() {
    Outcome outcome =
        Outcome.with("the cat\n\na dog\n", "translate", "-m", model, "-f", "-", "--json");
    assertEquals(0, outcome.code(), outcome.err());
    assertEquals("", outcome.err());
    List<JsonView> objects = outcome.objects();
    assertEquals(
        List.of("the cat", "", "a dog"), objects.stream().map(o -> o.string("text")).toList());
    assertEquals("", objects.get(1).string("translation"));
    assertEquals(4, objects.get(0).integer("source_tokens"));
    assertTrue(objects.get(0).integer("generated_tokens") > 0);
    assertTrue(
        List.of("stop", "length", "context").contains(objects.get(0).string("finish_reason")));
    assertFalse(objects.get(0).has("seed"));
    List<String> lines =
        Outcome.with("the cat\n\na dog\n", "translate", "-m", model, "-f", "-").lines();
    assertEquals(objects.stream().map(o -> o.string("translation")).toList(), lines);
  }

  @Test
  void optionsSayHowToChoose() {
    String[] beams = {"summarize", "-m", model, "--json", "a dog", "--beams", "4"};
    JsonView asConfigured =
        Outcome.done("summarize", "-m", model, "--json", "a dog").objects().getFirst();
    assertEquals(
        asConfigured.string("summary"), Outcome.done(beams).objects().getFirst().string("summary"));
    JsonView few =
        Outcome.done("summarize", "-m", model, "--json", "a dog", "-n", "2", "--beams", "1")
            .objects()
            .getFirst();
    assertTrue(few.integer("generated_tokens") <= 2);
    assertTrue(length("-100") < length("100"));
    String[] random = {
      "summarize", "-m", model, "--json", "a dog", "--temp", "5", "--seed", "3", "-t", "1"
    };
    Outcome first = Outcome.done(random);
    assertEquals(3, first.objects().getFirst().integer("seed"));
    assertEquals(first.out(), Outcome.done(random).out());
    Outcome unseeded = Outcome.done("summarize", "-m", model, "--temp", "1", "a dog");
    assertTrue(unseeded.err().matches("seed \\d+\n"), unseeded.err());
  }

  private static int length(String penalty) {
    String[] command = {
      "summarize", "-m", model, "--json", "a dog", "--beams", "8", "--length-penalty", penalty
    };
    return Outcome.of(command).object().integer("generated_tokens");
  }

  @Test
  void summariesCutOffAndTranslationsRefuse() {
    Outcome outcome = Outcome.done("summarize", "-m", model, LONG);
    assertTrue(
        outcome.err().contains("text 1 has 15 tokens, of which the first 12 count"), outcome.err());
    Outcome.fails(
        1,
        "text 2 has 15 tokens, but the model reads at most 12; split it",
        "translate",
        "-m",
        model,
        "a dog",
        LONG);
  }

  @Test
  void aFileMayBeOneText() {
    Outcome outcome =
        Outcome.with("the cat\nsat\n", "summarize", "-m", model, "-f", "-", "--whole", "--json");
    assertEquals(0, outcome.code(), outcome.err());
    assertEquals("the cat\nsat", outcome.objects().getFirst().string("text"));
    assertEquals(1, outcome.objects().size());
  }

  @Test
  void languagesAreNamed() {
    String path = languages.toString();
    Outcome german = Outcome.done("translate", "-m", path, "--to", "de", "the cat");
    assertEquals("", german.err());
    Outcome.fails(1, "say into which: de_DE, en_XX, fr_XX", "translate", "-m", path, "the cat");
    Outcome.fails(1, "'es' is no language of", "translate", "-m", path, "--to", "es", "the cat");
    Outcome pair = Outcome.done("translate", "-m", model, "--from", "en", "--to", "de", "the cat");
    assertTrue(pair.err().contains("--from and --to are ignored"), pair.err());
    assertEquals(Outcome.done("translate", "-m", model, "the cat").out(), pair.out());
  }

  @Test
  void t5IsToldInWordsOrThatItIsNotIsSaid() {
    String t5 = writeT5(folder.resolve("t5.gguf")).toString();
    Outcome untold = Outcome.done("translate", "-m", t5, "the cat");
    assertTrue(untold.err().contains("nothing tells the model to translate"), untold.err());
    Outcome meant = Outcome.done("translate", "-m", t5, "--prefix", "", "the cat");
    assertEquals("", meant.err());
    assertEquals(untold.out(), meant.out());
    Outcome told = Outcome.done("translate", "-m", t5, "--from", "de", "--to", "en", "the cat");
    assertEquals("", told.err());
    String words = "translate German to English: ";
    assertEquals(
        Outcome.done("translate", "-m", t5, "--prefix", words, "the cat").out(), told.out());
    Outcome.fails(
        1, "'yy' is no language", "translate", "-m", t5, "--from", "de", "--to", "yy", "the cat");
  }

  private static Path writeT5(Path file) {
    List<String> pieces = TinyConditionalModel.BART_PIECES;
    float[] scores = new float[pieces.size()];
    int[] types = new int[pieces.size()];
    for (int id = 0; id < scores.length; id++) {
      scores[id] = -id;
      types[id] = pieces.get(id).startsWith("▁") ? 1 : 3;
    }
    return TinyEncoderDecoders.t5()
        .string("tokenizer.ggml.model", "t5")
        .strings("tokenizer.ggml.tokens", pieces.toArray(String[]::new))
        .float32s("tokenizer.ggml.scores", scores)
        .int32s("tokenizer.ggml.token_type", types)
        .bool("tokenizer.ggml.add_space_prefix", true)
        .write(file);
  }

  @Test
  void whatIsWrongIsSaid() {
    Outcome.fails(2, "-m is missing", "translate", "a");
    Outcome.fails(2, "either texts or -f", "summarize", "-m", model);
    Outcome.fails(
        2, "give one of them", "translate", "-m", model, "a", "--temp", "1", "--beams", "2");
    Outcome.fails(
        2, "one of them", "translate", "-m", model, "a", "--temp", "1", "--length-penalty", "2");
    Outcome.fails(
        1, "is empty; there is no text to summarize", "summarize", "-m", model, "-f", "-");
    String encoder = TinyTextModel.write(other).toString();
    Outcome.fails(1, "'bert', an encoder of texts", "translate", "-m", encoder, "a");
  }
}
