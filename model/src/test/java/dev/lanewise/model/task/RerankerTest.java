package dev.lanewise.model.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.TinyEncoder;
import dev.lanewise.model.arch.TokenBatch;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pairs of a query and a text to scores. */
class RerankerTest {
  private static final List<String> TEXTS =
      List.of("the cat sat", "a dog", "", "good cats", "the bad dog ran on");

  @TempDir private Path folder;

  private TextModel model() {
    TinyTextModel.write(folder, TinyTextModel.RERANKER_CONFIG, TinyTextModel.RERANKER);
    return TextModel.load(folder);
  }

  @Test
  void aScoreIsThatOfTheTextReadAfterTheQuery() {
    TextModel model = model();
    int[] ids = {1, 12, 6, 2, 10, 5, 7, 2}; // [CLS] good dog [SEP] the cat sat [SEP]
    int[] types = {0, 0, 0, 0, 1, 1, 1, 1};
    float wanted =
        model
            .encoder()
            .newSession(Kernels.reference(Parallel.of(1)))
            .encode(TokenBatch.of(new int[][] {ids}, new int[][] {types}))
            .logits()[0];
    try (Reranker reranker = new Reranker(model, 1)) {
      float[] found = reranker.score("good dog", TEXTS, BatchProgress.NONE);
      assertEquals(wanted, found[0], 1e-5);
      float[] alone = reranker.score("good dog", TEXTS.subList(0, 1), BatchProgress.NONE);
      assertEquals(found[0], alone[0], "the same bits alone and among others");
    }
  }

  @Test
  void theBestComesFirst() {
    try (Reranker reranker = new Reranker(model(), 2)) {
      float[] scores = reranker.score("a cat", TEXTS, BatchProgress.NONE);
      List<Reranker.Ranked> ranking = reranker.rank("a cat", TEXTS, BatchProgress.NONE);
      assertEquals(TEXTS.size(), ranking.size());
      for (int i = 0; i < ranking.size(); i++) {
        Reranker.Ranked ranked = ranking.get(i);
        assertEquals(scores[ranked.index()], ranked.score());
        assertEquals(TEXTS.get(ranked.index()), ranked.text());
        assertTrue(i == 0 || ranked.score() <= ranking.get(i - 1).score());
      }
      assertEquals(List.of(), reranker.rank("a cat", List.of(), BatchProgress.NONE));
    }
  }

  @Test
  void theLongerIsCutOff() {
    TruncationLog progress = new TruncationLog();
    try (Reranker reranker = new Reranker(model(), 1)) {
      String seven = "the cat sat on the mat.";
      float[] scores = reranker.score("a dog", List.of("cat", seven, seven + " the end"), progress);
      assertArrayEquals(new float[] {scores[1]}, new float[] {scores[2]});
    }
    assertEquals(List.of(new TruncationLog.Cut(2, 14, 12)), progress.cuts);
  }

  @Test
  void theTokenizerMayKnowTheGreatestLength() {
    model();
    TinyTextModel.add(folder, "tokenizer_config.json", "{\"model_max_length\": 7}");
    TruncationLog progress = new TruncationLog();
    try (Reranker reranker = Reranker.load(folder)) {
      reranker.score("a dog", List.of("cat", "the cat sat on the mat."), progress);
    }
    assertEquals(List.of(new TruncationLog.Cut(1, 12, 7)), progress.cuts);
  }

  /** A model whose tokenizer names no types for its inputs reads pairs without. */
  @Test
  void typesMayBeLeftOut() {
    float[] typed;
    try (Reranker reranker = new Reranker(model(), 1)) {
      typed = reranker.score("good dog", TEXTS.subList(0, 1), BatchProgress.NONE);
    }
    String names = "{\"model_input_names\": [\"input_ids\", %s\"attention_mask\"]}";
    String all = names.formatted("\"token_type_ids\", ");
    TinyTextModel.add(folder, "tokenizer_config.json", all);
    try (Reranker reranker = Reranker.load(folder)) {
      assertArrayEquals(typed, reranker.score("good dog", TEXTS.subList(0, 1), BatchProgress.NONE));
    }
    TinyTextModel.add(folder, "tokenizer_config.json", names.formatted(""));
    int[] ids = {1, 12, 6, 2, 10, 5, 7, 2};
    try (TextModel model = TextModel.load(folder);
        Reranker reranker = new Reranker(model, 1)) {
      float wanted =
          model
              .encoder()
              .newSession(Kernels.reference(Parallel.of(1)))
              .encode(TokenBatch.of(new int[][] {ids}, new int[][] {new int[ids.length]}))
              .logits()[0];
      float[] found = reranker.score("good dog", TEXTS.subList(0, 1), BatchProgress.NONE);
      assertEquals(wanted, found[0], 1e-5);
      assertTrue(Math.abs(typed[0] - found[0]) > 1e-4, "the types make no difference");
    }
  }

  @Test
  void otherModelsAreRefused() {
    TinyTextModel.write(folder, TinyEncoder.BERT_CONFIG, TinyEncoder.BERT);
    TextModel classifier = TextModel.load(folder);
    String message =
        assertThrows(LanewiseException.class, () -> new Reranker(classifier, 1)).getMessage();
    assertTrue(message.contains("scores 3 classes"), message);
    TinyTextModel.write(folder);
    TextModel headless = TextModel.load(folder);
    message = assertThrows(LanewiseException.class, () -> new Reranker(headless, 1)).getMessage();
    assertTrue(message.contains("has no head, but a head for classes of texts"), message);
  }

  @Test
  void aLoadedOneRanksTheSame() {
    List<Reranker.Ranked> wanted;
    try (Reranker reranker = new Reranker(model(), 2)) {
      wanted = reranker.rank("a cat", TEXTS, BatchProgress.NONE);
    }
    try (Reranker reranker = Reranker.load(folder)) {
      assertEquals(wanted, reranker.rank("a cat", TEXTS));
    }
  }
}
