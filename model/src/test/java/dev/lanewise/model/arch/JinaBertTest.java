package dev.lanewise.model.arch;

import static dev.lanewise.model.arch.Goldens.assertClose;
import static dev.lanewise.model.arch.Goldens.put;
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
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A tiny BERT like Jina's against its formulas in torch 2.15 in float32, given the same weights by
 * the same formula ({@link TinyEncoderDecoders#values}). What llama.cpp makes of it as a GGUF file,
 * with all tokens of type 0, differs from theirs by no more than 6e-4, for it takes GELU from a
 * table.
 */
class JinaBertTest {
  private static final int DIM = 16;
  private static final int HIDDEN = 20;
  private static final int VOCAB = 24;
  private static final int[][] IDS = {{1, 17, 9, 3, 22, 14, 8, 11, 2}, {1, 5, 2}};
  private static final int[][] TYPES = {{0, 0, 0, 0, 1, 1, 1, 1, 1}, {0, 1, 1}};

  private static final String CONFIG =
      """
      {"model_type": "bert", "architectures": ["JinaBertForMaskedLM"], "vocab_size": 24,
       "hidden_size": 16, "intermediate_size": 20, "num_hidden_layers": 2,
       "num_attention_heads": 4, "max_position_embeddings": 32, "layer_norm_eps": 1e-12,
       "hidden_act": "gelu", "type_vocab_size": 2, "position_embedding_type": "alibi",
       "feed_forward_type": "geglu"}
      """;

  private static final float[][] GELU = {
    {
      0.04740686f,
      -1.200652f,
      0.04261371f,
      -0.7547974f,
      0.8843373f,
      0.6347792f,
      -0.7448224f,
      -0.4528473f,
      -1.644826f,
      -1.675877f,
      -1.187839f,
      1.059058f,
      0.2243363f,
      2.146109f,
      1.522877f,
      1.318592f
    },
    {
      0.9231724f,
      1.919568f,
      2.66107f,
      -1.66005f,
      -1.748885f,
      -0.3044636f,
      0.372415f,
      0.2708628f,
      0.4285087f,
      0.3208062f,
      0.9888166f,
      -0.3500021f,
      -0.3362409f,
      -0.3636836f,
      -1.470615f,
      -1.194108f
    }
  };

  private static final float[][] RELU = {
    {
      -0.2499864f,
      -1.023333f,
      -0.0901219f,
      0.1904031f,
      0.9069333f,
      0.3677682f,
      -1.08594f,
      -0.4304584f,
      -0.7904777f,
      -1.650112f,
      -1.536559f,
      1.289422f,
      0.2574703f,
      1.718472f,
      1.512918f,
      1.50178f
    },
    {
      1.028162f,
      1.851206f,
      2.695228f,
      -1.526059f,
      -1.519285f,
      -0.3950122f,
      0.4026932f,
      0.437905f,
      0.1573909f,
      0.2086972f,
      1.161711f,
      -0.5349515f,
      -0.7930357f,
      -0.4116681f,
      -1.067283f,
      -1.494675f
    }
  };

  private static final float[] MASKED = {
    -1.96734f,
    -1.993092f,
    0.6241684f,
    -1.315272f,
    1.636461f,
    2.227709f,
    0.3731191f,
    1.331449f,
    0.803161f,
    -0.4311833f,
    -0.6453325f,
    1.51633f,
    1.561205f,
    0.281773f,
    0.402799f,
    -1.331231f,
    1.054914f,
    -1.078029f,
    1.46069f,
    1.181726f,
    1.15461f,
    -2.277188f,
    2.828598f,
    0.9157802f
  };

  @TempDir private Path folder;

  private static Map<String, int[]> shapes() {
    Map<String, int[]> shapes = new TreeMap<>();
    shapes.put("bert.embeddings.word_embeddings.weight", new int[] {VOCAB, DIM});
    shapes.put("bert.embeddings.token_type_embeddings.weight", new int[] {2, DIM});
    put(shapes, "bert.embeddings.LayerNorm", DIM);
    for (int i = 0; i < 2; i++) {
      String layer = "bert.encoder.layer." + i + ".";
      for (String projection : new String[] {"query", "key", "value"}) {
        put(shapes, layer + "attention.self." + projection, DIM, DIM);
      }
      put(shapes, layer + "attention.output.dense", DIM, DIM);
      put(shapes, layer + "attention.output.LayerNorm", DIM);
      shapes.put(layer + "mlp.gated_layers.weight", new int[] {2 * HIDDEN, DIM});
      put(shapes, layer + "mlp.wo", DIM, HIDDEN);
      put(shapes, layer + "mlp.layernorm", DIM);
    }
    return shapes;
  }

  private TextEncoder model(String config, Map<String, int[]> shapes) {
    return Architectures.loadTextEncoder(TinyEncoderDecoders.open(folder, config, shapes));
  }

  private static Encoding encode(TextEncoder model) {
    return model.newSession(Kernels.best(Parallel.of(1))).encode(TokenBatch.of(IDS, TYPES));
  }

  @ParameterizedTest
  @CsvSource({"geglu", "reglu"})
  void statesAreThoseOfTheFormulas(String feedForward) {
    TextEncoder model = model(CONFIG.replace("geglu", feedForward), shapes());
    assertEquals(32, model.maxLength());
    Encoding encoding = encode(model);
    float[][] wanted = feedForward.equals("geglu") ? GELU : RELU;
    for (int i = 0; i < IDS.length; i++) {
      int token = i * encoding.length() + IDS[i].length - 1;
      assertClose(wanted[i], encoding.hiddenStates(), token * DIM);
    }
  }

  @Test
  void guessesMaskedTokens() {
    Map<String, int[]> shapes = shapes();
    put(shapes, "cls.predictions.transform.dense", DIM, DIM);
    put(shapes, "cls.predictions.transform.LayerNorm", DIM);
    shapes.put("cls.predictions.bias", new int[] {VOCAB});
    TextEncoder model = model(CONFIG, shapes);
    assertEquals(HeadKind.MASKED_TOKENS, model.head());
    assertClose(MASKED, encode(model).logits(0, 4), 0);
  }

  private static GgufWriter gguf() {
    String name = "jina-bert-v2";
    GgufWriter writer =
        new GgufWriter()
            .string("general.architecture", name)
            .uint32(name + ".context_length", 32)
            .uint32(name + ".embedding_length", DIM)
            .uint32(name + ".feed_forward_length", HIDDEN)
            .uint32(name + ".block_count", 2)
            .uint32(name + ".attention.head_count", 4)
            .bool(name + ".attention.causal", false)
            .float32(name + ".attention.layer_norm_epsilon", 1e-12f)
            .uint32("tokenizer.ggml.token_type_count", 2);
    TinyEncoderDecoders.put(writer, shapes(), JinaBertTest::ggufName);
    return writer;
  }

  private static String ggufName(String name) {
    return name.replace("bert.embeddings.word_embeddings", "token_embd")
        .replace("bert.embeddings.token_type_embeddings", "token_types")
        .replace("bert.embeddings.LayerNorm", "token_embd_norm")
        .replace("bert.encoder.layer", "blk")
        .replace("attention.self.query", "attn_q")
        .replace("attention.self.key", "attn_k")
        .replace("attention.self.value", "attn_v")
        .replace("attention.output.dense", "attn_output")
        .replace("attention.output.LayerNorm", "attn_output_norm")
        .replace("mlp.gated_layers", "ffn_up")
        .replace("mlp.wo", "ffn_down")
        .replace("mlp.layernorm", "layer_output_norm");
  }

  @Test
  void ofGgufIsTheSame() {
    float[] wanted = encode(model(CONFIG, shapes())).hiddenStates();
    Path file = gguf().write(folder.resolve("model.gguf"));
    TextEncoder model = Architectures.loadTextEncoder(Gguf.open(file));
    assertArrayEquals(wanted, encode(model).hiddenStates());
  }

  @Test
  void aModelForCodeIsRefused() {
    Path file =
        gguf()
            .tensor("blk.1.attn_q_norm.weight", new float[DIM], DIM)
            .write(folder.resolve("code.gguf"));
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> Architectures.loadTextEncoder(Gguf.open(file)));
    assertTrue(
        e.getMessage().contains("tensor blk.1.attn_q_norm.weight is of a model for code"),
        e.getMessage());
  }

  @Test
  void aPlainFeedForwardLayerIsRefused() {
    LanewiseException e =
        assertThrows(
            LanewiseException.class, () -> model(CONFIG.replace("geglu", "original"), shapes()));
    assertTrue(e.getMessage().contains("feed_forward_type is 'original'"), e.getMessage());
  }
}
