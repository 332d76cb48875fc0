package dev.lanewise.model.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.TinyEncoder;
import dev.lanewise.model.checkpoint.Metadata;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Logits to scores. */
class ScoringTest {
  private static final float[] LOGITS = {9, 0, (float) Math.log(3), 9};

  @TempDir private Path folder;

  private Metadata metadata(String problem) {
    String more = problem == null ? "" : " \"problem_type\": " + problem + ",";
    TinyTextModel.write(
        folder, TinyEncoder.BERT_CONFIG.replaceFirst("\\{", "{" + more), TinyEncoder.BERT);
    return TextModel.load(folder).metadata();
  }

  @ParameterizedTest
  @CsvSource({
    ", 3, SOFTMAX",
    ", 1, SIGMOID",
    "null, 2, SOFTMAX",
    "\"single_label_classification\", 2, SOFTMAX",
    "\"single_label_classification\", 1, SIGMOID",
    "\"multi_label_classification\", 3, SIGMOID",
    "\"regression\", 1, NONE",
    "\"regression\", 3, NONE",
  })
  void theProblemAndTheNumberOfClassesDecide(String problem, int classes, Scoring wanted) {
    assertEquals(wanted, Scoring.of(metadata(problem), classes));
  }

  @Test
  void anUnknownProblemIsNamed() {
    Metadata metadata = metadata("\"riddle\"");
    String message =
        assertThrows(LanewiseException.class, () -> Scoring.of(metadata, 3)).getMessage();
    assertTrue(message.contains("problem_type is 'riddle'"), message);
    assertTrue(message.contains(folder.toString()), message);
  }

  @Test
  void scoresFollowTheirFormulas() {
    assertArrayEquals(new float[] {0.25f, 0.75f}, Scoring.SOFTMAX.scores(LOGITS, 1, 2), 1e-7f);
    assertArrayEquals(new float[] {0.5f, 0.75f}, Scoring.SIGMOID.scores(LOGITS, 1, 2), 1e-7f);
    assertArrayEquals(new float[] {0, LOGITS[2]}, Scoring.NONE.scores(LOGITS, 1, 2));
    assertEquals(9, LOGITS[0], "logits stay as they are");
  }

  @Test
  void extremesAreNoTrouble() {
    float[] far = {1e30f, -1e30f, Float.NEGATIVE_INFINITY};
    assertArrayEquals(new float[] {1, 0, 0}, Scoring.SOFTMAX.scores(far, 0, 3));
    assertArrayEquals(new float[] {1, 0, 0}, Scoring.SIGMOID.scores(far, 0, 3));
    assertArrayEquals(new float[] {0}, Scoring.SOFTMAX.scores(far, 2, 1));
  }

  @Test
  void theBestComesFirst() {
    List<String> labels = List.of("a", "b", "c");
    float[] scores = {0.2f, 0.6f, 0.2f};
    assertEquals(
        List.of(new LabelScore("b", 0.6f), new LabelScore("a", 0.2f)),
        LabelScore.best(labels, scores, 2));
    assertEquals(3, LabelScore.best(labels, scores, 9).size());
  }
}
