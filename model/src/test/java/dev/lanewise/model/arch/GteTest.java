package dev.lanewise.model.arch;

import static dev.lanewise.model.arch.Goldens.assertClose;
import static dev.lanewise.model.arch.Goldens.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.HuggingFace;
import dev.lanewise.model.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A tiny GTE against Hugging Face's transformers 5.24 with torch 2.15 in float32, which was given
 * the same weights by the same formula ({@link TinyEncoderDecoders#values}).
 */
class GteTest {
  private static final int DIM = 16;
  private static final int HIDDEN = 20;
  private static final int VOCAB = 24;
  private static final int[][] IDS = {{1, 17, 9, 3, 22, 14, 8, 11, 2}, {1, 5, 2}};
  private static final int[][] TYPES = {{0, 0, 0, 0, 1, 1, 1, 1, 1}, {0, 1, 1}};

  private static final String SIZES =
      """
       "architectures": ["%s"], "vocab_size": 24, "hidden_size": 16, "intermediate_size": 20,
       "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 32,
       "layer_norm_eps": 1e-12, "hidden_act": "gelu"}
      """;

  /** The keys of transformers; positions are as its class has them. */
  private static final String NEW =
      """
      {"model_type": "gte", "type_vocab_size": %d,
      """
          + SIZES;

  /** Those of the makers' own code. */
  private static final String OLD =
      """
      {"model_type": "new", "type_vocab_size": 0, "position_embedding_type": "rope",
       "rope_theta": 1000, "rope_scaling": {"type": "ntk", "factor": 8.0}, "pack_qkv": true,
       "layer_norm_type": "layer_norm", "logn_attention_scale": false,
       "logn_attention_clip1": false,
      """
          + SIZES;

  private static final float[][] LAST = {
    {
      -1.645769f,
      0.8357008f,
      0.5997341f,
      0.5732128f,
      -1.354998f,
      1.239771f,
      -0.204089f,
      -0.5821809f,
      -1.039025f,
      -0.563524f,
      -1.22282f,
      0.4228992f,
      1.105998f,
      -1.077808f,
      1.23305f,
      0.05121993f
    },
    {
      -1.601626f,
      0.07128549f,
      0.337054f,
      1.625717f,
      -1.223007f,
      1.16575f,
      -0.009766352f,
      -0.5129315f,
      -1.03377f,
      -1.29486f,
      -1.313581f,
      0.2054004f,
      1.651073f,
      -0.9145188f,
      0.9994742f,
      0.4273158f
    }
  };

  /**
   * Transformers has no such scaling: it was given the same frequencies as linear scaling, by 8 to
   * the power of 2 / 4, of positions with a base of 8 · 1000.
   */
  private static final float[][] LAST_SCALED = {
    {
      -0.1004188f,
      -0.5722933f,
      0.2847024f,
      1.457974f,
      -1.228752f,
      -0.9923567f,
      -0.7153458f,
      0.6789977f,
      -0.1232958f,
      -4.087066f,
      1.113384f,
      0.2900581f,
      -0.2249005f,
      -0.3688379f,
      1.700408f,
      -0.2778409f
    },
    {
      0.3250722f,
      -1.021229f,
      1.922038f,
      -0.8154137f,
      0.3351842f,
      1.361557f,
      -1.988765f,
      -0.8655137f,
      0.05749438f,
      -0.06446026f,
      -1.160153f,
      -1.091496f,
      -0.1794781f,
      -0.6097586f,
      0.4064786f,
      0.7536561f
    }
  };

  private static final float[] MASKED = {
    -0.922518f,
    4.451208f,
    0.8726149f,
    -2.404584f,
    2.453984f,
    -4.457073f,
    -2.677465f,
    2.664665f,
    -0.8064416f,
    1.422763f,
    2.763332f,
    2.447971f,
    -1.59516f,
    -1.763908f,
    -3.619666f,
    -1.677356f,
    -1.813029f,
    -1.872583f,
    1.176929f,
    2.174835f,
    -2.447751f,
    -0.4093774f,
    -0.07561028f,
    0.2636318f
  };

  private static final float[] CLASSES = {
    2.532777f, 0.4245693f, 1.764092f, -1.924939f, -1.223508f, 0.4033241f
  };

  @TempDir private Path folder;

  private static Map<String, int[]> shapes(String prefix, int types) {
    Map<String, int[]> shapes = new TreeMap<>();
    shapes.put(prefix + "embeddings.word_embeddings.weight", new int[] {VOCAB, DIM});
    if (types > 0) {
      shapes.put(prefix + "embeddings.token_type_embeddings.weight", new int[] {types, DIM});
    }
    put(shapes, prefix + "embeddings.LayerNorm", DIM);
    for (int i = 0; i < 2; i++) {
      String layer = prefix + "encoder.layer." + i + ".";
      put(shapes, layer + "attention.qkv_proj", 3 * DIM, DIM);
      put(shapes, layer + "attention.o_proj", DIM, DIM);
      put(shapes, layer + "attn_ln", DIM);
      shapes.put(layer + "mlp.up_gate_proj.weight", new int[] {2 * HIDDEN, DIM});
      put(shapes, layer + "mlp.down_proj", DIM, HIDDEN);
      put(shapes, layer + "mlp_ln", DIM);
    }
    return shapes;
  }

  private TextEncoder model(String config, Map<String, int[]> shapes) {
    return Architectures.loadTextEncoder(TinyEncoderDecoders.open(folder, config, shapes));
  }

  private static Encoding encode(TextEncoder model, int[][] types) {
    TokenBatch batch = types == null ? TokenBatch.of(IDS) : TokenBatch.of(IDS, types);
    return model.newSession(Kernels.best(Parallel.of(1))).encode(batch);
  }

  private static void assertLast(float[][] wanted, Encoding encoding) {
    for (int i = 0; i < IDS.length; i++) {
      int token = i * encoding.length() + IDS[i].length - 1;
      assertClose(wanted[i], encoding.hiddenStates(), token * DIM);
    }
  }

  @Test
  void statesAreThoseOfTransformers() {
    TextEncoder model = model(NEW.formatted(2, "GteModel"), shapes("", 2));
    assertEquals(32, model.maxLength());
    assertLast(LAST, encode(model, TYPES));
  }

  @Test
  void filesOfTheMakersScalePositions() {
    TextEncoder model = model(OLD.formatted("NewModel"), shapes("", 0));
    assertEquals(1, model.types());
    assertLast(LAST_SCALED, encode(model, null));
  }

  /** As ONNX files have them: queries, keys and values lie apart, and so does the gate. */
  @Test
  void namesOfTransformersAreTheSame() throws IOException {
    SafetensorsWriter tensors = new SafetensorsWriter();
    shapes("", 2)
        .forEach(
            (name, shape) -> {
              float[] values = TinyEncoderDecoders.values(name, shape);
              String own = transformersName(name);
              if (name.contains("qkv_proj")) {
                putParts(tensors, own, "qkv_proj", values, "q_proj", "k_proj", "v_proj");
              } else if (name.contains("up_gate_proj")) {
                putParts(tensors, own, "up_gate_proj", values, "up_proj", "gate_proj");
              } else {
                tensors.tensor(own, values, shape);
              }
            });
    Files.writeString(folder.resolve("config.json"), NEW.formatted(2, "GteModel"));
    tensors.write(folder.resolve("model.safetensors"));
    TextEncoder model = Architectures.loadTextEncoder(HuggingFace.open(folder));
    assertLast(LAST, encode(model, TYPES));
  }

  private static String transformersName(String name) {
    return name.replace("encoder.layer.", "layers.")
        .replace("attention.", "self_attn.")
        .replace("attn_ln", "post_attention_layernorm")
        .replace("mlp_ln", "post_mlp_layernorm");
  }

  private static void putParts(
      SafetensorsWriter tensors, String name, String whole, float[] values, String... parts) {
    int n = values.length / parts.length;
    for (int i = 0; i < parts.length; i++) {
      int[] shape = name.endsWith(".bias") ? new int[] {n} : new int[] {n / DIM, DIM};
      float[] part = Arrays.copyOfRange(values, i * n, (i + 1) * n);
      tensors.tensor(name.replace(whole, parts[i]), part, shape);
    }
  }

  @Test
  void guessesMaskedTokensAsTransformers() {
    Map<String, int[]> shapes = shapes("new.", 0);
    put(shapes, "lm_head.dense", DIM, DIM);
    put(shapes, "lm_head.norm", DIM);
    shapes.put("lm_head.decoder.bias", new int[] {VOCAB});
    TextEncoder model = model(NEW.formatted(0, "GteForMaskedLM"), shapes);
    assertEquals(HeadKind.MASKED_TOKENS, model.head());
    assertClose(MASKED, encode(model, null).logits(0, 4), 0);
  }

  @Test
  void classifiesTextsAsTransformers() {
    Map<String, int[]> shapes = shapes("new.", 0);
    put(shapes, "new.pooler.dense", DIM, DIM);
    put(shapes, "classifier", 3, DIM);
    TextEncoder model = model(NEW.formatted(0, "GteForSequenceClassification"), shapes);
    assertEquals(HeadKind.SEQUENCE_CLASSES, model.head());
    assertClose(CLASSES, encode(model, null).logits(), 0);
  }

  @ParameterizedTest
  @CsvSource({
    "'\"rope\"', '\"absolute\"', position_embedding_type is 'absolute'; it must be rope",
    "'\"layer_norm\"', '\"rms_norm\"', layer_norm_type is 'rms_norm'; it must be layer_norm",
    "'\"logn_attention_scale\": false', '\"logn_attention_scale\": true', logn_attention_scale is"
        + " true",
    "'\"factor\": 8.0', '\"factor\": 8.0, \"mixed_b\": 0.5', rope_scaling.mixed_b is 0.5; it must"
        + " be null",
    "'\"type_vocab_size\": 0', '\"type_vocab_size\": 1', token_type_embeddings.weight is missing"
  })
  void saysWhatIsWrong(String right, String wrong, String message) {
    String config = OLD.formatted("NewModel").replace(right, wrong);
    LanewiseException e = assertThrows(LanewiseException.class, () -> model(config, shapes("", 0)));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }
}
