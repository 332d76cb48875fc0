package dev.lanewise.model.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.HeadKind;
import dev.lanewise.model.arch.TextEncoder;
import dev.lanewise.model.checkpoint.HuggingFace;
import dev.lanewise.model.checkpoint.Safetensors;
import dev.lanewise.model.cli.Outcome;
import dev.lanewise.model.json.JsonView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The commands for heads, on the recorded checkpoints of text encoders: what they print against
 * what the recorded logits say. A checkpoint has ids and no tokenizer; one is written for each of
 * its sequences, in which some ids are words and the others belong to the sequence itself.
 */
@Tag("conformance")
class HeadsConformanceTest {
  private static final double TOLERANCE = 1e-4;

  private static final Map<HeadKind, String> COMMANDS =
      Map.of(
          HeadKind.NONE, "embed",
          HeadKind.SEQUENCE_CLASSES, "classify",
          HeadKind.TOKEN_CLASSES, "tag",
          HeadKind.ANSWER_SPAN, "answer",
          HeadKind.MASKED_TOKENS, "fill");

  @TempDir private Path temporary;

  @TestFactory
  List<DynamicTest> checkpoints() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path path : Vectors.entries("models", "*")) {
      Safetensors expected = Safetensors.open(path.resolve("expected.safetensors"));
      if (expected.has("in.attention_mask") && !expected.has("in.decoder_input_ids")) {
        String name = path.getFileName().toString();
        tests.add(dynamicTest(name, () -> check(path, expected)));
      }
    }
    return Vectors.announced(tests, "checkpoint of a text encoder");
  }

  private void check(Path recorded, Safetensors expected) throws IOException {
    Outcome bare = Outcome.of("classify", "-m", recorded.toString(), "a");
    assertEquals(1, bare.code());
    assertTrue(bare.err().contains("has no tokenizer: neither tokenizer.json nor"), bare.err());
    Path folder = temporary.resolve(recorded.getFileName());
    Files.createDirectory(folder);
    Vectors.copyCheckpoint(recorded, folder);
    TextEncoder model = Architectures.loadTextEncoder(HuggingFace.open(folder));
    Tensor ids = ModelsConformanceTest.tensor(expected, "in.input_ids");
    for (int row = 0; row < ids.dim(0); row++) {
      RecordedSequence sequence = RecordedSequence.of(expected, row, model.vocabSize());
      switch (model.head()) {
        case SEQUENCE_CLASSES -> classes(folder, sequence, model.labels());
        case ANSWER_SPAN -> answers(folder, sequence);
        case MASKED_TOKENS -> fillings(folder, sequence);
        case NONE -> sequence.writeSingle(folder, -1);
        case TOKEN_CLASSES -> entities(folder, sequence, model.labels());
        case IMAGE_CLASSES -> throw new AssertionError("a text encoder labels no images");
      }
    }
    refused(folder, model.head());
  }

  /** Each command for another head says which one fits. */
  private static void refused(Path folder, HeadKind head) {
    COMMANDS.forEach(
        (other, command) -> {
          if (other == head || other == HeadKind.NONE) {
            return;
          }
          List<String> args = new ArrayList<>(List.of(command, "-m", folder.toString(), "w1"));
          if (other == HeadKind.ANSWER_SPAN) {
            args.add("--question=w2");
          }
          Outcome run = Outcome.of(args.toArray(String[]::new));
          assertEquals(1, run.code(), run.err());
          assertTrue(
              run.err()
                  .contains(
                      "has " + head.description() + ", but " + other.description() + " is needed"),
              run.err());
          String uses = "(?s).*lanewise (rerank or )?" + COMMANDS.get(head) + "\\b.*";
          assertTrue(run.err().matches(uses), run.err());
        });
  }

  private static void classes(Path folder, RecordedSequence sequence, List<String> labels)
      throws IOException {
    sequence.writeSingle(folder, -1);
    String text = sequence.words(sequence.firstText());
    Outcome run = Outcome.of("classify", "-m", folder.toString(), "--top", "999", "--json", text);
    float[] wanted = scores(folder, sequence.logits("logits"));
    List<JsonView> found = run.object().at("labels").items();
    assertEquals(wanted.length, found.size());
    float[] sorted = wanted.clone();
    Arrays.sort(sorted);
    double last = sorted[sorted.length - 1] + TOLERANCE;
    for (JsonView label : found) {
      double score = label.number("score");
      assertEquals(wanted[labels.indexOf(label.string("label"))], score, TOLERANCE);
      assertTrue(score <= last, "the best comes first");
      last = score;
    }
  }

  /** What the classes of a text score: by softmax, or each for itself where config.json says so. */
  private static float[] scores(Path folder, float[] logits) throws IOException {
    String config = Files.readString(folder.resolve("config.json"));
    if (config.contains("\"regression\"")) {
      return logits;
    }
    if (logits.length > 1 && !config.contains("\"multi_label_classification\"")) {
      return RecordedSequence.softmax(logits);
    }
    float[] scores = new float[logits.length];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (float) (1 / (1 + Math.exp(-logits[i])));
    }
    return scores;
  }

  private static void entities(Path folder, RecordedSequence sequence, List<String> labels) {
    sequence.writeSingle(folder, -1);
    String text = sequence.words(sequence.firstText());
    Outcome run = Outcome.of("tag", "-m", folder.toString(), "--json", text);
    List<RecordedSequence.Entity> wanted = sequence.entities(labels);
    List<JsonView> found = run.object().at("entities").items();
    assertEquals(wanted.size(), found.size(), run.out());
    for (int i = 0; i < found.size(); i++) {
      JsonView entity = found.get(i);
      assertEquals(wanted.get(i).label(), entity.string("label"));
      assertEquals(wanted.get(i).text(), entity.string("text"));
      assertEquals(wanted.get(i).score(), entity.number("score"), TOLERANCE);
      assertEquals(
          text.substring(entity.integer("start"), entity.integer("end")), entity.string("text"));
    }
  }

  private static void answers(Path folder, RecordedSequence sequence) {
    sequence.writePair(folder);
    String question = sequence.words(sequence.firstText());
    String text = sequence.words(sequence.secondText());
    String model = folder.toString();
    Outcome run =
        Outcome.of("answer", "-m", model, "--question", question, "--top", "3", "--json", text);
    Map<String, Double> wanted = sequence.answers(16);
    List<JsonView> found = run.object().at("answers").items();
    assertEquals(Math.min(3, wanted.size()), found.size());
    List<Double> best = wanted.values().stream().sorted((a, b) -> Double.compare(b, a)).toList();
    for (int i = 0; i < found.size(); i++) {
      JsonView answer = found.get(i);
      assertEquals(wanted.get(answer.string("text")), answer.number("score"), TOLERANCE);
      assertEquals(best.get(i), answer.number("score"), TOLERANCE);
      assertEquals(
          text.substring(answer.integer("start"), answer.integer("end")), answer.string("text"));
    }
  }

  private static void fillings(Path folder, RecordedSequence sequence) {
    int mask = sequence.uniqueToken();
    sequence.writeSingle(folder, mask);
    String text = sequence.words(sequence.firstText());
    for (String written : List.of(text, text.replace("[MASK]", "<mask>"))) {
      Outcome run = Outcome.of("fill", "-m", folder.toString(), "--top", "7", "--json", written);
      float[] wanted = RecordedSequence.softmax(sequence.logits("logits", mask));
      List<JsonView> masks = run.object().at("masks").items();
      assertEquals(1, masks.size());
      List<JsonView> found = masks.getFirst().items();
      assertEquals(7, found.size());
      float[] sorted = wanted.clone();
      Arrays.sort(sorted);
      for (int i = 0; i < 7; i++) {
        JsonView filling = found.get(i);
        assertEquals(wanted[filling.integer("id")], filling.number("score"), TOLERANCE);
        assertEquals(sorted[sorted.length - 1 - i], filling.number("score"), TOLERANCE);
      }
    }
  }
}
