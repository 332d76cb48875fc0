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
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A tiny Nomic BERT against Hugging Face's transformers 5.24 with torch 2.15 in float32, which was
 * given the same weights by the same formula ({@link TinyEncoderDecoders#values}).
 */
class NomicBertTest {
  private static final int DIM = 16;
  private static final int HIDDEN = 20;
  private static final int LAYERS = 2;
  private static final int VOCAB = 24;
  private static final int[][] IDS = {{1, 17, 9, 3, 22, 14, 8, 11, 2}, {1, 5, 2}};
  private static final int[][] TYPES = {{0, 0, 0, 0, 1, 1, 1, 1, 1}, {0, 1, 1}};

  /** The keys of Nomic's own code. */
  private static final String OLD =
      """
      {"model_type": "nomic_bert", "architectures": ["%s"], "vocab_size": 24, "n_embd": 16,
       "n_inner": 20, "n_layer": 2, "n_head": 4, "n_positions": 32, "type_vocab_size": 2,
       "activation_function": "swiglu", "layer_norm_epsilon": 1e-12, "rotary_emb_base": 1000,
       "rotary_emb_fraction": 1.0, "rotary_emb_interleaved": false, "rotary_emb_scale_base": null,
       "rotary_scaling_factor": null, "prenorm": false, "use_rms_norm": false,
       "parallel_block": false, "qkv_proj_bias": false, "causal": false}
      """;

  /** Those of transformers. */
  private static final String NEW =
      """
      {"model_type": "nomic_bert", "architectures": ["%s"], "vocab_size": 24, "hidden_size": 16,
       "intermediate_size": 20, "num_hidden_layers": 2, "num_attention_heads": 4,
       "max_position_embeddings": 32, "layer_norm_eps": 1e-12,
       "rope_parameters": {"rope_theta": 1000.0, "rope_type": "default"}}
      """;

  private static final float[][] LAST = {
    {
      -0.08199474f, -0.4381636f, -0.2740571f, -1.187142f, 1.032984f, -0.4092721f, -2.17952f,
      -1.058439f, -0.07013524f, -0.5289686f, 0.7437059f, 0.977107f, 2.019502f, -0.794786f,
      0.2924107f, -0.3072118f
    },
    {
      -1.552825f, -1.119152f, -0.1307686f, 1.39883f, -0.4660846f, -0.503447f, 1.815459f,
      0.4466843f, -1.380219f, -0.6868441f, -0.1269964f, -0.9880936f, 1.902152f, 0.438811f,
      -0.2988684f, 1.199528f
    }
  };

  private static final float[] MASKED = {
    -1.083771f,
    -1.097829f,
    1.038013f,
    1.042538f,
    0.1448203f,
    -2.861248f,
    -0.8494714f,
    1.013799f,
    -0.9708347f,
    -0.09557629f,
    3.264268f,
    -1.289233f,
    1.049762f,
    -1.103675f,
    -0.2154286f,
    -0.2699944f,
    0.3277548f,
    -2.571459f,
    -0.7525802f,
    0.9734473f,
    2.10499f,
    0.3870168f,
    -1.797372f,
    0.803772f
  };

  private static final float[] MASKED_WITHOUT_BIASES = {
    -1.117432f,
    -0.9361526f,
    0.9466228f,
    0.5183805f,
    0.4537354f,
    -3.414736f,
    -0.09511737f,
    1.699608f,
    -2.117393f,
    -0.5041205f,
    3.739676f,
    -1.29978f,
    0.5800465f,
    -0.6165052f,
    -0.1878029f,
    0.6206492f,
    0.2895012f,
    -2.003853f,
    -0.8330262f,
    0.7137837f,
    1.257654f,
    0.4661103f,
    -2.377868f,
    0.9880064f
  };

  @TempDir private Path folder;

  private static Map<String, int[]> shapes(String prefix) {
    Map<String, int[]> shapes = new TreeMap<>();
    shapes.put(prefix + "embeddings.word_embeddings.weight", new int[] {VOCAB, DIM});
    shapes.put(prefix + "embeddings.token_type_embeddings.weight", new int[] {2, DIM});
    putNorm(shapes, prefix + "emb_ln");
    for (int i = 0; i < LAYERS; i++) {
      String layer = prefix + "encoder.layers." + i + ".";
      shapes.put(layer + "attn.Wqkv.weight", new int[] {3 * DIM, DIM});
      shapes.put(layer + "attn.out_proj.weight", new int[] {DIM, DIM});
      shapes.put(layer + "mlp.fc11.weight", new int[] {HIDDEN, DIM});
      shapes.put(layer + "mlp.fc12.weight", new int[] {HIDDEN, DIM});
      shapes.put(layer + "mlp.fc2.weight", new int[] {DIM, HIDDEN});
      putNorm(shapes, layer + "norm1");
      putNorm(shapes, layer + "norm2");
    }
    return shapes;
  }

  private static void putNorm(Map<String, int[]> shapes, String name) {
    shapes.put(name + ".weight", new int[] {DIM});
    shapes.put(name + ".bias", new int[] {DIM});
  }

  private TextEncoder model(String config, Map<String, int[]> shapes) {
    return Architectures.loadTextEncoder(TinyEncoderDecoders.open(folder, config, shapes));
  }

  private static Encoding encode(TextEncoder model, int[][] types) {
    TokenBatch batch = types == null ? TokenBatch.of(IDS) : TokenBatch.of(IDS, types);
    return model.newSession(Kernels.best(Parallel.of(1))).encode(batch);
  }

  private static void assertLast(Encoding encoding) {
    for (int i = 0; i < IDS.length; i++) {
      int token = i * encoding.length() + IDS[i].length - 1;
      assertClose(LAST[i], encoding.hiddenStates(), token * DIM);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {OLD, NEW})
  void statesAreThoseOfTransformers(String config) {
    assertLast(encode(model(config.formatted("NomicBertModel"), shapes("")), TYPES));
  }

  /** By the names of transformers, which ONNX files have, queries, keys and values lie apart. */
  @Test
  void namesOfTransformersAreTheSame() throws IOException {
    SafetensorsWriter tensors = new SafetensorsWriter();
    shapes("")
        .forEach(
            (name, shape) -> {
              float[] values = TinyEncoderDecoders.values(name, shape);
              String own = transformersName(name);
              if (!name.contains("Wqkv")) {
                tensors.tensor(own, values, shape);
                return;
              }
              for (int i = 0; i < 3; i++) {
                int n = DIM * DIM;
                tensors.tensor(
                    own.replace("attn.Wqkv", "self_attn." + "qkv".charAt(i) + "_proj"),
                    Arrays.copyOfRange(values, i * n, (i + 1) * n),
                    DIM,
                    DIM);
              }
            });
    Files.writeString(folder.resolve("config.json"), NEW.formatted("NomicBertModel"));
    tensors.write(folder.resolve("model.safetensors"));
    assertLast(encode(Architectures.loadTextEncoder(HuggingFace.open(folder)), TYPES));
  }

  private static String transformersName(String name) {
    return name.replace("emb_ln", "embeddings.LayerNorm")
        .replace("encoder.layers", "layers")
        .replace("attn.out_proj", "self_attn.o_proj")
        .replace("mlp.fc11", "mlp.up_proj")
        .replace("mlp.fc12", "mlp.gate_proj")
        .replace("mlp.fc2", "mlp.down_proj")
        .replace("norm1", "post_attention_layernorm")
        .replace("norm2", "post_mlp_layernorm");
  }

  /** Those of Nomic's own head are not there. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void guessesMaskedTokensAsTransformers(boolean biases) {
    Map<String, int[]> shapes = shapes("nomic_bert.");
    String transform = "cls.predictions.transform.";
    shapes.put(transform + "dense.weight", new int[] {DIM, DIM});
    putNorm(shapes, transform + "layer_norm");
    if (biases) {
      shapes.put(transform + "dense.bias", new int[] {DIM});
      shapes.put("cls.predictions.bias", new int[] {VOCAB});
    }
    TextEncoder model = model(NEW.formatted("NomicBertForMaskedLM"), shapes);
    assertEquals(HeadKind.MASKED_TOKENS, model.head());
    float[] wanted = biases ? MASKED : MASKED_WITHOUT_BIASES;
    assertClose(wanted, encode(model, null).logits(0, 4), 0);
  }

  @Test
  void ofGgufIsTheSame() {
    float[] wanted =
        encode(model(OLD.formatted("NomicBertModel"), shapes("")), TYPES).hiddenStates();
    String name = "nomic-bert";
    GgufWriter writer =
        new GgufWriter()
            .string("general.architecture", name)
            .uint32(name + ".context_length", 32)
            .uint32(name + ".embedding_length", DIM)
            .uint32(name + ".feed_forward_length", HIDDEN)
            .uint32(name + ".block_count", LAYERS)
            .uint32(name + ".attention.head_count", 4)
            .bool(name + ".attention.causal", false)
            .float32(name + ".attention.layer_norm_epsilon", 1e-12f)
            .float32(name + ".rope.freq_base", 1000)
            .uint32("tokenizer.ggml.token_type_count", 2);
    TinyEncoderDecoders.put(writer, shapes(""), NomicBertTest::ggufName);
    Path file = folder.resolve("model.gguf");
    writer.write(file);
    Encoding encoding = encode(Architectures.loadTextEncoder(Gguf.open(file)), TYPES);
    assertArrayEquals(wanted, encoding.hiddenStates());
  }

  private static String ggufName(String name) {
    return name.replace("embeddings.word_embeddings", "token_embd")
        .replace("embeddings.token_type_embeddings", "token_types")
        .replace("emb_ln", "token_embd_norm")
        .replace("encoder.layers", "blk")
        .replace("attn.Wqkv", "attn_qkv")
        .replace("attn.out_proj", "attn_output")
        .replace("mlp.fc11", "ffn_up")
        .replace("mlp.fc12", "ffn_gate")
        .replace("mlp.fc2", "ffn_down")
        .replace("norm1", "attn_output_norm")
        .replace("norm2", "layer_output_norm");
  }

  @ParameterizedTest
  @CsvSource({
    "\"prenorm\": false, \"prenorm\": true, prenorm is true; it must be false",
    "\"swiglu\", \"gelu\", 'activation_function is ''gelu''; it must be glu, geglu or swiglu'",
    "\"rotary_scaling_factor\": null, \"rotary_scaling_factor\": 2, rotary_scaling_factor is 2",
    "'\"swiglu\"', '\"gelu\", \"moe_every_n_layers\": 2', mixtures of experts do not run"
  })
  void refusesWhatItsOwnCodeCouldDoBesides(String right, String wrong, String message) {
    String config = OLD.formatted("NomicBertModel").replace(right, wrong);
    LanewiseException e = assertThrows(LanewiseException.class, () -> model(config, shapes("")));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }
}
