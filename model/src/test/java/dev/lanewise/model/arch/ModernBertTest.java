package dev.lanewise.model.arch;

import static dev.lanewise.model.arch.Goldens.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Gguf;
import dev.lanewise.model.checkpoint.GgufWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A tiny ModernBERT against Hugging Face's transformers 5.24 with torch 2.15 in float32, which was
 * given the same weights by the same formula ({@link TinyEncoderDecoders#values}). Of its four
 * blocks the second and third have a window of two tokens on either side.
 */
class ModernBertTest {
  private static final int DIM = 16;
  private static final int HIDDEN = 20;
  private static final int LAYERS = 4;
  private static final int VOCAB = 24;
  private static final int[][] IDS = {{1, 17, 9, 3, 22, 14, 8, 11, 2}, {1, 5, 2}};

  private static final String CONFIG =
      """
      {"model_type": "modernbert", "vocab_size": 24, "hidden_size": 16, "intermediate_size": 20,
       "num_hidden_layers": 4, "num_attention_heads": 4, "max_position_embeddings": 32,
       "local_attention": 4, "norm_eps": 1e-5, "hidden_activation": "gelu", %s,
       "architectures": ["%s"]}
      """;

  /** As the first models of the hub put it, and as newer ones do. */
  private static final String OLD =
      "\"global_rope_theta\": 160000.0, \"local_rope_theta\": 10000.0,"
          + "\"global_attn_every_n_layers\": 3, \"position_embedding_type\": \"sans_pos\","
          + "\"layer_norm_eps\": 0.5";

  private static final String NEW =
      """
      "rope_parameters": {"full_attention": {"rope_theta": 160000.0, "rope_type": "default"},
       "sliding_attention": {"rope_theta": 10000.0, "rope_type": "default"}},
      "layer_types": ["full_attention", "sliding_attention", "sliding_attention",
       "full_attention"]\
      """;

  private static final float[] MASKED = {
    -0.1227333f,
    -1.814694f,
    -1.131039f,
    0.857713f,
    -1.060256f,
    -1.825323f,
    -0.05654031f,
    0.9298975f,
    -0.8716512f,
    -1.509921f,
    -1.23346f,
    -0.6906675f,
    -2.556243f,
    -3.027616f,
    3.157372f,
    0.4160269f,
    0.08911976f,
    0.1056797f,
    0.5136458f,
    2.46156f,
    -0.221217f,
    -1.817234f,
    -2.886015f,
    -0.4327471f
  };

  @TempDir private Path folder;

  /** Tensors of the blocks; the head's are added. */
  private static Map<String, int[]> shapes(boolean biases) {
    Map<String, int[]> shapes = new TreeMap<>();
    put(shapes, false, "model.embeddings.tok_embeddings", VOCAB, DIM);
    put(shapes, biases, "model.embeddings.norm", DIM);
    put(shapes, biases, "model.final_norm", DIM);
    put(shapes, biases, "head.norm", DIM);
    put(shapes, biases, "head.dense", DIM, DIM);
    for (int i = 0; i < LAYERS; i++) {
      String layer = "model.layers." + i + ".";
      if (i > 0) {
        put(shapes, biases, layer + "attn_norm", DIM);
      }
      put(shapes, biases, layer + "attn.Wqkv", 3 * DIM, DIM);
      put(shapes, biases, layer + "attn.Wo", DIM, DIM);
      put(shapes, biases, layer + "mlp_norm", DIM);
      put(shapes, biases, layer + "mlp.Wi", 2 * HIDDEN, DIM);
      put(shapes, biases, layer + "mlp.Wo", DIM, HIDDEN);
    }
    return shapes;
  }

  private static void put(Map<String, int[]> shapes, boolean bias, String name, int... shape) {
    shapes.put(name + ".weight", shape);
    if (bias) {
      shapes.put(name + ".bias", new int[] {shape[0]});
    }
  }

  private TextEncoder model(String config, Map<String, int[]> shapes) {
    return Architectures.loadTextEncoder(TinyEncoderDecoders.open(folder, config, shapes));
  }

  private TextEncoder withClasses(String config, boolean biases) {
    Map<String, int[]> shapes = shapes(biases);
    put(shapes, true, "classifier", 3, DIM);
    return model(config, shapes);
  }

  private static Encoding encode(TextEncoder model) {
    return model.newSession(Kernels.best(Parallel.of(1))).encode(TokenBatch.of(IDS));
  }

  @ParameterizedTest
  @ValueSource(strings = {OLD, NEW})
  void guessesMaskedTokensAsTransformers(String layers) {
    Map<String, int[]> shapes = shapes(false);
    shapes.put("decoder.bias", new int[] {VOCAB});
    TextEncoder model = model(CONFIG.formatted(layers, "ModernBertForMaskedLM"), shapes);
    assertEquals(HeadKind.MASKED_TOKENS, model.head());
    assertClose(MASKED, encode(model).logits(0, 4), 0);
  }

  @ParameterizedTest
  @CsvSource({
    "mean, 0.9310281, 3.152654, 3.101105, 0.1541378, -1.826846, -0.01381543",
    "cls, 0.03278118, 1.01733, -1.797978, 0.6621041, -2.061766, -0.07251748"
  })
  void classifiesTextsAsTransformers(
      String pooling, float a, float b, float c, float d, float e, float f) {
    String head = OLD + ", \"classifier_pooling\": \"" + pooling + "\"";
    String config = CONFIG.formatted(head, "ModernBertForSequenceClassification");
    TextEncoder model = withClasses(config, false);
    assertEquals(HeadKind.SEQUENCE_CLASSES, model.head());
    assertClose(new float[] {a, b, c, d, e, f}, encode(model).logits(), 0);
  }

  @Test
  void tagsTokensWithBiasesEverywhereAsTransformers() {
    String config = CONFIG.formatted(NEW, "ModernBertForTokenClassification");
    float[] logits = {
      0.1389276f,
      -0.93248f,
      0.6046388f,
      0.3373962f,
      -0.1581617f,
      -0.2000033f,
      1.730611f,
      1.069222f,
      -0.5857069f
    };
    assertClose(logits, encode(withClasses(config, true)).logits(), 0);
  }

  @Test
  void ofGgufIsTheSame() {
    String config = CONFIG.formatted(NEW, "ModernBertForSequenceClassification");
    String mean =
        config.replace("{\"model_type\"", "{\"classifier_pooling\": \"mean\", \"model_type\"");
    float[] wanted = Arrays.copyOf(encode(withClasses(mean, false)).logits(), 6);
    String name = "modern-bert";
    GgufWriter writer =
        new GgufWriter()
            .string("general.architecture", name)
            .uint32(name + ".context_length", 32)
            .uint32(name + ".embedding_length", DIM)
            .uint32(name + ".feed_forward_length", HIDDEN)
            .uint32(name + ".block_count", LAYERS)
            .uint32(name + ".attention.head_count", 4)
            .uint32(name + ".attention.sliding_window", 4)
            .float32(name + ".attention.layer_norm_epsilon", 1e-5f)
            .float32(name + ".rope.freq_base", 160_000)
            .string(name + ".rope.scaling.type", "none")
            .uint32(name + ".classifier.pooling_type", 1);
    Map<String, int[]> shapes = shapes(false);
    put(shapes, true, "classifier", 3, DIM);
    TinyEncoderDecoders.put(writer, shapes, ModernBertTest::ggufName);
    Path file = folder.resolve("model.gguf");
    writer.write(file);
    TextEncoder model = Architectures.loadTextEncoder(Gguf.open(file));
    assertArrayEquals(wanted, Arrays.copyOf(encode(model).logits(), 6));
  }

  private static String ggufName(String name) {
    return name.replace("model.embeddings.tok_embeddings", "token_embd")
        .replace("model.embeddings.norm", "token_embd_norm")
        .replace("model.final_norm", "output_norm")
        .replace("head.dense", "cls")
        .replace("head.norm", "cls.norm")
        .replace("classifier", "cls.output")
        .replace("model.layers", "blk")
        .replace("attn.Wqkv", "attn_qkv")
        .replace("attn.Wo", "attn_output")
        .replace("mlp_norm", "ffn_norm")
        .replace("mlp.Wi", "ffn_up")
        .replace("mlp.Wo", "ffn_down");
  }

  @ParameterizedTest
  @CsvSource({
    "local_attention, 4, -1, local_attention is -1",
    "full_attention, 160000.0, 1e99, rope_theta is 1.0E99",
    "layer_types, \"full_attention\", \"full_attention\"‚ \"x\", layer_types is a list of 5",
    "classifier_pooling, \"cls\", \"max\", classifier_pooling is 'max'; it must be cls or mean",
    "norm_eps, 1e-5, 0, norm_eps is 0"
  })
  void saysWhatIsWrong(String key, String value, String wrong, String message) {
    String head = NEW + ", \"classifier_pooling\": \"cls\"";
    String right = CONFIG.formatted(head, "ModernBertForSequenceClassification");
    String config = changed(right, key, value, wrong.replace('‚', ','));
    LanewiseException e = assertThrows(LanewiseException.class, () -> withClasses(config, false));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  @Test
  void positionsScaledInAllBlocksAreRefused() {
    String scaled = OLD + ", \"rope_scaling\": {\"type\": \"linear\", \"factor\": 2.0}";
    String config = CONFIG.formatted(scaled, "ModernBertForSequenceClassification");
    LanewiseException e = assertThrows(LanewiseException.class, () -> withClasses(config, false));
    assertTrue(e.getMessage().contains("rope_scaling.type is set"), e.getMessage());
  }

  private static String changed(String config, String key, String value, String wrong) {
    int at = config.indexOf(value, config.indexOf("\"" + key + "\""));
    return config.substring(0, at) + wrong + config.substring(at + value.length());
  }
}
