package dev.lanewise.model.arch;

import static dev.lanewise.model.arch.Goldens.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Gguf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tiny encoders: outputs as recorded from transformers 5.23 with PyTorch 2.15 (float32, eager
 * attention) on the same weights, and what must not depend on how sequences are put together.
 */
class EncoderTest {
  /** Beside the recorded seven digits: 1e-4 + 1e-4 · |b|, the bound for whole models. */
  private static final int[][] IDS = {{2, 7, 5, 11, 3}, {2, 9, 3}};

  private static final int[][] TYPES = {{0, 0, 0, 1, 1}, {0, 1, 1}};

  @TempDir private Path folder;

  private TextEncoder bert() {
    return Architectures.loadTextEncoder(
        TinyEncoder.open(folder, TinyEncoder.BERT_CONFIG, TinyEncoder.BERT));
  }

  private TextEncoder roberta() {
    return Architectures.loadTextEncoder(
        TinyEncoder.open(folder, TinyEncoder.ROBERTA_CONFIG, TinyEncoder.ROBERTA));
  }

  private TextEncoder distilbert() {
    return Architectures.loadTextEncoder(
        TinyEncoder.open(folder, TinyEncoder.DISTILBERT_CONFIG, TinyEncoder.DISTILBERT));
  }

  private static TextEncoder.Session session(TextEncoder model) {
    return model.newSession(Kernels.best(Parallel.of(1)));
  }

  @Test
  void bertGivesTheRecordedScores() {
    TextEncoder model = bert();
    assertEquals(HeadKind.SEQUENCE_CLASSES, model.head());
    assertEquals(List.of("good", "bad", "neither"), model.labels());
    Encoding encoding = session(model).encode(TokenBatch.of(IDS, TYPES));
    float[] logits = {1.182899f, -0.5950458f, -1.474887f, 0.4812125f, -0.6851393f, -0.986606f};
    assertClose(logits, encoding.logits(), 0);
    float[] pooled = {
      0.9348924f,
      -0.6075633f,
      0.04486274f,
      0.9203314f,
      0.9567831f,
      -0.7633238f,
      0.9553868f,
      0.8645276f
    };
    assertClose(pooled, encoding.poolerOutput(), 0);
  }

  @Test
  void bertOfAnOnnxFileGivesTheSame() throws IOException {
    Encoding wanted = session(bert()).encode(TokenBatch.of(IDS, TYPES));
    Files.delete(folder.resolve("model.safetensors"));
    Files.delete(folder.resolve("config.json"));
    TinyEncoder.bertOnnx().write(folder.resolve("model.onnx"));
    TextEncoder model = Architectures.loadTextEncoder(Checkpoint.open(folder));
    Encoding found = session(model).encode(TokenBatch.of(IDS, TYPES));
    assertArrayEquals(wanted.hiddenStates(), found.hiddenStates());
    assertArrayEquals(wanted.logits(), found.logits());
  }

  @Test
  void robertaGivesTheRecordedScores() {
    TextEncoder model = roberta();
    assertEquals(HeadKind.MASKED_TOKENS, model.head());
    assertEquals(16, model.outputs());
    assertEquals(10, model.maxLength(), "12 positions, less padding's and the one before it");
    float[] last = {
      0.2922577f, 1.384498f, -0.6863533f, -1.288616f, 0.2131744f, 1.749986f, 0.4269938f,
      0.200201f, 1.030757f, 0.691197f, 0.2378851f, -1.169399f, 0.4218801f, 0.2587581f,
      -1.897249f, 0.3704588f
    };
    Encoding encoding = session(model).encode(TokenBatch.of(IDS));
    assertClose(last, encoding.logits(), (5 + 2) * 16);
    assertClose(last, encoding.logits(1, 2), 0);
  }

  @Test
  void distilbertGivesTheRecordedScores() {
    TextEncoder model = distilbert();
    assertEquals(HeadKind.ANSWER_SPAN, model.head());
    assertEquals(1, model.types());
    float[] startAndEnd = {
      -0.7296345f, 0.3742397f, -2.165826f, -1.00529f, -0.9751154f, -2.387188f, -0.1268357f,
      0.4576169f, -2.726622f, -1.617774f, -0.516515f, 0.6023881f, -1.594276f, -1.320965f,
      -2.257019f, -1.76986f
    };
    assertClose(startAndEnd, session(model).encode(TokenBatch.of(IDS)).logits(), 0);
  }

  @Test
  void deitGivesTheRecordedScores() {
    ImageEncoder model =
        Architectures.loadImageEncoder(
            TinyEncoder.open(folder, TinyEncoder.DEIT_CONFIG, TinyEncoder.DEIT));
    assertEquals(HeadKind.IMAGE_CLASSES, model.head());
    assertEquals(List.of("cat", "dog", "neither"), model.labels());
    assertEquals(6, model.tokens());
    float[] logits = {-1.080813f, 2.44275f, 0.6056982f, -1.171526f, 2.185632f, 0.9012899f};
    Encoding encoding = model.newSession(Kernels.best(Parallel.of(1))).encode(pixels(2));
    assertClose(logits, encoding.logits(), 0);
  }

  @Test
  void deitsLayersHaveNewerNamesToo() {
    String renamed =
        TinyEncoder.DEIT
            .replace("encoder.layer.", "layers.")
            .replace("attention.attention.query", "attention.q_proj")
            .replace("attention.attention.key", "attention.k_proj")
            .replace("attention.attention.value", "attention.v_proj")
            .replace("attention.output.dense", "attention.o_proj")
            .replace("intermediate.dense", "mlp.fc1")
            .replace("output.dense", "mlp.fc2");
    assertArrayEquals(deit(TinyEncoder.DEIT), deit(renamed));
  }

  /** Of so many images of 3 x 4 x 4. */
  private static float[] pixels(int images) {
    float[] pixels = new float[images * 3 * 4 * 4];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = i * 37 % 64 / 32f - 1;
    }
    return pixels;
  }

  private float[] deit(String tensors) {
    ImageEncoder model =
        Architectures.loadImageEncoder(TinyEncoder.open(folder, TinyEncoder.DEIT_CONFIG, tensors));
    return model.newSession(Kernels.best(Parallel.of(1))).encode(pixels(1)).logits();
  }

  @Test
  void aMatrixThatIsStoredOnceMayHaveTheNameOfTheHead() {
    float[] wanted = session(roberta()).encode(TokenBatch.of(IDS)).logits();
    String tensors =
        TinyEncoder.ROBERTA.replace(
            "roberta.embeddings.word_embeddings.weight", "lm_head.decoder.weight");
    TextEncoder model =
        Architectures.loadTextEncoder(
            TinyEncoder.open(folder, TinyEncoder.ROBERTA_CONFIG, tensors));
    assertArrayEquals(wanted, session(model).encode(TokenBatch.of(IDS)).logits());
    String untied =
        TinyEncoder.ROBERTA_CONFIG.replaceFirst("\\{", "{\"tie_word_embeddings\": false, ");
    Checkpoint other = TinyEncoder.open(folder, untied, tensors);
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> Architectures.loadTextEncoder(other));
    assertTrue(e.getMessage().contains("word_embeddings.weight is missing"), e.getMessage());
  }

  @Test
  void ggufFilesHoldTheSameModel() {
    Path file = TinyEncoder.bertGguf().write(folder.resolve("bert.gguf"));
    TextEncoder model = Architectures.loadTextEncoder(Gguf.open(file));
    assertEquals(HeadKind.SEQUENCE_CLASSES, model.head());
    assertEquals(List.of("good", "bad", "neither"), model.labels());
    TokenBatch batch = TokenBatch.of(IDS, TYPES);
    Encoding encoding = session(model).encode(batch);
    Encoding other = session(bert()).encode(batch);
    assertArrayEquals(other.hiddenStates(), encoding.hiddenStates());
    assertArrayEquals(other.logits(), encoding.logits());
    assertArrayEquals(other.poolerOutput(), encoding.poolerOutput());
  }

  /**
   * Which says that it is BERT; the first layer of its head is no pooler, and goes through ReLU.
   */
  @Test
  void aGgufFileWithoutTypesOfTokensIsOfDistilbert() {
    String tensors = TinyEncoder.BERT.replaceAll("(?m)^.*token_type.*\n", "");
    Path file = TinyEncoder.bertGguf(tensors).write(folder.resolve("distilbert.gguf"));
    TextEncoder model = Architectures.loadTextEncoder(Gguf.open(file));
    String head =
        tensors
            .substring(tensors.indexOf("bert.pooler"))
            .replace("bert.pooler.dense", "pre_classifier");
    TextEncoder other =
        Architectures.loadTextEncoder(
            TinyEncoder.open(
                folder,
                TinyEncoder.DISTILBERT_CONFIG.replace(
                    "QuestionAnswering", "SequenceClassification"),
                TinyEncoder.DISTILBERT.replaceAll("(?m)^qa_outputs.*\n", "") + head));
    float[] wanted = session(other).encode(TokenBatch.of(IDS)).logits();
    assertArrayEquals(wanted, session(model).encode(TokenBatch.of(IDS)).logits());
    assertEquals(0, model.poolerWidth());
  }

  @Test
  void theEncoderOfT5EncodesTexts() {
    int[] source = TinyEncoderDecoders.source();
    int[] start = Arrays.copyOf(source, 4);
    Path file = TinyEncoderDecoders.t5("t5encoder").write(folder.resolve("encoder.gguf"));
    TextEncoder model = Architectures.loadTextEncoder(Gguf.open(file));
    Encoding encoding = session(model).encode(TokenBatch.of(source, start));
    EncoderDecoderModel.Session whole =
        Architectures.loadEncoderDecoder(TinyEncoderDecoders.openT5(folder))
            .newSession(Kernels.best(Parallel.of(1)), 1);
    int n = source.length * model.dim();
    assertClose(Arrays.copyOf(whole.encode(source), n), encoding.hiddenStates(), 0);
    assertClose(
        Arrays.copyOf(whole.encode(start), start.length * model.dim()), encoding.hiddenStates(), n);
    assertEquals(HeadKind.NONE, model.head());
    int[] most = new int[model.maxLength() + 1];
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> session(model).encode(TokenBatch.of(most)));
    assertTrue(e.getMessage().contains("has 32769 tokens"), e.getMessage());
  }

  @Test
  void aHeadOfAGgufFileWithoutItsPoolerIsNone() {
    String tensors = TinyEncoder.BERT.replaceAll("(?m)^bert\\.pooler.*\n", "");
    Path file = TinyEncoder.bertGguf(tensors).write(folder.resolve("half.gguf"));
    assertEquals(HeadKind.NONE, Architectures.loadTextEncoder(Gguf.open(file)).head());
  }

  @Test
  void readsTensorFlowsNamesOfNorms() {
    float[] wanted = session(bert()).encode(TokenBatch.of(IDS)).logits();
    String renamed =
        TinyEncoder.BERT
            .replace("LayerNorm.weight", "LayerNorm.gamma")
            .replace("LayerNorm.bias", "LayerNorm.beta");
    TextEncoder model =
        Architectures.loadTextEncoder(TinyEncoder.open(folder, TinyEncoder.BERT_CONFIG, renamed));
    assertArrayEquals(wanted, session(model).encode(TokenBatch.of(IDS)).logits());
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"BertForSequenceClassification\"", "\"AnotherOne\"", ""})
  void tensorsTellTheHeadWhereTheConfigurationDoesNot(String name) {
    String config = TinyEncoder.BERT_CONFIG.replace("\"BertForSequenceClassification\"", name);
    TextEncoder model =
        Architectures.loadTextEncoder(TinyEncoder.open(folder, config, TinyEncoder.BERT));
    assertEquals(HeadKind.SEQUENCE_CLASSES, model.head());
  }

  @Test
  void aModelNamedWithoutAHeadHasNone() {
    String config = TinyEncoder.BERT_CONFIG.replace("ForSequenceClassification", "Model");
    TextEncoder model =
        Architectures.loadTextEncoder(TinyEncoder.open(folder, config, TinyEncoder.BERT));
    assertEquals(HeadKind.NONE, model.head());
    assertEquals(0, model.outputs());
    assertEquals(List.of(), model.labels());
    assertEquals(8, model.poolerWidth());
  }

  @Test
  void aHeadThatIsNamedMayBeMissing() {
    String config = TinyEncoder.BERT_CONFIG.replace("ForSequenceClassification", "ForMaskedLM");
    TextEncoder model =
        Architectures.loadTextEncoder(
            TinyEncoder.open(
                folder, config, TinyEncoder.BERT.replaceAll("(?m)^classifier.*\n", "")));
    assertEquals(HeadKind.NONE, model.head());
    assertEquals(8, model.poolerWidth());
  }

  @Test
  void tokensOfPaddingInsideASequenceAreNotCounted() {
    // Token 1 is RoBERTa's padding: what follows it stands where it would stand without it.
    TextEncoder.Session session = session(roberta());
    float[] with = session.hiddenStates(TokenBatch.of(new int[] {2, 1, 7}), 0);
    float[] without = session.hiddenStates(TokenBatch.of(new int[] {2, 7}), 0);
    assertArrayEquals(Arrays.copyOf(without, 8), Arrays.copyOf(with, 8));
    assertArrayEquals(
        Arrays.copyOfRange(without, 8, 16), Arrays.copyOfRange(with, 16, 24), "the token 7");
  }

  @Test
  void aSequenceIsEncodedAloneAsInABatch() {
    // 200 sequences of up to 12 tokens pass in more than one group.
    SplittableRandom random = new SplittableRandom(5);
    int[][] ids = new int[200][];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = random.ints(1 + i % 12, 2, 16).toArray();
    }
    TextEncoder model = bert();
    Encoding together = session(model).encode(TokenBatch.of(ids));
    assertEquals(200, together.sequences());
    assertEquals(12, together.length());
    TextEncoder.Session session = session(model);
    float[] logits = together.logits();
    for (int i = 0; i < ids.length; i++) {
      Encoding alone = session.encode(TokenBatch.of(ids[i]));
      int from = i * 12 * 8;
      int tokens = ids[i].length * 8;
      float[] found = Arrays.copyOfRange(together.hiddenStates(), from, from + 12 * 8);
      assertClose(Arrays.copyOf(alone.hiddenStates(), tokens), found, 0);
      assertArrayEquals(
          new float[12 * 8 - tokens], Arrays.copyOfRange(found, tokens, 12 * 8), "padding is 0");
      assertClose(Arrays.copyOf(alone.logits(), 3), logits, 3 * i);
    }
  }

  @Test
  void whatStandsBehindASequenceIsNotLookedAt() {
    TextEncoder.Session session = session(bert());
    int[] mask = {1, 1, 1, 1, 1, 1, 1, 1, 0, 0};
    int[] ids = {2, 7, 5, 11, 3, 2, 9, 3, -5, 99};
    float[] logits = session.encode(TokenBatch.masked(ids, null, mask, 5)).logits().clone();
    assertArrayEquals(session.encode(TokenBatch.of(IDS)).logits(), logits);
  }

  @Test
  void threadsDoNotChangeABit() {
    TextEncoder model = bert();
    TokenBatch batch = TokenBatch.of(IDS, TYPES);
    float[] one = model.newSession(Kernels.best(Parallel.of(1))).encode(batch).hiddenStates();
    try (Parallel team = Parallel.of(3)) {
      float[] three = model.newSession(Kernels.best(team)).encode(batch).hiddenStates();
      assertArrayEquals(one, three);
    }
  }

  @Test
  void buffersAreUsedAgain() {
    TextEncoder.Session session = session(bert());
    Encoding encoding = session.encode(TokenBatch.of(IDS));
    float[] hidden = encoding.hiddenStates();
    float[] logits = encoding.logits();
    float[] pooled = encoding.pooled(Pooling.MEAN);
    assertSame(encoding, session.encode(TokenBatch.of(IDS[1])));
    assertSame(hidden, encoding.hiddenStates());
    assertSame(logits, encoding.logits());
    assertSame(pooled, encoding.embeddings(Pooling.LAST));
  }

  @Test
  void statesAfterAllBlocksAreWhatTheLastNormReceives() {
    TextEncoder model = bert(); // which has no norm behind its last block
    TextEncoder.Session session = session(model);
    TokenBatch batch = TokenBatch.of(IDS, TYPES);
    float[] states = session.hiddenStates(batch, model.nLayers());
    assertArrayEquals(session.encode(batch).hiddenStates(), states);
  }

  @Test
  void poolingTakesOnlyWhatIsThere() {
    Encoding encoding = session(bert()).encode(TokenBatch.of(IDS));
    float[] hidden = encoding.hiddenStates();
    float[] mean = new float[8];
    for (int t = 0; t < 3; t++) {
      for (int j = 0; j < 8; j++) {
        mean[j] += hidden[(5 + t) * 8 + j] / 3;
      }
    }
    float[] first = Arrays.copyOfRange(hidden, 5 * 8, 6 * 8);
    float[] last = Arrays.copyOfRange(hidden, 7 * 8, 8 * 8);
    assertClose(mean, encoding.pooled(Pooling.MEAN), 8);
    assertArrayEquals(first, Arrays.copyOfRange(encoding.pooled(Pooling.CLS), 8, 16));
    assertArrayEquals(last, Arrays.copyOfRange(encoding.pooled(Pooling.LAST), 8, 16));
    float[] unit = encoding.embeddings(Pooling.CLS);
    double norm = 0;
    double dot = 0;
    double length = 0;
    for (int j = 0; j < 8; j++) {
      norm += (double) unit[8 + j] * unit[8 + j];
      dot += (double) unit[8 + j] * first[j];
      length += (double) first[j] * first[j];
    }
    assertEquals(1, norm, 1e-6);
    assertEquals(Math.sqrt(length), dot, 1e-5, "in the same direction");
  }
}
