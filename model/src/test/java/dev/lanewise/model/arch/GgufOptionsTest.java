package dev.lanewise.model.arch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Gguf;
import dev.lanewise.model.checkpoint.GgufWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What GGUF files of decoders say in other words than the hub's: the same weights in a folder of
 * the hub, which {@link DecoderOptionsTest} and recorded checkpoints hold to transformers, have to
 * give the same logits.
 */
class GgufOptionsTest {
  private static final int BOOL = 7;

  /** Window, pattern and bases of either kind of block differ from what is as usual. */
  private static final String GEMMA =
      TinyDecoder.SIZES
          + """
          "gemma3_text", "query_pre_attn_scalar": 4, "sliding_window": 4,
          "rope_local_base_freq": 10000.0, "rope_theta": 1000000.0, "layer_types": [%s]}\
          """;

  private static final String WINDOWED = "\"sliding_attention\"";
  private static final String FULL = "\"full_attention\"";

  @TempDir private Path folder;

  private float[] ofHub(String config) {
    return TinyDecoder.logits(TinyDecoder.open(folder, "model.", config));
  }

  private float[] ofGguf(GgufWriter writer) {
    return TinyDecoder.logits(Gguf.open(writer.write(folder.resolve("model.gguf"))));
  }

  private static GgufWriter gemma(String config) {
    return TinyDecoder.gguf("gemma3", config)
        .float32("gemma3.rope.freq_base", 1e6f)
        .uint32("gemma3.attention.sliding_window", 4);
  }

  @Test
  void gemmaListsItsBlocksOrCountsThem() {
    String config = GEMMA.formatted(FULL + ", " + WINDOWED);
    GgufWriter listed =
        gemma(config).array("gemma3.attention.sliding_window_pattern", BOOL, 2, new byte[] {0, 1});
    TinyDecoder.assertFirst(ofHub(config), ofGguf(listed));
    config = GEMMA.formatted(WINDOWED + ", " + FULL);
    GgufWriter counted = gemma(config).uint32("gemma3.attention.sliding_window_pattern", 2);
    TinyDecoder.assertFirst(ofHub(config), ofGguf(counted));
    config = GEMMA.formatted(WINDOWED + ", " + WINDOWED);
    TinyDecoder.assertFirst(ofHub(config), ofGguf(gemma(config)));
  }

  @Test
  void gemmaRefusesAListOfOtherLength() {
    GgufWriter file =
        gemma(GEMMA)
            .array("gemma3.attention.sliding_window_pattern", BOOL, 3, new byte[] {0, 1, 0});
    LanewiseException e = assertThrows(LanewiseException.class, () -> ofGguf(file));
    assertTrue(
        e.getMessage().contains("sliding_window_pattern is a list of 3; it must be one of 2"),
        e.getMessage());
  }

  @Test
  void gemmaWithoutAWindowAttendsToEverything() {
    String config = GEMMA.formatted(FULL + ", " + FULL);
    float[] wanted = ofHub(config);
    TinyDecoder.assertFirst(
        wanted, ofGguf(gemma(config).remove("gemma3.attention.sliding_window")));
    GgufWriter zero = gemma(config).remove("gemma3.attention.sliding_window");
    TinyDecoder.assertFirst(wanted, ofGguf(zero.uint32("gemma3.attention.sliding_window", 0)));
  }

  /** Its heads are 128 wide, but scores are divided by the square root of 168 = 5376 / 32. */
  @Test
  void theLargestGemmaScalesByItsWidth() {
    String sizes =
        TinyDecoder.SIZES
            .replace("layers\": 2", "layers\": 62")
            .replace("head_dim\": 4", "head_dim\": 8");
    String types = String.join(", ", Collections.nCopies(62, FULL));
    String config = GEMMA.replace(TinyDecoder.SIZES, sizes).formatted(types);
    TinyDecoder.assertFirst(
        ofHub(config), ofGguf(gemma(config).remove("gemma3.attention.sliding_window")));
  }

  /** Its converter leaves q and k in the order of adjacent pairs, unlike those of Qwen. */
  @Test
  void smolLm3RotatesAdjacentPairs() {
    String config = TinyDecoder.SIZES + "\"smollm3\", \"rope_theta\": 10000.0}";
    float[] found = ofGguf(TinyDecoder.gguf("smollm3", config));
    // As in Llama: the fourth block is the first one without positions.
    assertArrayEquals(ofGguf(TinyDecoder.gguf("llama", config)), found);
    assertFalse(Arrays.equals(ofGguf(TinyDecoder.gguf()), found), "rotated as in Qwen");
  }

  /** So Phi-4 has it, with the architecture of Phi-3. */
  @Test
  void aWindowOfNoTokensIsNone() {
    String key = "qwen2.attention.sliding_window";
    float[] wanted = ofGguf(TinyDecoder.gguf());
    assertArrayEquals(wanted, ofGguf(TinyDecoder.gguf().uint32(key, 0)));
    float[] windowed = ofGguf(TinyDecoder.gguf().uint32(key, 2));
    assertFalse(Arrays.equals(wanted, windowed), "the window makes no difference");
  }

  /** As files of NVFP4 have them. */
  @Test
  void aScaleBesideAMatrixMultipliesIt() {
    GgufWriter scaled = TinyDecoder.gguf();
    GgufWriter multiplied = TinyDecoder.gguf();
    float[] q = TinyEncoderDecoders.values("model.layers.0.self_attn.q_proj.weight", 16, 16);
    float[] down = TinyEncoderDecoders.values("model.layers.1.mlp.down_proj.weight", 16, 20);
    float[] output = TinyEncoderDecoders.values("output.weight", 24, 16);
    scaled.tensor("blk.0.attn_q.scale", new float[] {4}, 1);
    scaled.tensor("blk.1.ffn_down.scale", new float[] {0.5f}, 1);
    scaled.tensor("output.weight", output, 24, 16).tensor("output.scale", new float[] {2}, 1);
    multiplied.tensor("blk.0.attn_q.weight", times(q, 4), 16, 16);
    multiplied.tensor("blk.1.ffn_down.weight", times(down, 0.5f), 16, 20);
    multiplied.tensor("output.weight", times(output, 2), 24, 16);
    float[] found = ofGguf(scaled);
    assertFalse(Arrays.equals(ofGguf(TinyDecoder.gguf()), found), "ignored");
    TinyDecoder.assertFirst(ofGguf(multiplied), found);
  }

  @Test
  void everyExpertHasAScaleOfItsOwn() {
    float[] scales = {1, 2, 0.5f, 4};
    GgufWriter stacked = TinyMixture.gguf().tensor("blk.0.ffn_up_exps.scale", scales, 4);
    GgufWriter single = TinyMixture.ggufOfMatrices(TinyMixture.QWEN);
    for (int i = 0; i < scales.length; i++) {
      single.tensor("blk.0.ffn_up." + i + ".scale", new float[] {scales[i]}, 1);
    }
    float[] found = ofGguf(stacked);
    assertFalse(Arrays.equals(ofGguf(TinyMixture.gguf()), found), "ignored");
    TinyDecoder.assertFirst(ofGguf(single), found);
  }

  private static float[] times(float[] values, float factor) {
    float[] product = values.clone();
    for (int i = 0; i < product.length; i++) {
      product[i] *= factor;
    }
    return product;
  }
}
