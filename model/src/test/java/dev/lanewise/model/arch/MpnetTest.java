package dev.lanewise.model.arch;

import static dev.lanewise.model.arch.Goldens.assertClose;
import static dev.lanewise.model.arch.Goldens.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A tiny MPNet against Hugging Face's transformers 5.24 with torch 2.15 in float32, which was given
 * the same weights by the same formula ({@link TinyEncoderDecoders#values}).
 */
class MpnetTest {
  private static final int DIM = 16;
  private static final int HIDDEN = 20;
  private static final int VOCAB = 24;
  private static final int BUCKETS = 32;
  private static final int[] SHORT = {0, 17, 9, 3, 22, 14, 8, 11, 2};

  /** So long that its ends are further apart than buckets tell. */
  private static final int[] LONG = new int[162];

  static {
    for (int i = 0; i < 160; i++) {
      LONG[i + 1] = (7 * i * i + 3 * i) % 21 + 3;
    }
    LONG[161] = 2;
  }

  private static final String CONFIG =
      """
      {"model_type": "mpnet", "architectures": ["MPNetModel"], "vocab_size": 24, "hidden_size": 16,
       "intermediate_size": 20, "num_hidden_layers": 2, "num_attention_heads": 4,
       "max_position_embeddings": 200, "layer_norm_eps": 1e-12, "hidden_act": "gelu",
       "relative_attention_num_buckets": 32, "pad_token_id": 1}
      """;

  private static final float[] LAST_OF_SHORT = {
    -1.701978f,
    -1.394169f,
    0.7216483f,
    -0.36399f,
    0.5813918f,
    -1.878375f,
    -0.7374016f,
    -0.4517088f,
    0.5076934f,
    1.744504f,
    1.447256f,
    -0.04181458f,
    1.113454f,
    0.6186616f,
    0.1103861f,
    0.2659106f
  };

  private static final float[] LAST_OF_LONG = {
    -0.7236055f,
    -0.8114552f,
    0.3797165f,
    -0.4694551f,
    -0.6302915f,
    -1.124036f,
    -0.2061438f,
    -0.726294f,
    1.591808f,
    1.092532f,
    1.197406f,
    -0.761108f,
    1.28351f,
    0.2042246f,
    0.7357228f,
    0.1238168f
  };

  private static final float[] POOLED_SHORT = {
    -0.8903219f, -0.9996194f, 0.84735f, -0.9990309f, 0.7625686f, 0.9814947f, -0.9507056f,
    0.7761989f, 0.7383549f, -0.7461985f, -0.567863f, -0.9187749f, 0.645188f, -0.9467458f,
    0.9161779f, -0.4794111f
  };

  private static final float[] MASKED = {
    0.5091504f, -1.044024f, -0.8315715f, -2.166267f, 1.381926f, -1.04369f, 2.738429f, -1.328638f,
    -0.8226659f, -0.1657649f, 2.160411f, -2.172619f, 0.8184334f, 1.519742f, 1.655999f, 0.1364128f,
    -0.9734426f, -1.790084f, -1.02441f, -1.279269f, -3.452968f, -0.8355939f, 2.197822f, 0.9428874f
  };

  @TempDir private Path folder;

  private static Map<String, int[]> shapes(String prefix, int buckets) {
    Map<String, int[]> shapes = new TreeMap<>();
    shapes.put(prefix + "embeddings.word_embeddings.weight", new int[] {VOCAB, DIM});
    shapes.put(prefix + "embeddings.position_embeddings.weight", new int[] {200, DIM});
    put(shapes, prefix + "embeddings.LayerNorm", DIM);
    shapes.put(prefix + "encoder.relative_attention_bias.weight", new int[] {buckets, 4});
    for (int i = 0; i < 2; i++) {
      String layer = prefix + "encoder.layer." + i + ".";
      for (String projection : new String[] {"q", "k", "v", "o"}) {
        put(shapes, layer + "attention.attn." + projection, DIM, DIM);
      }
      put(shapes, layer + "attention.LayerNorm", DIM);
      put(shapes, layer + "intermediate.dense", HIDDEN, DIM);
      put(shapes, layer + "output.dense", DIM, HIDDEN);
      put(shapes, layer + "output.LayerNorm", DIM);
    }
    return shapes;
  }

  private TextEncoder model(String modelClass, Map<String, int[]> shapes) {
    String config = CONFIG.replace("MPNetModel", modelClass);
    return Architectures.loadTextEncoder(TinyEncoderDecoders.open(folder, config, shapes));
  }

  private static Encoding encode(TextEncoder model, int[]... ids) {
    return model.newSession(Kernels.best(Parallel.of(1))).encode(TokenBatch.of(ids));
  }

  @Test
  void statesAreThoseOfTransformers() {
    Map<String, int[]> shapes = shapes("", BUCKETS);
    put(shapes, "pooler.dense", DIM, DIM);
    TextEncoder model = model("MPNetModel", shapes);
    assertEquals(198, model.maxLength());
    assertEquals(1, model.types());
    Encoding encoding = encode(model, SHORT, LONG);
    assertClose(LAST_OF_SHORT, encoding.hiddenStates(), (SHORT.length - 1) * DIM);
    int second = encoding.length() * DIM;
    assertClose(LAST_OF_LONG, encoding.hiddenStates(), second + (LONG.length - 1) * DIM);
    assertClose(POOLED_SHORT, encoding.poolerOutput(), 0);
  }

  @Test
  void guessesMaskedTokensAsTransformers() {
    Map<String, int[]> shapes = shapes("mpnet.", BUCKETS);
    put(shapes, "lm_head.dense", DIM, DIM);
    put(shapes, "lm_head.layer_norm", DIM);
    shapes.put("lm_head.bias", new int[] {VOCAB});
    TextEncoder model = model("MPNetForMaskedLM", shapes);
    assertEquals(HeadKind.MASKED_TOKENS, model.head());
    assertClose(MASKED, encode(model, SHORT).logits(0, 4), 0);
  }

  @Test
  void classifiesTextsAsTransformers() {
    Map<String, int[]> shapes = shapes("mpnet.", BUCKETS);
    put(shapes, "classifier.dense", DIM, DIM);
    put(shapes, "classifier.out_proj", 3, DIM);
    float[] logits = {-0.08763254f, 1.993908f, -0.3369375f};
    TextEncoder model = model("MPNetForSequenceClassification", shapes);
    assertClose(logits, encode(model, SHORT).logits(), 0);
  }

  @Test
  void tooFewBucketsAreRefused() {
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> model("MPNetModel", shapes("", 31)));
    assertTrue(
        e.getMessage().contains("relative_attention_bias.weight has 31 rows"), e.getMessage());
  }
}
