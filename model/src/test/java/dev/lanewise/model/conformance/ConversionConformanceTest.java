package dev.lanewise.model.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lanewise.model.arch.TinyEncoder;
import dev.lanewise.model.checkpoint.HuggingFace;
import dev.lanewise.model.checkpoint.Safetensors;
import dev.lanewise.model.cli.Outcome;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
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
 * The commands {@code translate} and {@code summarize} on the recorded checkpoints of
 * encoder–decoders: the words they print against the tokens recorded. A checkpoint has ids and no
 * tokenizer; one is written here, in which id 7 is the word w7 and the recorded source's last token
 * ends every sequence.
 */
@Tag("conformance")
class ConversionConformanceTest {
  @TempDir private Path temporary;

  @TestFactory
  List<DynamicTest> checkpoints() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path path : Vectors.entries("models", "*")) {
      Safetensors expected = Safetensors.open(path.resolve("expected.safetensors"));
      if (expected.has("in.decoder_input_ids")) {
        tests.add(dynamicTest(path.getFileName().toString(), () -> check(path, expected)));
      }
    }
    return Vectors.announced(tests, "checkpoint of an encoder-decoder");
  }

  private void check(Path recorded, Safetensors expected) throws IOException {
    failed("has no tokenizer: neither tokenizer.json nor", "translate", "-m", recorded + "", "a");
    int[] source = ModelsConformanceTest.tensor(expected, "in.input_ids").ints();
    int[] greedy = beforeEnd(recorded, expected);
    Path folder = Files.createDirectory(temporary.resolve(recorded.getFileName()));
    Vectors.copyCheckpoint(recorded, folder);
    Map<String, Object> generation = bare(folder);
    writeJson(folder.resolve("generation_config.json"), generation);
    int vocabSize = HuggingFace.open(folder).metadata().integer("vocab_size");
    writeTokenizer(folder, vocabSize, source[source.length - 1]);
    String model = folder.toString();
    String text = words(Arrays.copyOf(source, source.length - 1));
    String most = Integer.toString(greedy.length + 1); // the last may be forced to be the end
    JsonView translated =
        Outcome.done("translate", "-m", model, "--json", "-n", most, text).objects().getFirst();
    assertEquals(source.length, translated.integer("source_tokens"));
    String found = translated.string("translation") + " ";
    assertTrue(found.startsWith(words(greedy) + " "), found);
    JsonView summarised =
        Outcome.done("summarize", "-m", model, "--json", "-n", most, "--prefix", "", text)
            .objects()
            .getFirst();
    assertEquals(translated.string("translation"), summarised.string("summary"));
    generation.put("min_new_tokens", 1); // else the best text may be the empty one
    writeJson(folder.resolve("generation_config.json"), generation);
    List<JsonView> searched =
        Outcome.done("translate", "-m", model, "--json", "-n", "8", "--beams", "3", text, text)
            .objects();
    assertEquals(2, searched.size());
    String second = searched.get(1).string("translation");
    assertTrue(second.startsWith("w"), second);
    assertEquals(searched.get(0).string("translation"), second);
    failed("image encoders known here", "label", "-m", model, "a.png");
    Path encoder = Files.createDirectory(temporary.resolve(recorded.getFileName() + "-encoder"));
    TinyEncoder.write(encoder, TinyEncoder.BERT_CONFIG, TinyEncoder.BERT);
    failed("'bert', an encoder of texts", "summarize", "-m", encoder.toString(), "a");
  }

  /** The tokens that every text begins and ends with, without the other rules of a generation. */
  private static Map<String, Object> bare(Path folder) throws IOException {
    Map<String, Object> kept = new HashMap<>();
    for (String file : List.of("config.json", "generation_config.json")) {
      JsonView config = Json.read(folder.resolve(file));
      for (String key : List.of("decoder_start_token_id", "eos_token_id", "pad_token_id")) {
        if (config.has(key)) {
          kept.put(key, config.integer(key));
        }
      }
    }
    return kept;
  }

  /** What was recorded, up to the token that ends a text. */
  private static int[] beforeEnd(Path recorded, Safetensors expected) {
    int end = Json.read(recorded.resolve("config.json")).integer("eos_token_id");
    int[] greedy = ModelsConformanceTest.tensor(expected, "out.greedy").ints();
    return Arrays.stream(greedy).takeWhile(id -> id != end).toArray();
  }

  private static void failed(String part, String... args) {
    Outcome outcome = Outcome.of(args);
    assertEquals(1, outcome.code());
    assertEquals("", outcome.out());
    assertTrue(outcome.err().contains(part), outcome.err());
  }

  private static String words(int[] ids) {
    return String.join(" ", Arrays.stream(ids).mapToObj(id -> "w" + id).toList());
  }

  private static void writeTokenizer(Path folder, int vocabSize, int end) throws IOException {
    List<Object> vocab = new ArrayList<>();
    for (int id = 0; id < vocabSize; id++) {
      vocab.add(List.of("▁w" + id, -1));
    }
    Map<String, Object> metaspace =
        Map.of("type", "Metaspace", "replacement", "▁", "prepend_scheme", "always");
    Map<String, Object> around =
        Map.of(
            "type", "TemplateProcessing",
            "single",
                List.of(
                    Map.of("Sequence", Map.of("id", "A")),
                    Map.of("SpecialToken", Map.of("id", "end"))),
            "special_tokens", Map.of("end", Map.of("ids", List.of(end))));
    Map<String, Object> root =
        Map.of(
            "pre_tokenizer", metaspace,
            "post_processor", around,
            "decoder", metaspace,
            "model", Map.of("type", "Unigram", "unk_id", 0, "vocab", vocab));
    writeJson(folder.resolve("tokenizer.json"), root);
  }

  private static void writeJson(Path file, Object value) throws IOException {
    Files.write(file, Json.write(value).getBytes(UTF_8));
  }
}
