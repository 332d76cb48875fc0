package dev.lanewise.model.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.TinyDecoder;
import dev.lanewise.model.arch.TokenBatch;
import dev.lanewise.model.checkpoint.GgufWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A language model that says yes or no, asked by the layout in its file. */
class RerankPromptTest {
  private static final String TEMPLATE = "tokenizer.chat_template.rerank";
  private static final String TOKENS = "tokenizer.ggml.tokens";
  private static final String LABELS = "qwen2.classifier.output_labels";

  /** The tokens are the letters from a on, and two that are special. */
  private static final int START = 22;

  private static final int END = 23;

  @TempDir private Path folder;

  private static String[] tokens() {
    String[] tokens = new String[24];
    for (int i = 0; i < START; i++) {
      tokens[i] = String.valueOf((char) ('a' + i));
    }
    tokens[START] = "<start>";
    tokens[END] = "<end>";
    return tokens;
  }

  private static GgufWriter writer() {
    int[] types = new int[24];
    Arrays.fill(types, 1);
    types[START] = 3;
    types[END] = 3;
    float[] head = new float[2 * 16];
    for (int i = 0; i < head.length; i++) {
      head[i] = (float) Math.sin(i);
    }
    return TinyDecoder.gguf()
        .tensor("cls.output.weight", head, 2, 16)
        .string("tokenizer.ggml.model", "gpt2")
        .string("tokenizer.ggml.pre", "gpt-2")
        .strings(TOKENS, tokens())
        .int32s("tokenizer.ggml.token_type", types)
        .strings("tokenizer.ggml.merges")
        .uint32("tokenizer.ggml.eos_token_id", END);
  }

  private static GgufWriter reranker() {
    return writer()
        .strings(LABELS, "yes", "no")
        .string(TEMPLATE, "<start>q{query}<end>d{document}<end>a");
  }

  private TextModel model(GgufWriter writer) {
    return TextModel.load(writer.write(folder.resolve("model.gguf")));
  }

  private static float likelihoodOfTheFirst(TextModel model, int... ids) {
    float[] logits =
        model
            .encoder()
            .newSession(Kernels.reference(Parallel.of(1)))
            .encode(TokenBatch.of(ids))
            .logits();
    return (float) (1 / (1 + Math.exp(logits[1] - logits[0])));
  }

  @Test
  void aScoreIsHowLikelyTheModelSaysYes() {
    TextModel model = model(reranker());
    float wanted = likelihoodOfTheFirst(model, START, 16, 1, 2, END, 3, 7, 8, END, 0);
    try (Reranker reranker = new Reranker(model, 1)) {
      float[] scores = reranker.score("bc", List.of("f", "hi", ""), BatchProgress.NONE);
      assertEquals(wanted, scores[1], 1e-5f);
      assertEquals(likelihoodOfTheFirst(model, START, 16, 1, 2, END, 3, END, 0), scores[2], 1e-5f);
    }
  }

  @Test
  void theTextMayComeBeforeTheQuery() {
    TextModel model = model(reranker().string(TEMPLATE, "d{document}q{query}<end>"));
    float wanted = likelihoodOfTheFirst(model, 3, 7, 8, 16, 1, 2, END);
    try (Reranker reranker = new Reranker(model, 1)) {
      float[] scores = reranker.score("bc", List.of("hi"), BatchProgress.NONE);
      assertEquals(wanted, scores[0], 1e-5f);
    }
  }

  @Test
  void theFileSaysWhichClassIsYes() {
    float[] yesFirst;
    try (Reranker reranker = new Reranker(model(reranker()), 1)) {
      yesFirst = reranker.score("bc", List.of("hi"), BatchProgress.NONE);
    }
    GgufWriter swapped = reranker().remove(LABELS).strings(LABELS, "no", "yes");
    try (Reranker reranker = new Reranker(model(swapped), 1)) {
      float[] noFirst = reranker.score("bc", List.of("hi"), BatchProgress.NONE);
      assertEquals(1 - yesFirst[0], noFirst[0], 1e-6f);
    }
  }

  @Test
  void ofATextThatIsTooLongTheEndIsLeftOut() {
    TextModel model = model(reranker());
    TruncationLog progress = new TruncationLog();
    try (Reranker reranker = new Reranker(model, 1)) {
      // 32 tokens have room for 24 of the text, besides 6 of the layout and 2 of the query.
      String longest = "abcdefghijklabcdefghijkl";
      List<String> texts = List.of(longest, longest + "mnop");
      float[] scores = reranker.score("bc", texts, progress);
      assertEquals(scores[0], scores[1]);
    }
    assertEquals(List.of(new TruncationLog.Cut(1, 36, 32)), progress.cuts);
  }

  @Test
  void charactersOfSeveralTokensAreLeftOutAsAWhole() {
    // The two bytes of an é are the tokens s and t here.
    String[] tokens = tokens();
    tokens[18] = "Ã";
    tokens[19] = "©";
    TextModel model = model(reranker().remove(TOKENS).strings(TOKENS, tokens));
    TruncationLog progress = new TruncationLog();
    try (Reranker reranker = new Reranker(model, 1)) {
      String text = "abcdefghijklabcdefghijk"; // one token less than there is room for
      float[] scores = reranker.score("bc", List.of(text, text + "é"), progress);
      assertEquals(scores[0], scores[1]);
      String query = "a".repeat(25); // leaves room for one token
      String message =
          assertThrows(
                  LanewiseException.class,
                  () -> reranker.score(query, List.of("é"), BatchProgress.NONE))
              .getMessage();
      assertTrue(message.contains("no room"), message);
    }
    assertEquals(List.of(new TruncationLog.Cut(1, 33, 31)), progress.cuts);
  }

  @Test
  void aQueryThatLeavesNoRoomIsRefused() {
    try (Reranker reranker = new Reranker(model(reranker()), 1)) {
      String query = "abc".repeat(9);
      String message =
          assertThrows(
                  LanewiseException.class,
                  () -> reranker.score(query, List.of("hi"), BatchProgress.NONE))
              .getMessage();
      assertTrue(message.contains("no room in the 32 tokens"), message);
      assertTrue(message.contains("model.gguf"), message);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "yes, no, q{query}, must have {query} and {document} once each",
    "yes, no, d{document}, must have {query} and {document} once each",
    "yes, no, {query}{query}{document}, must have {query} and {document} once each",
    "yes, no, {query}{document}{document}, must have {query} and {document} once each",
    "good, bad, q{query}d{document}, '[good, bad]'",
    "yes, maybe, q{query}d{document}, '[yes, maybe]'"
  })
  void whatCannotBeAskedIsRefused(String one, String other, String template, String named) {
    TextModel model = model(writer().strings(LABELS, one, other).string(TEMPLATE, template));
    String message =
        assertThrows(LanewiseException.class, () -> new Reranker(model, 1)).getMessage();
    assertTrue(message.contains(named), message);
    assertTrue(message.contains("model.gguf"), message);
  }

  @Test
  void itClassifiesNoTexts() {
    TextModel model = model(reranker());
    String message =
        assertThrows(LanewiseException.class, () -> new TextClassifier(model, 1)).getMessage();
    assertTrue(message.contains("model.gguf: its classes are the answers"), message);
  }

  @Test
  void withoutALayoutTwoClassesDoNotRank() {
    TextModel model = model(writer().strings(LABELS, "yes", "no"));
    String message =
        assertThrows(LanewiseException.class, () -> new Reranker(model, 1)).getMessage();
    assertTrue(message.contains("scores 2 classes"), message);
  }
}
