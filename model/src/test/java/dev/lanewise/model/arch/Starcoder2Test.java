package dev.lanewise.model.arch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A tiny StarCoder 2 against Hugging Face's transformers 5.24 with torch 2.15 in float32, which was
 * given the same weights by the same formula ({@link TinyEncoderDecoders#values}).
 */
class Starcoder2Test {
  private static final int DIM = 16;
  private static final int HIDDEN = 20;
  private static final int[] PROMPT = {5, 17, 9, 3, 22, 14, 8, 11, 1};
  private static final int[] GREEDY = {16, 16, 16, 16, 5, 5, 5, 5};
  private static final float[] LOGITS = {
    -3.22971f, -0.961401f, 1.7729f, -1.53689f, -0.629615f, -2.53044f, -4.5905f, 2.15477f,
    -0.807283f, -1.2706f, -5.36246f, 0.691083f, -2.48023f, -5.36499f, 3.29709f, 0.280213f,
    4.38608f, 4.04644f, 2.07612f, -4.66507f, -0.195075f, 0.340849f, 1.02096f, -0.98859f
  };

  private static final String CONFIG =
      """
      {"model_type": "starcoder2", "vocab_size": 24, "hidden_size": 16, "intermediate_size": 20,
       "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
       "hidden_act": "gelu_pytorch_tanh", "max_position_embeddings": 32, "norm_epsilon": 1e-5,
       "rope_theta": 10000.0, "sliding_window": 4, "use_bias": true, "tie_word_embeddings": true}
      """;

  @TempDir private Path folder;

  private CausalModel model(String config) {
    Map<String, int[]> shapes = new TreeMap<>();
    shapes.put("model.embed_tokens.weight", new int[] {24, DIM});
    putWithBias(shapes, "model.norm", DIM);
    for (int i = 0; i < 2; i++) {
      String layer = "model.layers." + i + ".";
      putWithBias(shapes, layer + "input_layernorm", DIM);
      putWithBias(shapes, layer + "self_attn.q_proj", DIM, DIM);
      putWithBias(shapes, layer + "self_attn.k_proj", DIM / 2, DIM);
      putWithBias(shapes, layer + "self_attn.v_proj", DIM / 2, DIM);
      putWithBias(shapes, layer + "self_attn.o_proj", DIM, DIM);
      putWithBias(shapes, layer + "post_attention_layernorm", DIM);
      putWithBias(shapes, layer + "mlp.c_fc", HIDDEN, DIM);
      putWithBias(shapes, layer + "mlp.c_proj", DIM, HIDDEN);
    }
    return Architectures.load(TinyEncoderDecoders.open(folder, config, shapes));
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "[\"sliding_attention\"]"})
  void listsTheTypeOfEveryBlock(String types) {
    String config =
        CONFIG.replace("{\"model_type\"", "{\"layer_types\": " + types + ", \"model_type\"");
    LanewiseException e = assertThrows(LanewiseException.class, () -> model(config));
    assertTrue(e.getMessage().contains("layer_types is a list of"), e.getMessage());
  }

  private static void putWithBias(Map<String, int[]> shapes, String name, int... shape) {
    shapes.put(name + ".weight", shape);
    shapes.put(name + ".bias", new int[] {shape[0]});
  }

  @Test
  void agreesWithTransformers() {
    try (Parallel team = Parallel.of(2)) {
      Kernels kernels = Kernels.best(team);
      CausalModel.Session session = model(CONFIG).newSession(kernels, 32);
      int n = PROMPT.length;
      int[] ids = Arrays.copyOf(PROMPT, n + GREEDY.length);
      float[] logits = session.forward(ids, 0, n);
      for (int i = 0; i < LOGITS.length; i++) {
        assertEquals(LOGITS[i], logits[i], 1e-4f + 1e-4f * Math.abs(LOGITS[i]), "logit " + i);
      }
      for (int i = 0; i < GREEDY.length; i++) {
        ids[n + i] = kernels.argmax(logits, LOGITS.length);
        logits = session.forward(ids, n + i, n + i + 1);
      }
      assertArrayEquals(GREEDY, Arrays.copyOfRange(ids, n, ids.length));
    }
  }
}
