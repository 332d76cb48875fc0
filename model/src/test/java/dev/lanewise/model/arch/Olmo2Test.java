package dev.lanewise.model.arch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Gguf;
import dev.lanewise.model.checkpoint.GgufWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * OLMo 2 and 3, tiny, against Hugging Face's transformers 5.24 with torch 2.15 in float32, which
 * was given the same weights by the same formula ({@link TinyDecoder}). llama.cpp computes the same
 * from its own conversions of these checkpoints, whose keys and tensors the GGUF files here have.
 */
class Olmo2Test {
  private static final int BOOL = 7;
  private static final float[] OLMO2_LOGITS = {
    1.31211f, 1.38012f, -0.26058f, -1.1756f, -1.06472f, 1.21484f, 2.31067f, 3.85272f,
    -2.09297f, -2.98885f, -1.50583f, -0.456271f, -2.05078f, -0.54735f, -4.67185f, 2.31279f,
    -1.32477f, 1.07767f, -0.439967f, 0.487318f, 1.7651f, 3.53946f, -2.61565f, -0.5805f
  };
  private static final int[] OLMO2_GREEDY = {7, 21, 20, 14, 11, 12, 6, 6};
  private static final float[] OLMO2_STATES = {
    1.62023f, -0.287197f, -0.769732f, -0.421958f, -1.28969f, -0.47779f, -0.73719f, 0.724113f,
    -0.419876f, -1.46529f, 0.857895f, 1.48649f, -1.38471f, 1.49634f, -0.290096f, -0.562595f
  };
  private static final float[] OLMO3_LOGITS = {
    1.2611f, -1.73027f, 0.649824f, -1.5285f, -2.62846f, 1.3945f, 0.157321f, 3.12473f,
    2.16818f, -2.72987f, -0.949904f, -2.00977f, -1.41518f, -1.75411f, -3.73875f, 4.88704f,
    -1.15008f, 2.26991f, 1.53874f, 1.22954f, 1.90546f, 1.86446f, -2.64696f, -3.75985f
  };
  private static final int[] OLMO3_GREEDY = {15, 8, 9, 9, 9, 15, 15, 15};

  private static final String OLMO2 =
      TinyDecoder.SIZES + "\"olmo2\", \"tie_word_embeddings\": false, \"rope_theta\": 500000.0}";

  /** Every fourth block attends to everything, and it alone has stretched positions. */
  private static final String OLMO3 =
      TinyDecoder.SIZES
              .replace("layers\": 2", "layers\": 4")
              .replace("embeddings\": 32", "embeddings\": 256")
          + """
          "olmo3", "tie_word_embeddings": false, "sliding_window": 4, "rope_theta": 500000.0,
          "rope_scaling": {"rope_type": "yarn", "factor": 8.0, "beta_fast": 32.0, "beta_slow": 1.0,
            "attention_factor": 1.2079441541679836, "original_max_position_embeddings": 32}}\
          """;

  @TempDir private Path folder;

  private Checkpoint hub(String config) {
    return TinyDecoder.open(folder, "model.", config);
  }

  private Checkpoint gguf(GgufWriter writer) {
    return Gguf.open(writer.write(folder.resolve("model.gguf")));
  }

  private static GgufWriter olmo3() {
    return TinyDecoder.gguf("olmo2", OLMO3)
        .float32("olmo2.rope.freq_base", 5e5f)
        .string("olmo2.rope.scaling.type", "yarn")
        .float32("olmo2.rope.scaling.factor", 8)
        .uint32("olmo2.rope.scaling.original_context_length", 32)
        .float32("olmo2.rope.scaling.yarn_attn_factor", 1.2079442f)
        .float32("olmo2.rope.scaling.yarn_beta_fast", 32)
        .float32("olmo2.rope.scaling.yarn_beta_slow", 1)
        .uint32("olmo2.attention.sliding_window", 4)
        .array("olmo2.attention.sliding_window_pattern", BOOL, 4, new byte[] {1, 1, 1, 0});
  }

  @Test
  void theSecondAgreesWithTransformers() {
    TinyDecoder.assertAgrees(OLMO2_LOGITS, OLMO2_GREEDY, hub(OLMO2));
    GgufWriter writer = TinyDecoder.gguf("olmo2", OLMO2).float32("olmo2.rope.freq_base", 5e5f);
    TinyDecoder.assertAgrees(OLMO2_LOGITS, OLMO2_GREEDY, gguf(writer));
  }

  @Test
  void theThirdAgreesWithTransformers() {
    TinyDecoder.assertAgrees(OLMO3_LOGITS, OLMO3_GREEDY, hub(OLMO3));
    TinyDecoder.assertAgrees(OLMO3_LOGITS, OLMO3_GREEDY, gguf(olmo3()));
    assertEquals(256, Architectures.load(gguf(olmo3())).contextLength());
  }

  @Test
  void theBaseOfTheThirdIsAsUsualIfItIsNotSaid() {
    String silent = OLMO3.replace("\"rope_theta\": 500000.0,", "");
    TinyDecoder.assertFirst(OLMO3_LOGITS, TinyDecoder.logits(hub(silent)));
  }

  @Test
  void itEmbedsTexts() {
    TinyDecoder.assertFirst(OLMO2_STATES, TinyDecoder.lastState(hub(OLMO2)));
  }

  /** Norms over heads, as others have them, are too short. */
  @Test
  void aNormOfOtherWidthIsRefused() {
    String key = "blk.0.attn_k_norm.weight";
    GgufWriter writer =
        TinyDecoder.gguf("olmo2", OLMO2).removeTensor(key).tensor(key, new float[4], 4);
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> Architectures.load(gguf(writer)));
    assertTrue(e.getMessage().contains(key), e.getMessage());
  }
}
