package dev.lanewise.model.arch;

import static dev.lanewise.model.arch.Goldens.assertClose;
import static dev.lanewise.model.arch.Goldens.put;
import static dev.lanewise.model.arch.Goldens.putBlock;
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
 * A tiny ELECTRA against Hugging Face's transformers 5.24 with torch 2.15 in float32, which was
 * given the same weights by the same formula ({@link TinyEncoderDecoders#values}).
 */
class ElectraTest {
  private static final int DIM = 16;
  private static final int NARROW = 8;
  private static final int HIDDEN = 20;
  private static final int VOCAB = 24;
  private static final int[] IDS = {2, 17, 9, 3, 22, 14, 3};
  private static final int[] TYPES = {0, 0, 0, 0, 1, 1, 1};

  private static final String CONFIG =
      """
      {"model_type": "electra", "architectures": ["ElectraModel"], "vocab_size": 24,
       "embedding_size": 8, "hidden_size": 16, "intermediate_size": 20, "num_hidden_layers": 2,
       "num_attention_heads": 4, "max_position_embeddings": 32, "pad_token_id": 0}
      """;

  private static final float[] LAST = {
    -2.014204f, -1.016153f, 0.2816354f, 0.388626f, 0.9631736f, 1.068557f, 2.079016f, 0.01058331f,
    0.364329f, -0.6735756f, 0.5828265f, -1.120383f, 0.3620149f, 0.1121936f, -2.313544f, 1.008743f
  };

  private static final float[] LAST_OF_WIDE = {
    -2.113411f,
    -2.101602f,
    0.8696083f,
    0.8650565f,
    0.84231f,
    0.8942924f,
    1.959331f,
    0.2155221f,
    -0.01010541f,
    -0.1387852f,
    0.3300372f,
    -0.8689938f,
    1.043336f,
    -0.1226947f,
    -2.343608f,
    0.1619244f
  };

  private static final float[] MASKED = {
    -1.235615f, -0.8673915f, 2.358755f, -2.352307f, 0.5678408f, -1.710214f, 0.5630733f, -1.073107f,
    -1.737438f, -0.8601276f, -1.398327f, 0.8082891f, 1.184157f, 0.4794285f, -0.2484977f, 0.6985618f,
    0.507777f, 1.022112f, 2.16728f, -1.425852f, -0.9782398f, 0.6329079f, -1.140229f, 1.628068f
  };

  @TempDir private Path folder;

  private static Map<String, int[]> shapes(String prefix, int width) {
    Map<String, int[]> shapes = new TreeMap<>();
    shapes.put(prefix + "embeddings.word_embeddings.weight", new int[] {VOCAB, width});
    shapes.put(prefix + "embeddings.position_embeddings.weight", new int[] {32, width});
    shapes.put(prefix + "embeddings.token_type_embeddings.weight", new int[] {2, width});
    put(shapes, prefix + "embeddings.LayerNorm", width);
    if (width != DIM) {
      put(shapes, prefix + "embeddings_project", DIM, width);
    }
    for (int i = 0; i < 2; i++) {
      String layer = prefix + "encoder.layer." + i + ".";
      for (String projection : new String[] {"query", "key", "value"}) {
        put(shapes, layer + "attention.self." + projection, DIM, DIM);
      }
      putBlock(shapes, layer, DIM, HIDDEN);
    }
    return shapes;
  }

  private TextEncoder model(String modelClass, int width, Map<String, int[]> shapes) {
    String config =
        CONFIG
            .replace("ElectraModel", modelClass)
            .replace("\"embedding_size\": 8", "\"embedding_size\": " + width);
    return Architectures.loadTextEncoder(TinyEncoderDecoders.open(folder, config, shapes));
  }

  private static Encoding encode(TextEncoder model) {
    return model
        .newSession(Kernels.best(Parallel.of(1)))
        .encode(TokenBatch.of(new int[][] {IDS}, new int[][] {TYPES}));
  }

  @Test
  void embeddingsNarrowerThanTheBlocksAreProjected() {
    TextEncoder model = model("ElectraModel", NARROW, shapes("", NARROW));
    assertEquals(32, model.maxLength());
    assertEquals(2, model.types());
    assertClose(LAST, encode(model).hiddenStates(), (IDS.length - 1) * DIM);
  }

  @Test
  void embeddingsAsWideAsTheBlocksAreTakenAsTheyAre() {
    TextEncoder model = model("ElectraModel", DIM, shapes("", DIM));
    assertClose(LAST_OF_WIDE, encode(model).hiddenStates(), (IDS.length - 1) * DIM);
  }

  @Test
  void theDiscriminatorOfThePaperIsAnEncoderWithoutHead() {
    Map<String, int[]> shapes = shapes("electra.", NARROW);
    put(shapes, "discriminator_predictions.dense", DIM, DIM);
    put(shapes, "discriminator_predictions.dense_prediction", 1, DIM);
    TextEncoder model = model("ElectraForPreTraining", NARROW, shapes);
    assertEquals(HeadKind.NONE, model.head());
    encode(model);
  }

  @Test
  void guessesMaskedTokensAsTransformers() {
    Map<String, int[]> shapes = shapes("electra.", NARROW);
    put(shapes, "generator_predictions.dense", NARROW, DIM);
    put(shapes, "generator_predictions.LayerNorm", NARROW);
    shapes.put("generator_lm_head.bias", new int[] {VOCAB});
    TextEncoder model = model("ElectraForMaskedLM", NARROW, shapes);
    assertEquals(HeadKind.MASKED_TOKENS, model.head());
    assertClose(MASKED, encode(model).logits(0, 4), 0);
  }

  @Test
  void classifiesTextsAsTransformers() {
    Map<String, int[]> shapes = shapes("electra.", NARROW);
    put(shapes, "classifier.dense", DIM, DIM);
    put(shapes, "classifier.out_proj", 3, DIM);
    float[] logits = {1.795525f, -1.215786f, -5.45169f};
    TextEncoder model = model("ElectraForSequenceClassification", NARROW, shapes);
    assertClose(logits, encode(model).logits(), 0);
  }

  @Test
  void classifiesTokensAsTransformers() {
    Map<String, int[]> shapes = shapes("electra.", NARROW);
    put(shapes, "classifier", 3, DIM);
    float[] logits = {-0.6075748f, 2.665516f, 1.793621f};
    TextEncoder model = model("ElectraForTokenClassification", NARROW, shapes);
    assertEquals(HeadKind.TOKEN_CLASSES, model.head());
    assertClose(logits, encode(model).logits(0, 2), 0);
  }

  @Test
  void embeddingsWiderThanTheBlocksAreRefused() {
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> model("ElectraModel", 24, shapes("", 24)));
    assertTrue(e.getMessage().contains("embedding_size is 24"), e.getMessage());
  }
}
