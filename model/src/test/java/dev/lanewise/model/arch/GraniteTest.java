package dev.lanewise.model.arch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
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
 * A tiny Granite against Hugging Face's transformers 5.24 with torch 2.15 in float32, which was
 * given the same weights by the same formula ({@link TinyDecoder}). llama.cpp computes the same
 * from its own conversions of these checkpoints, whose keys and tensors the GGUF files here have.
 */
class GraniteTest {
  private static final float[] LOGITS = {
    0.280903f, 0.229331f, 0.561374f, -0.0238172f, -0.283915f, -0.605388f, -0.378345f, -0.474741f,
    -0.937211f, -0.773018f, -0.404214f, -0.0756715f, 0.278433f, -0.300188f, 0.349536f, 0.74498f,
    0.202751f, 0.678486f, 0.273466f, -1.17415f, -0.0638558f, -0.0605926f, 1.53851f, -0.648342f
  };
  private static final int[] GREEDY = {22, 22, 16, 17, 8, 22, 22, 22};
  private static final float[] STATES = {
    1.38085f, -1.26724f, -1.11958f, 0.788128f, -1.59025f, -0.600275f, 0.867026f, 0.3586f,
    0.300937f, -1.02109f, 0.53401f, 0.228457f, -0.738355f, 0.594225f, -1.36322f, -0.578319f
  };
  private static final float[] LOGITS_WITH_BIASES = {
    0.215133f, 0.269384f, 0.491229f, 0.388028f, -0.153504f, -0.558921f, -0.414008f, 0.130951f,
    -0.80572f, -0.582313f, -0.401996f, -0.384839f, 0.382667f, -0.909734f, 0.0708946f, 0.216553f,
    0.129351f, 0.011786f, 0.239166f, -1.18713f, -0.140535f, 0.0809387f, 1.69521f, -0.0986174f
  };
  private static final int[] GREEDY_WITH_BIASES = {22, 22, 16, 17, 16, 16, 16, 16};

  private static final String FACTORS =
      """
      "granite", "embedding_multiplier": 1.5, "attention_multiplier": 0.4,
      "residual_multiplier": 0.7, "logits_scaling": 3.0, "tie_word_embeddings": true\
      """;

  private static final String CONFIG = TinyDecoder.SIZES + FACTORS + "}";

  private static final String BIASED =
      TinyDecoder.SIZES + FACTORS + ", \"attention_bias\": true, \"mlp_bias\": true}";

  @TempDir private Path folder;

  private Checkpoint hub(String config) {
    return TinyDecoder.open(folder, "model.", config);
  }

  private Checkpoint gguf(GgufWriter writer) {
    return Gguf.open(writer.write(folder.resolve("model.gguf")));
  }

  private static GgufWriter granite(String config) {
    return TinyDecoder.gguf("granite", config)
        .float32("granite.embedding_scale", 1.5f)
        .float32("granite.attention.scale", 0.4f)
        .float32("granite.residual_scale", 0.7f)
        .float32("granite.logit_scale", 3);
  }

  @Test
  void agreesWithTransformers() {
    TinyDecoder.assertAgrees(LOGITS, GREEDY, hub(CONFIG));
    TinyDecoder.assertAgrees(LOGITS, GREEDY, gguf(granite(CONFIG)));
  }

  @Test
  void biasesAreScaledToo() {
    TinyDecoder.assertAgrees(LOGITS_WITH_BIASES, GREEDY_WITH_BIASES, hub(BIASED));
    TinyDecoder.assertAgrees(LOGITS_WITH_BIASES, GREEDY_WITH_BIASES, gguf(granite(BIASED)));
  }

  @Test
  void embedsTexts() {
    TinyDecoder.assertFirst(STATES, TinyDecoder.lastState(hub(CONFIG)));
  }

  /** The hub's configuration class has 1 for each, the attention's too. */
  @Test
  void withoutFactorsAllAreOne() {
    String ones = FACTORS.replaceAll("(multiplier|scaling)\": [\\d.]+", "$1\": 1.0");
    assertArrayEquals(
        TinyDecoder.logits(hub(TinyDecoder.SIZES + ones + "}")),
        TinyDecoder.logits(hub(TinyDecoder.SIZES + "\"granite\"}")));
    // GGUF files that say nothing of the attention's mean the usual one, here 1/2.
    String half = ones.replace("attention_multiplier\": 1.0", "attention_multiplier\": 0.5");
    TinyDecoder.assertFirst(
        TinyDecoder.logits(hub(TinyDecoder.SIZES + half + "}")),
        TinyDecoder.logits(gguf(TinyDecoder.gguf("granite", CONFIG))));
  }

  /** So files of Granite 4 have them, which are otherwise alike. */
  @Test
  void keyHeadsMayBeListed() {
    String key = "granite.attention.head_count_kv";
    TinyDecoder.assertAgrees(LOGITS, GREEDY, gguf(granite(CONFIG).int32s(key, 2, 2)));
    Checkpoint mixed = gguf(granite(CONFIG).int32s(key, 2, 0));
    LanewiseException e = assertThrows(LanewiseException.class, () -> Architectures.load(mixed));
    assertTrue(
        e.getMessage().contains(key + " is [2, 0]; it must be the same number for every block"),
        e.getMessage());
  }
}
