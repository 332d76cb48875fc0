package dev.lanewise.model.arch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Gguf;
import dev.lanewise.model.checkpoint.GgufWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Decoders that are read as encoders. Numbers are those of Hugging Face's transformers 5.24 with
 * torch 2.15 in float32, which was given the same weights by the same formula ({@link
 * TinyDecoder}).
 */
class DecoderEncoderTest {
  private static final int LAST = TinyDecoder.PROMPT.length - 1;
  private static final int DIM = 16;

  private static final String GEMMA =
      """
      "gemma3_text", "query_pre_attn_scalar": 4, "sliding_window": 4,
      "layer_types": ["sliding_attention", "full_attention"], "rope_parameters": {
        "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
        "full_attention": {"rope_type": "default", "rope_theta": 1000000.0}}\
      """;

  @TempDir private Path folder;

  private Checkpoint file(String options) {
    return TinyDecoder.open(folder, "model.", TinyDecoder.SIZES + options + "}");
  }

  private TextEncoder model(String options) {
    return Architectures.loadTextEncoder(file(options));
  }

  private static Encoding encode(TextEncoder model, int... ids) {
    return model.newSession(Kernels.best(Parallel.of(1))).encode(TokenBatch.of(ids));
  }

  @Test
  void statesAreThoseBehindTheLastNorm() {
    TextEncoder model = model("\"llama\"");
    assertEquals(HeadKind.NONE, model.head());
    assertEquals(32, model.maxLength());
    assertEquals(24, model.vocabSize());
    float[] states = encode(model, TinyDecoder.PROMPT).hiddenStates();
    TinyDecoder.assertFirst(
        new float[] {-0.087079f, -0.201903f, -1.49533f, 0.315615f, -0.919796f, -0.700244f},
        Arrays.copyOfRange(states, DIM, 2 * DIM));
    TinyDecoder.assertFirst(
        new float[] {0.475175f, -0.94734f, -1.34897f, 0.966967f, -1.72392f, -0.539683f},
        Arrays.copyOfRange(states, LAST * DIM, (LAST + 1) * DIM));
  }

  private static final float[] MEAN_OF_GEMMA = {
    -0.419831f, -0.275681f, -0.413753f, -0.537227f, -0.0864392f, -0.992428f
  };

  @Test
  void gemmaMayLookAhead() {
    Checkpoint file = file(GEMMA + ", \"use_bidirectional_attention\": true");
    assertEquals(Pooling.MEAN, EmbeddingConfig.of(file.metadata()).pooling());
    TextEncoder model = Architectures.loadTextEncoder(file);
    Encoding encoding = encode(model, TinyDecoder.PROMPT);
    TinyDecoder.assertFirst(
        new float[] {-3.21504f, 0.917435f, -3.19253f, -1.10487f, -3.78226f},
        encoding.hiddenStates());
    TinyDecoder.assertFirst(MEAN_OF_GEMMA, encoding.pooled(Pooling.MEAN));
  }

  /** As transformers 5.24 has it; of the window all counts on either side. */
  @Test
  void anyDecoderMayLookAhead() {
    Checkpoint file = file("\"mistral\", \"sliding_window\": 3, \"is_causal\": false");
    assertEquals(Pooling.MEAN, EmbeddingConfig.of(file.metadata()).pooling());
    float[] states = encode(Architectures.loadTextEncoder(file), TinyDecoder.PROMPT).hiddenStates();
    TinyDecoder.assertFirst(
        new float[] {-1.282206f, 0.209989f, -1.929886f, 0.112041f, -2.171465f, -0.004298f}, states);
    TinyDecoder.assertFirst(
        new float[] {0.035635f, -0.046604f, 2.202528f, 0.249759f, -0.502947f, -0.436132f},
        Arrays.copyOfRange(states, LAST * DIM, (LAST + 1) * DIM));
    String message =
        assertThrows(LanewiseException.class, () -> Architectures.load(file)).getMessage();
    assertTrue(message.contains("is_causal is false"), message);
  }

  /** A GGUF file of EmbeddingGemma, as llama.cpp's converter names things. */
  private static GgufWriter embeddingGemma() {
    String name = "gemma-embedding";
    return TinyDecoder.gguf(name, TinyDecoder.SIZES + GEMMA + "}")
        .uint32(name + ".pooling_type", 1)
        .float32(name + ".rope.freq_base", 1e6f)
        .float32(name + ".rope.freq_base_swa", 1e4f)
        .uint32(name + ".attention.sliding_window", 4)
        .uint32(name + ".attention.sliding_window_pattern", 2);
  }

  private Checkpoint gguf(GgufWriter writer) {
    return Gguf.open(writer.write(folder.resolve("model.gguf")));
  }

  @Test
  void aGgufFileOfEmbeddingGemmaIsReadAlike() {
    Checkpoint file = gguf(embeddingGemma());
    assertTrue(Architectures.isTextEncoder(file));
    assertEquals(Pooling.MEAN, EmbeddingConfig.of(file.metadata()).pooling());
    TextEncoder model = Architectures.loadTextEncoder(file);
    TinyDecoder.assertFirst(MEAN_OF_GEMMA, encode(model, TinyDecoder.PROMPT).pooled(Pooling.MEAN));
  }

  @Test
  void itMayHoldLayersForWhatIsPooled() {
    float[] second = TinyEncoderDecoders.values("dense_2", 20, DIM);
    float[] third = TinyEncoderDecoders.values("dense_3", DIM, 20);
    GgufWriter writer =
        embeddingGemma()
            .tensor("dense_2.weight", second, 20, DIM)
            .tensor("dense_3.weight", third, DIM, 20);
    float[] pooled =
        encode(Architectures.loadTextEncoder(gguf(embeddingGemma())), TinyDecoder.PROMPT)
            .pooled(Pooling.MEAN);
    float[] found =
        encode(Architectures.loadTextEncoder(gguf(writer)), TinyDecoder.PROMPT)
            .pooled(Pooling.MEAN);
    float[] wanted = product(third, product(second, Arrays.copyOf(pooled, DIM)));
    assertArrayEquals(wanted, Arrays.copyOf(found, DIM), 1e-4f);
  }

  private static float[] product(float[] matrix, float[] x) {
    float[] y = new float[matrix.length / x.length];
    for (int i = 0; i < matrix.length; i++) {
      y[i / x.length] += matrix[i] * x[i % x.length];
    }
    return y;
  }

  @Test
  void aLayerThatDoesNotFitIsRefused() {
    Checkpoint file = gguf(embeddingGemma().tensor("dense_2.weight", new float[20 * 8], 20, 8));
    String message =
        assertThrows(LanewiseException.class, () -> Architectures.loadTextEncoder(file))
            .getMessage();
    assertTrue(message.contains("dense_2.weight"), message);
  }

  @Test
  void aGgufFileMaySayThatTokensSeeThoseBehindThem() {
    Checkpoint file = gguf(TinyDecoder.gguf().bool("qwen2.attention.causal", false));
    float[] ahead =
        encode(Architectures.loadTextEncoder(file), TinyDecoder.PROMPT).hiddenStates().clone();
    float[] causal = encode(model("\"qwen2\""), TinyDecoder.PROMPT).hiddenStates();
    assertFalse(Arrays.equals(causal, 0, DIM, ahead, 0, DIM), "the first token sees no other");
    String message =
        assertThrows(LanewiseException.class, () -> Architectures.load(file)).getMessage();
    assertTrue(message.contains("qwen2.attention.causal is false; a language model's"), message);
    assertEquals(Pooling.MEAN, EmbeddingConfig.of(file.metadata()).pooling());
    assertFalse(EmbeddingConfig.isGuess(file.metadata()));
  }

  @Test
  void aGgufFileIsReadAlike() {
    TextEncoder model = Architectures.loadTextEncoder(gguf(TinyDecoder.gguf()));
    assertArrayEquals(
        encode(model("\"qwen2\""), TinyDecoder.PROMPT).hiddenStates(),
        encode(model, TinyDecoder.PROMPT).hiddenStates(),
        1e-5f);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"llama\"", "\"mistral\", \"sliding_window\": 3", GEMMA})
  void aSequenceHasTheSameBitsAloneAndAmongOthers(String options) {
    TextEncoder model = model(options);
    int[][] sequences = new int[LAST][];
    for (int i = 0; i < LAST; i++) {
      sequences[i] = Arrays.copyOfRange(TinyDecoder.PROMPT, i / 2, i + 1);
    }
    try (Parallel team = Parallel.of(3)) {
      Encoding all = model.newSession(Kernels.best(team)).encode(TokenBatch.of(sequences).steady());
      for (int i = 0; i < LAST; i++) {
        int n = sequences[i].length * DIM;
        int from = i * all.length() * DIM;
        float[] alone =
            model
                .newSession(Kernels.best(Parallel.of(1)))
                .encode(TokenBatch.of(sequences[i]).steady())
                .hiddenStates();
        assertArrayEquals(
            Arrays.copyOf(alone, n),
            Arrays.copyOfRange(all.hiddenStates(), from, from + n),
            "sequence " + i);
      }
    }
  }

  @Test
  void frequenciesAreThoseOfASequencesOwnLength() {
    TextEncoder model =
        model(
            "\"llama\", \"rope_scaling\": {\"rope_type\": \"longrope\", \"factor\": 4,"
                + " \"original_max_position_embeddings\": 5, \"short_factor\": [1.0, 1.0],"
                + " \"long_factor\": [2.0, 5.0]}");
    int[] half = Arrays.copyOf(TinyDecoder.PROMPT, 5);
    Encoding both =
        model
            .newSession(Kernels.best(Parallel.of(1)))
            .encode(TokenBatch.of(TinyDecoder.PROMPT, half));
    float[] second = Arrays.copyOfRange(both.hiddenStates(), (LAST + 1) * DIM, (LAST + 6) * DIM);
    float[] alone = Arrays.copyOf(encode(model, half).hiddenStates(), 5 * DIM);
    assertArrayEquals(alone, second, 1e-5f);
  }

  private static String named(String architecture) {
    return "\"llama\", \"architectures\": [\"Llama%s\"], \"id2label\": {%s}"
        .formatted(architecture, "\"0\": \"good\", \"1\": \"bad\", \"2\": \"neither\"");
  }

  @ParameterizedTest
  @CsvSource({
    "null, 1.02958, 0.983308, 1.23563",
    "5, 1.02958, 0.983308, 1.23563", // the first token alone
    "1, -0.334109, -0.306047, 3.69629" // the last token
  })
  void aSequenceIsClassifiedByItsLastTokenBeforePadding(String pad, float a, float b, float c) {
    TextEncoder model = model(named("ForSequenceClassification") + ", \"pad_token_id\": " + pad);
    assertEquals(HeadKind.SEQUENCE_CLASSES, model.head());
    assertEquals(List.of("good", "bad", "neither"), model.labels());
    TinyDecoder.assertFirst(new float[] {a, b, c}, encode(model, TinyDecoder.PROMPT).logits());
  }

  @Test
  void ofPaddingAloneItIsTheFirst() {
    TextEncoder model = model(named("ForSequenceClassification") + ", \"pad_token_id\": 1");
    TinyDecoder.assertFirst(
        new float[] {1.04911f, 1.9226f, 1.81282f}, encode(model, 1, 1, 1).logits());
  }

  @Test
  void tokensHaveClassesAndAnswersEnds() {
    TextEncoder tagger = model(named("ForTokenClassification"));
    assertEquals(HeadKind.TOKEN_CLASSES, tagger.head());
    TinyDecoder.assertFirst(
        new float[] {1.13942f, 1.39133f, 0.911339f},
        encode(tagger, TinyDecoder.PROMPT).logits(0, LAST));
    String config = TinyDecoder.SIZES + named("ForQuestionAnswering") + "}";
    TextEncoder answerer =
        Architectures.loadTextEncoder(TinyDecoder.open(folder, "transformer.", config));
    assertEquals(HeadKind.ANSWER_SPAN, answerer.head());
    TinyDecoder.assertFirst(
        new float[] {0.142385f, -1.20716f}, encode(answerer, TinyDecoder.PROMPT).logits(0, LAST));
  }

  @ParameterizedTest
  @CsvSource({
    "ForSequenceClassification, classify or rerank",
    "ForTokenClassification, tag",
    "ForQuestionAnswering, answer"
  })
  void whatWasMadeToTellSomethingDoesNotContinueTexts(String architecture, String command) {
    Checkpoint file = file(named(architecture));
    String message =
        assertThrows(LanewiseException.class, () -> Architectures.load(file)).getMessage();
    assertTrue(message.contains(folder.toString()), message);
    assertTrue(message.endsWith("does not continue texts; it is one for " + command), message);
  }

  @Test
  void sequencesAreNoLongerThanTheContext() {
    TextEncoder model = model("\"llama\"");
    String message =
        assertThrows(LanewiseException.class, () -> encode(model, new int[33])).getMessage();
    assertTrue(message.contains("sequence 0 has 33 tokens"), message);
    assertTrue(message.contains("reads at most 32"), message);
  }
}
