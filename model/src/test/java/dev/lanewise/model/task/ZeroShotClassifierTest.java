package dev.lanewise.model.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.TinyEncoder;
import dev.lanewise.model.arch.TokenBatch;
import dev.lanewise.model.task.ZeroShotClassifier.Candidates;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Texts to labels that the model was not trained for, against the formulas on its logits. */
class ZeroShotClassifierTest {
  private static final String TEXT = "good dog";
  private static final List<String> LABELS = List.of("cat", "mat", "bad dog");
  private static final String HYPOTHESIS = "the {}";

  @TempDir private Path folder;

  private TextModel model(String config) {
    return TextModel.load(TinyTextModel.write(folder, config, TinyEncoder.BERT));
  }

  /** Of {@link #TEXT} with each label in {@link #HYPOTHESIS}, [labels][classes]. */
  private static double[][] logits(TextModel model) {
    int[][] hypotheses = {{10, 5}, {10, 9}, {10, 13, 6}};
    double[][] logits = new double[hypotheses.length][3];
    for (int i = 0; i < hypotheses.length; i++) {
      List<Integer> ids = new ArrayList<>(List.of(1, 12, 6, 2)); // [CLS] good dog [SEP]
      for (int id : hypotheses[i]) {
        ids.add(id);
      }
      ids.add(2);
      int[] types = new int[ids.size()];
      for (int j = 4; j < types.length; j++) {
        types[j] = 1;
      }
      int[] row = ids.stream().mapToInt(id -> id).toArray();
      float[] found =
          model
              .encoder()
              .newSession(Kernels.reference(Parallel.of(1)))
              .encode(TokenBatch.of(new int[][] {row}, new int[][] {types}))
              .logits();
      for (int j = 0; j < 3; j++) {
        logits[i][j] = found[j];
      }
    }
    return logits;
  }

  private static void scoresAre(double[] wanted, List<LabelScore> found) {
    Map<String, Float> scores =
        found.stream().collect(Collectors.toMap(LabelScore::label, LabelScore::score));
    assertEquals(LABELS.size(), scores.size());
    for (int i = 0; i < wanted.length; i++) {
      assertEquals(wanted[i], scores.get(LABELS.get(i)), 1e-5);
      assertTrue(i == 0 || found.get(i).score() <= found.get(i - 1).score(), "the best is first");
    }
  }

  /** exp(a) / (exp(a) + exp(b)). */
  private static double share(double a, double b) {
    return 1 / (1 + Math.exp(b - a));
  }

  private void eachIsScoredForItself(String config, int entailment, int contradiction) {
    TextModel model = model(config);
    double[] wanted = new double[LABELS.size()];
    double[][] logits = logits(model);
    for (int i = 0; i < wanted.length; i++) {
      wanted[i] = share(logits[i][entailment], logits[i][contradiction]);
    }
    try (ZeroShotClassifier classifier = new ZeroShotClassifier(model, 1)) {
      Candidates all = new Candidates(LABELS, HYPOTHESIS, true);
      scoresAre(wanted, classifier.classify(TEXT, all, 3));
      Candidates one = new Candidates(LABELS.subList(1, 2), HYPOTHESIS, false);
      assertEquals(wanted[1], classifier.classify(TEXT, one, 3).getFirst().score(), 1e-5);
    }
  }

  @Test
  void oneLabelIsRight() {
    TextModel model = model(TinyTextModel.INFERENCE_CONFIG);
    double[][] logits = logits(model);
    double sum = 0;
    for (double[] row : logits) {
      sum += Math.exp(row[1]);
    }
    double[] wanted = new double[logits.length];
    for (int i = 0; i < wanted.length; i++) {
      wanted[i] = Math.exp(logits[i][1]) / sum;
    }
    Candidates candidates = new Candidates(LABELS, HYPOTHESIS, false);
    List<String> texts = List.of("a cat", TEXT, "");
    try (ZeroShotClassifier classifier = new ZeroShotClassifier(model, 2)) {
      List<List<LabelScore>> found = classifier.classify(texts, candidates, 3, BatchProgress.NONE);
      assertEquals(3, found.size());
      scoresAre(wanted, found.get(1));
      assertEquals(found.get(1), classifier.classify(TEXT, candidates, 3));
      assertEquals(found.get(1).subList(0, 1), classifier.classify(TEXT, candidates, 1));
      assertEquals(List.of(), classifier.classify(List.of(), candidates, 3, BatchProgress.NONE));
      assertThrows(IllegalArgumentException.class, () -> classifier.classify(TEXT, candidates, -1));
    }
  }

  @Test
  void severalLabelsMayBeRight() {
    eachIsScoredForItself(TinyTextModel.INFERENCE_CONFIG, 1, 2);
  }

  /** As transformers does: the first class, or the last if the first is entailment. */
  @Test
  void contradictionMayHaveAnotherName() {
    String config = TinyTextModel.INFERENCE_CONFIG.replace("Contradiction", "no");
    eachIsScoredForItself(config, 1, 0);
    config = config.replace("ENTAILMENT", "maybe").replace("neutral", "entails");
    eachIsScoredForItself(config, 0, 2);
  }

  @Test
  void theTextAloneIsCutOff() {
    TruncationLog progress = new TruncationLog();
    int[] done = new int[2];
    BatchProgress counted =
        new BatchProgress() {
          @Override
          public void update(int texts, int total) {
            done[0] = texts;
            done[1] = total;
          }

          @Override
          public void truncated(int text, int tokens, int kept) {
            progress.truncated(text, tokens, kept);
          }
        };
    Candidates candidates = new Candidates(LABELS, HYPOTHESIS, false);
    String six = "the cat sat on the mat";
    List<String> texts = List.of(six, "a " + six, six + " the cat sat", six + " the cat ran");
    try (ZeroShotClassifier classifier =
        new ZeroShotClassifier(model(TinyTextModel.INFERENCE_CONFIG), 1)) {
      List<List<LabelScore>> found = classifier.classify(texts, candidates, 3, counted);
      assertEquals(found.get(2), found.get(3));
      Candidates long9 = new Candidates(List.of("cat"), "a cat sat on the good mat a {}", false);
      assertThrows(LanewiseException.class, () -> classifier.classify(six, long9, 1));
    }
    List<TruncationLog.Cut> cuts =
        List.of(
            new TruncationLog.Cut(1, 13, 12),
            new TruncationLog.Cut(2, 15, 12),
            new TruncationLog.Cut(3, 15, 12));
    assertEquals(cuts, progress.cuts);
    assertEquals(4, done[0]);
    assertEquals(4, done[1], "counted in texts");
  }

  @Test
  void otherModelsAreRefused() {
    String message =
        assertThrows(
                LanewiseException.class,
                () -> new ZeroShotClassifier(model(TinyEncoder.BERT_CONFIG), 1))
            .getMessage();
    assertTrue(message.contains("its classes (good, bad, neither) do not tell"), message);
    TinyTextModel.write(folder);
    message =
        assertThrows(LanewiseException.class, () -> ZeroShotClassifier.load(folder)).getMessage();
    assertTrue(message.contains("has no head, but a head for classes of texts"), message);
  }

  @Test
  void candidatesAreChecked() {
    assertThrows(IllegalArgumentException.class, () -> new Candidates(List.of()));
    String message =
        assertThrows(IllegalArgumentException.class, () -> new Candidates(LABELS, "a label", false))
            .getMessage();
    assertEquals("the hypothesis 'a label' has no {}, where the label stands", message);
    assertEquals("This example is {}.", new Candidates(LABELS).hypothesis());
  }
}
