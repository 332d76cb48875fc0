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
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the hub's configurations of decoders say beside their sizes. Numbers are those of Hugging
 * Face's transformers 5.24 with torch 2.15 in float32, which was given the same weights by the same
 * formula ({@link TinyDecoder}).
 */
class DecoderOptionsTest {
  @TempDir private Path folder;

  /** The logits after the prompt. */
  private float[] logits(String options) {
    return logitsOf("model.", TinyDecoder.SIZES + options + "}");
  }

  private float[] logitsOf(String prefix, String config) {
    return TinyDecoder.logits(TinyDecoder.open(folder, prefix, config));
  }

  private void assertFirstLogits(String options, float... wanted) {
    TinyDecoder.assertFirst(wanted, logits(options));
  }

  @Test
  void idsThatAreNotThereAreRefused() {
    Checkpoint checkpoint = Gguf.open(TinyDecoder.gguf().write(folder.resolve("tiny.gguf")));
    CausalModel model = Architectures.load(checkpoint);
    assertThrows(NullPointerException.class, () -> model.newSession(null, 32));
    try (Parallel team = Parallel.of(1)) {
      CausalModel.Session session = model.newSession(Kernels.best(team), 32);
      int[] ids = {1, 2, 3};
      int[][] ranges = {{-1, 2}, {0, 4}, {3, 5}, {2, 1}};
      for (int[] range : ranges) {
        int from = range[0];
        int to = range[1];
        List<Executable> calls =
            List.of(
                () -> session.forward(ids, from, to),
                () -> session.forwardAll(ids, from, to, (_, _) -> {}),
                () -> session.hiddenStates(ids, from, to, 1));
        for (Executable call : calls.subList(from > to ? 1 : 0, 3)) {
          String message = assertThrows(IndexOutOfBoundsException.class, call).getMessage();
          assertTrue(message.startsWith("Range [" + from + ", " + to + ")"), message);
        }
      }
      assertEquals(0, session.position());
    }
  }

  @Test
  void theActivationIsTheFiles() {
    assertFirstLogits(
        "\"llama\"", -1.26902f, -1.82957f, -0.0238512f, -2.30459f, -1.60874f, -0.0461958f);
    assertFirstLogits(
        "\"llama\", \"hidden_act\": \"relu\"",
        0.340756f,
        -1.22432f,
        0.901791f,
        -0.348585f,
        -1.09444f,
        -0.435124f);
  }

  @Test
  void gemmaScalesThePositionsOfEitherKindOfBlock() {
    assertFirstLogits(
        """
        "gemma3_text", "query_pre_attn_scalar": 4, "sliding_window": 4,
        "hidden_activation": "gelu", "layer_types": ["sliding_attention", "full_attention"],
        "rope_parameters": {
          "sliding_attention": {"rope_type": "linear", "factor": 4.0, "rope_theta": 10000.0},
          "full_attention": {"rope_type": "default", "rope_theta": 1000000.0}}\
        """,
        -1.5444f,
        5.31846f,
        2.07599f,
        6.4912f,
        -6.30221f,
        1.71903f);
  }

  @Test
  void everySecondBlockIsWithoutPositionsIfTheFileSaysSo() {
    assertFirstLogits(
        "\"smollm3\", \"no_rope_layer_interval\": 2, \"rope_theta\": 2000000.0",
        0.02756f,
        0.818604f,
        0.557794f,
        -0.365998f,
        -0.760696f,
        -1.58716f);
  }

  @Test
  void anOutputThatIsNotTiedMustBeThere() {
    String options = "\"llama\", \"tie_word_embeddings\": ";
    assertArrayEquals(logits("\"llama\""), logits(options + true));
    LanewiseException e = assertThrows(LanewiseException.class, () -> logits(options + false));
    assertTrue(e.getMessage().contains("lm_head.weight"), e.getMessage());
  }

  /** Qwen's files state the length before, and how to turn the stretching on. */
  @Test
  void aStretchedContextIsLonger() {
    String yarn = "\"qwen2\", \"rope_scaling\": {\"type\": \"yarn\", \"factor\": 4.0%s}}";
    String original = ", \"original_max_position_embeddings\": 32";
    assertEquals(128, contextLength(yarn.formatted(original)));
    assertEquals(32, contextLength(yarn.formatted("")));
    assertEquals(32, contextLength("\"qwen2\"}"));
  }

  private int contextLength(String config) {
    Checkpoint file = TinyDecoder.open(folder, "model.", TinyDecoder.SIZES + config);
    return Architectures.load(file).contextLength();
  }

  @ParameterizedTest
  @CsvSource({
    "llama, ', \"tie_word_embeddings\": true'",
    "gemma3_text, ', \"query_pre_attn_scalar\": 4, \"sliding_window\": 4'"
  })
  void aTiedMatrixMayHaveTheNameOfTheOutput(String name, String options) {
    String config = TinyDecoder.SIZES + "\"" + name + "\"" + options + "}";
    float[] wanted = logitsOf("model.", config);
    UnaryOperator<String> renaming =
        tensor -> tensor.replace("model.embed_tokens.weight", "lm_head.weight");
    assertArrayEquals(wanted, TinyDecoder.logits(TinyDecoder.open(folder, renaming, config)));
    Checkpoint other =
        TinyDecoder.open(
            folder,
            renaming,
            config.replaceAll("(, \"tie.*)?}", ", \"tie_word_embeddings\": false}"));
    LanewiseException e = assertThrows(LanewiseException.class, () -> TinyDecoder.logits(other));
    assertTrue(
        e.getMessage().contains("tensor model.embed_tokens.weight is missing"), e.getMessage());
  }

  @Test
  void whatIsAsUsualMayBeLeftOut() {
    String sizes = TinyDecoder.SIZES.replaceAll("\"rms_norm_eps\".*\\R.*32, ", "");
    assertArrayEquals(
        logits("\"smollm3\", \"no_rope_layer_interval\": 2, \"rope_theta\": 2000000.0"),
        logitsOf("model.", sizes + "\"smollm3\", \"no_rope_layer_interval\": 2}"));
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> logitsOf("model.", sizes + "\"harp\"}"));
    assertTrue(e.getMessage().contains("harp"), e.getMessage());
  }

  @Test
  void aNullIsNotWhatIsAsUsual() {
    String stated = TinyDecoder.SIZES.replace("value_heads\": 2", "value_heads\": 4");
    String none = TinyDecoder.SIZES.replace("value_heads\": 2", "value_heads\": null");
    String silent = TinyDecoder.SIZES.replace("\"num_key_value_heads\": 2,", "");
    assertArrayEquals(
        logitsOf("model.", stated + "\"mistral\"}"),
        logitsOf("model.", none.replace("head_dim\": 4", "head_dim\": null") + "\"mistral\"}"));
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> logitsOf("model.", silent + "\"mistral\"}"));
    assertTrue(e.getMessage().contains("num_key_value_heads is 8"), e.getMessage());
    assertTrue(isWindowed("\"mistral\""));
    assertFalse(isWindowed("\"mistral\", \"sliding_window\": null"));
    assertTrue(isWindowed("\"qwen2\", \"use_sliding_window\": true, \"max_window_layers\": 0"));
  }

  private boolean isWindowed(String options) {
    Checkpoint file = TinyDecoder.open(folder, "model.", TinyDecoder.SIZES + options + "}");
    DecoderConfig config = DecoderConfig.of(DecoderWeights.named(file, Map.of()));
    return !config.attention(0).equals(config.attention());
  }

  @ParameterizedTest
  @ValueSource(strings = {"language_model.model.", "model.language_model."})
  void theLanguageModelOfSeveralIsTheOne(String prefix) {
    String config =
        "{\"model_type\": \"llava\", \"text_config\": " + TinyDecoder.SIZES + "\"llama\"}}";
    assertArrayEquals(logits("\"llama\""), logitsOf(prefix, config));
  }

  @ParameterizedTest
  @CsvSource({
    "qwen2, 1, ''",
    "qwen2, 1, ', \"use_sliding_window\": false'",
    "qwen3, 1, ', \"use_sliding_window\": true'", // from block 28 on
    "smollm3, 1, ''",
    "llama, 1, ''"
  })
  void aWindowThatIsNotSwitchedOnIsNone(String architecture, int window, String options) {
    String start = "\"" + architecture + "\"";
    String windowed = start + ", \"sliding_window\": " + window + options;
    assertArrayEquals(logits(start), logits(windowed));
  }

  @ParameterizedTest
  @CsvSource({
    "mistral, ''",
    "qwen2, ', \"use_sliding_window\": true, \"max_window_layers\": 1'",
    "smollm3, ', \"use_sliding_window\": true, \"no_rope_layers\": [1, 0]'",
    "qwen2, ', \"use_sliding_window\": true, \"layer_types\": [\"sliding_attention\", \"full\"]'"
  })
  void aWindowThatIsSwitchedOnHidesTheRest(String architecture, String options) {
    String start = "\"" + architecture + "\"";
    String windowed = start + ", \"sliding_window\": 2" + options;
    assertFalse(Arrays.equals(logits(start), logits(windowed)), "the window makes no difference");
  }

  /** In transformers the list decides which mask a block of SmolLM 3 has. */
  @ParameterizedTest
  @ValueSource(strings = {", \"use_sliding_window\": false", ""})
  void blocksOfSmolLm3ThatAreListedNeedNoSwitch(String off) {
    String listed =
        "\"smollm3\", \"sliding_window\": 2,"
            + " \"layer_types\": [\"sliding_attention\", \"full_attention\"]";
    assertArrayEquals(logits(listed + ", \"use_sliding_window\": true"), logits(listed + off));
  }

  @Test
  void onlyGemma2CapsTheScoresOfAttention() {
    String cap = ", \"attn_logit_softcapping\": 0.5";
    String options = ", \"query_pre_attn_scalar\": 4, \"sliding_window\": 4";
    String gemma3 = "\"gemma3_text\"" + options;
    assertArrayEquals(logits(gemma3), logits(gemma3 + cap));
    String gemma2 = "\"gemma2\"" + options;
    assertFalse(Arrays.equals(logits(gemma2), logits(gemma2 + cap)), "the cap does nothing");
  }

  @Test
  void aShareOfHeadsIsNotRotatedWhereTheFamilyRotatesAll() {
    String part = ", \"partial_rotary_factor\": 0.5";
    for (String family : List.of("llama", "qwen3", "mistral")) {
      LanewiseException e =
          assertThrows(LanewiseException.class, () -> logits("\"" + family + "\"" + part));
      assertTrue(e.getMessage().contains("partial_rotary_factor is 0.5"), e.getMessage());
    }
  }

  @Test
  void gemmaThatLooksAheadDoesNotContinueTexts() {
    LanewiseException e =
        assertThrows(
            LanewiseException.class,
            () -> logits("\"gemma3_text\", \"use_bidirectional_attention\": true"));
    assertTrue(e.getMessage().contains("use_bidirectional_attention is true"), e.getMessage());
  }
}
