package dev.lanewise.model.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.TinyDecoder;
import dev.lanewise.model.arch.TinyEncoder;
import dev.lanewise.model.arch.TokenBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Texts to classes. Scores are those of the pipeline of transformers 4.57.1 for this model. */
class TextClassifierTest {
  private static final List<String> TEXTS =
      List.of("The cats sat on a mat.", "a dog", "good ".repeat(30));

  private static final float[][] SCORES = {
    {0.64798665f, 0.29497352f, 0.05703988f},
    {0.50520343f, 0.40507376f, 0.08972282f},
    {0.68564880f, 0.25307813f, 0.06127306f}
  };

  @TempDir private Path folder;

  private TextClassifier classifier(String config) {
    return new TextClassifier(
        TextModel.load(TinyTextModel.write(folder, config, TinyEncoder.BERT)), 2);
  }

  @Test
  void scoresAreThoseOfTheReference() {
    TruncationLog progress = new TruncationLog();
    try (TextClassifier classifier = classifier(TinyEncoder.BERT_CONFIG)) {
      assertEquals(Scoring.SOFTMAX, classifier.scoring());
      float[][] found = classifier.scores(TEXTS, progress);
      for (int i = 0; i < SCORES.length; i++) {
        assertArrayEquals(SCORES[i], found[i], 1e-5f);
        float[] alone = classifier.scores(TEXTS.subList(i, i + 1), BatchProgress.NONE)[0];
        assertArrayEquals(found[i], alone, "the same bits alone and among others");
      }
      assertEquals(List.of(new TruncationLog.Cut(2, 32, 12)), progress.cuts);
    }
  }

  /** The logits of rows of tokens, by the kernels of reference. */
  private static float[] logits(TextModel model, int[] ids, int[] types) {
    return model
        .encoder()
        .newSession(Kernels.reference(Parallel.of(1)))
        .encode(TokenBatch.of(new int[][] {ids}, new int[][] {types}))
        .logits();
  }

  @Test
  void aPairIsReadTogether() {
    int[] ids = {1, 12, 6, 2, 10, 5, 7, 2}; // [CLS] good dog [SEP] the cat sat [SEP]
    int[] types = {0, 0, 0, 0, 1, 1, 1, 1};
    TextPair pair = new TextPair("good dog", "the cat sat");
    List<TextPair> pairs = List.of(new TextPair("", "a"), pair, new TextPair("a dog ran", ""));
    TextModel model =
        TextModel.load(TinyTextModel.write(folder, TinyEncoder.BERT_CONFIG, TinyEncoder.BERT));
    float[] wanted = Scoring.SOFTMAX.scores(logits(model, ids, types), 0, 3);
    try (TextClassifier classifier = new TextClassifier(model, 2)) {
      float[][] found = classifier.scoresOfPairs(pairs, BatchProgress.NONE);
      assertEquals(3, found.length);
      assertArrayEquals(wanted, found[1], 1e-5f);
      float[] alone = classifier.scoresOfPairs(List.of(pair), BatchProgress.NONE)[0];
      assertArrayEquals(found[1], alone, "the same bits alone and among others");
      TextPair turned = new TextPair("the cat sat", "good dog");
      float[] other = classifier.scoresOfPairs(List.of(turned), BatchProgress.NONE)[0];
      assertTrue(Math.abs(found[1][0] - other[0]) > 1e-4, "the order makes no difference");
      List<List<LabelScore>> best = classifier.classifyPairs(pairs, 2, BatchProgress.NONE);
      assertEquals(best.get(1), classifier.classify(pair, 2));
      assertEquals(LabelScore.best(classifier.labels(), found[1], 2), best.get(1));
      assertEquals(List.of(), classifier.classifyPairs(List.of(), 2, BatchProgress.NONE));
      assertThrows(IllegalArgumentException.class, () -> classifier.classify(pair, -1));
    }
  }

  @Test
  void theLongerOfAPairIsCutOff() {
    TruncationLog progress = new TruncationLog();
    String seven = "the cat sat on the mat.";
    List<TextPair> pairs =
        List.of(
            new TextPair("a dog", seven),
            new TextPair("a dog", seven + " the end"),
            new TextPair(seven + " the end", "a dog"),
            new TextPair(seven, "a dog"));
    try (TextClassifier classifier = classifier(TinyEncoder.BERT_CONFIG)) {
      float[][] scores = classifier.scoresOfPairs(pairs, progress);
      assertArrayEquals(scores[0], scores[1]);
      assertArrayEquals(scores[3], scores[2]);
    }
    List<TruncationLog.Cut> cuts =
        List.of(new TruncationLog.Cut(1, 14, 12), new TruncationLog.Cut(2, 14, 12));
    assertEquals(cuts, progress.cuts);
  }

  @Test
  void aDecoderClassifiesTextsToo() {
    TinyTextModel.write(folder);
    TinyDecoder.write(
        folder,
        name -> name,
        TinyDecoder.SIZES + "\"llama\", \"architectures\": [\"LlamaForSequenceClassification\"]}");
    try (TextClassifier classifier = TextClassifier.load(folder)) {
      assertEquals(List.of("LABEL_0", "LABEL_1", "LABEL_2"), classifier.labels());
      float[][] found = classifier.scores(TEXTS, BatchProgress.NONE);
      for (int i = 0; i < found.length; i++) {
        assertEquals(1, found[i][0] + found[i][1] + found[i][2], 1e-5);
        float[] alone = classifier.scores(TEXTS.subList(i, i + 1), BatchProgress.NONE)[0];
        assertArrayEquals(found[i], alone, "the same bits alone and among others");
      }
    }
  }

  @Test
  void theBestLabelsComeFirst() {
    try (TextClassifier classifier = classifier(TinyEncoder.BERT_CONFIG)) {
      List<List<LabelScore>> best = classifier.classify(TEXTS, 2, BatchProgress.NONE);
      assertEquals(3, best.size());
      for (List<LabelScore> labels : best) {
        assertEquals(List.of("good", "bad"), labels.stream().map(LabelScore::label).toList());
      }
      assertEquals(List.of(), classifier.classify(List.of(), 2, BatchProgress.NONE));
      assertEquals(List.of(), classifier.classify(TEXTS.getFirst(), 0));
      String message =
          assertThrows(IllegalArgumentException.class, () -> classifier.classify("good", -1))
              .getMessage();
      assertEquals("top must not be negative, got -1", message);
    }
  }

  @Test
  void classesThatExcludeNoneHaveScoresOfTheirOwn() {
    float[] logits;
    String regression =
        TinyEncoder.BERT_CONFIG.replaceFirst("\\{", "{\"problem_type\": \"regression\",");
    try (TextClassifier classifier = classifier(regression)) {
      logits = classifier.scores(TEXTS, BatchProgress.NONE)[0];
    }
    String several = regression.replace("regression", "multi_label_classification");
    try (TextClassifier classifier = classifier(several)) {
      float[] scores = classifier.scores(TEXTS, BatchProgress.NONE)[0];
      for (int i = 0; i < 3; i++) {
        assertEquals(1 / (1 + Math.exp(-logits[i])), scores[i], 1e-6);
      }
    }
  }

  /** A class chosen among scores that are no numbers would look like any other. */
  @Test
  void scoresThatAreNoNumbersAreRefused() throws IOException {
    TinyTextModel.write(folder, TinyEncoder.BERT_CONFIG, TinyEncoder.BERT);
    Path weights = folder.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    int last = bytes.length - Float.BYTES; // of the classes' bias
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(last, Float.NaN);
    Files.write(weights, bytes);
    try (TextClassifier classifier = TextClassifier.load(folder)) {
      String message =
          assertThrows(LanewiseException.class, () -> classifier.classify("a", 1)).getMessage();
      assertTrue(message.contains("a score is NaN; the model file is damaged"), message);
    }
  }

  @Test
  void otherHeadsAreRefused() {
    TextModel headless = TextModel.load(TinyTextModel.write(folder));
    String message =
        assertThrows(LanewiseException.class, () -> new TextClassifier(headless, 1)).getMessage();
    assertTrue(message.contains("has no head, but a head for classes of texts"), message);
  }

  @Test
  void oneTextIsClassifiedAsAmongOthers() {
    List<LabelScore> wanted;
    try (TextClassifier classifier = classifier(TinyEncoder.BERT_CONFIG)) {
      wanted = classifier.classify(TEXTS, 2, BatchProgress.NONE).getFirst();
    }
    try (TextClassifier classifier = TextClassifier.load(folder)) {
      assertEquals(wanted, classifier.classify(TEXTS.getFirst(), 2));
    }
  }
}
