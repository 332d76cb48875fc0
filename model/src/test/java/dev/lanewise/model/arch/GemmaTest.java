package dev.lanewise.model.arch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Gguf;
import dev.lanewise.model.checkpoint.GgufWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The first two Gemmas, tiny, against Hugging Face's transformers 5.24 with torch 2.15 in float32,
 * which was given the same weights by the same formula ({@link TinyDecoder}). llama.cpp agrees, but
 * for the half precision of its GELU, with its own conversions of these checkpoints, whose keys and
 * tensors the GGUF files here have.
 */
class GemmaTest {
  private static final float[] GEMMA_LOGITS = {
    4.48764f, 2.00783f, 1.93603f, 2.04866f, -0.0800757f, -2.01758f, -1.19382f, -0.860103f,
    -5.09808f, -4.38568f, -0.00396657f, 0.420388f, 1.42645f, 1.59743f, 2.0251f, 4.30541f,
    -0.490576f, 1.04124f, -0.655279f, -7.28839f, 0.946717f, -1.41802f, 7.60076f, 1.54601f
  };
  private static final int[] GEMMA_GREEDY = {22, 22, 16, 9, 22, 22, 22, 22};
  private static final float[] GEMMA2_LOGITS = {
    -2.64629f, 2.96182f, -2.29207f, 2.45063f, -2.82957f, -2.37886f, 2.9063f, 1.97179f,
    2.43348f, 1.50367f, -2.40645f, -1.23414f, -1.81925f, 1.73855f, -0.831776f, 2.94301f,
    -2.64725f, 0.293476f, 2.12011f, -1.63045f, 1.97353f, 2.89787f, 1.81847f, -1.81381f
  };
  private static final int[] GEMMA2_GREEDY = {1, 15, 15, 15, 15, 5, 5, 5};
  private static final float[] GEMMA2_STATES = {
    2.90149f, -0.33322f, -1.15384f, 1.3505f, 0.506493f, -0.926422f, -0.796281f, 2.64241f,
    -4.23625f, 1.66526f, 1.86005f, 3.75408f, 1.50694f, 0.776049f, 1.59213f, -0.476817f
  };

  private static final String CAPS =
      "\"attn_logit_softcapping\": 2.0, \"final_logit_softcapping\": 3.0";

  /** The second block attends to everything. */
  private static final String GEMMA2 =
      TinyDecoder.SIZES + "\"gemma2\", \"query_pre_attn_scalar\": 4, \"sliding_window\": 4, ";

  @TempDir private Path folder;

  private Checkpoint hub(String config) {
    return TinyDecoder.open(folder, "model.", config);
  }

  private Checkpoint gguf(GgufWriter writer) {
    return Gguf.open(writer.write(folder.resolve("model.gguf")));
  }

  private static GgufWriter gemma2() {
    return TinyDecoder.gguf("gemma2", GEMMA2)
        .float32("gemma2.attn_logit_softcapping", 2)
        .float32("gemma2.final_logit_softcapping", 3)
        .uint32("gemma2.attention.sliding_window", 4);
  }

  /** Its first files say gelu and mean the approximation. */
  @Test
  void theFirstAgreesWithTransformers() {
    String config = TinyDecoder.SIZES + "\"gemma\", \"hidden_act\": \"gelu\"}";
    TinyDecoder.assertAgrees(GEMMA_LOGITS, GEMMA_GREEDY, hub(config));
    TinyDecoder.assertAgrees(GEMMA_LOGITS, GEMMA_GREEDY, gguf(TinyDecoder.gguf("gemma", config)));
  }

  @Test
  void theSecondAgreesWithTransformers() {
    TinyDecoder.assertAgrees(GEMMA2_LOGITS, GEMMA2_GREEDY, hub(GEMMA2 + CAPS + "}"));
    TinyDecoder.assertAgrees(GEMMA2_LOGITS, GEMMA2_GREEDY, gguf(gemma2()));
  }

  @Test
  void theSecondEmbedsTexts() {
    TinyDecoder.assertFirst(GEMMA2_STATES, TinyDecoder.lastState(hub(GEMMA2 + CAPS + "}")));
  }

  /** Its heads are 128 wide, but scores are divided by the square root of 144 = 4608 / 32. */
  @Test
  void theLargestScalesByItsWidth() {
    String config =
        (GEMMA2 + CAPS + "}")
            .replace("layers\": 2", "layers\": 46")
            .replace("head_dim\": 4", "head_dim\": 8");
    GgufWriter writer =
        TinyDecoder.gguf("gemma2", config)
            .float32("gemma2.attn_logit_softcapping", 2)
            .float32("gemma2.final_logit_softcapping", 3)
            .uint32("gemma2.attention.sliding_window", 4);
    TinyDecoder.assertFirst(TinyDecoder.logits(hub(config)), TinyDecoder.logits(gguf(writer)));
  }

  @Test
  void whatIsAsUsualMayBeLeftOut() {
    String caps = "\"attn_logit_softcapping\": %s, \"final_logit_softcapping\": %s}";
    float[] wanted = TinyDecoder.logits(hub(GEMMA2 + caps.formatted(50, 30)));
    assertArrayEquals(wanted, TinyDecoder.logits(hub(GEMMA2.replaceAll(", $", "}"))));
    float[] none = TinyDecoder.logits(hub(GEMMA2 + caps.formatted("null", "null")));
    assertArrayEquals(none, TinyDecoder.logits(hub(GEMMA2 + caps.formatted(0, 0))));
    assertFalse(Arrays.equals(wanted, none), "the caps make no difference");
  }

  /** The first conversions say nothing of caps and windows. */
  @Test
  void whatIsAsUsualMayBeLeftOutOfGgufFiles() {
    Checkpoint file =
        gguf(
            gemma2()
                .remove("gemma2.attn_logit_softcapping")
                .remove("gemma2.final_logit_softcapping"));
    TinyDecoder.assertFirst(
        TinyDecoder.logits(hub(GEMMA2.replaceAll(", $", "}"))), TinyDecoder.logits(file));
    Checkpoint bare = gguf(gemma2().remove("gemma2.attention.sliding_window"));
    assertEquals(4096, DecoderConfig.of(DecoderWeights.named(bare, Map.of())).window());
  }

  @Test
  void capsBelowNothingAreRefused() {
    Checkpoint file = hub(GEMMA2 + "\"attn_logit_softcapping\": -1}");
    LanewiseException e = assertThrows(LanewiseException.class, () -> Architectures.load(file));
    assertTrue(e.getMessage().contains("attn_logit_softcapping is -1.0"), e.getMessage());
  }
}
