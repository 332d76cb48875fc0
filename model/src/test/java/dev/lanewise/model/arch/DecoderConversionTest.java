package dev.lanewise.model.arch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A converted folder gives the logits that the folder gives. */
class DecoderConversionTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "llama|\"llama\", \"attention_bias\": true, \"mlp_bias\": true",
        "llama|\"llama\", \"rope_scaling\": {\"type\": \"linear\", \"factor\": 2.0}",
        "llama|\"llama\", \"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8.0,"
            + " \"low_freq_factor\": 1.0, \"high_freq_factor\": 4.0,"
            + " \"original_max_position_embeddings\": 16}",
        "llama|\"mistral\", \"sliding_window\": 4",
        "smollm3|\"smollm3\", \"num_hidden_layers\": 4, \"use_sliding_window\": false",
        "qwen2|\"qwen2\", \"rope_theta\": 1000000.0",
        "qwen2|\"qwen2\", \"rope_scaling\": {\"type\": \"yarn\", \"factor\": 4.0,"
            + " \"original_max_position_embeddings\": 8}",
        "gemma|\"gemma\", \"hidden_act\": \"gelu\"",
        "gemma2|\"gemma2\", \"sliding_window\": 4, \"query_pre_attn_scalar\": 4,"
            + " \"attn_logit_softcapping\": 5.0, \"final_logit_softcapping\": 3.0",
        "gemma3|\"gemma3_text\", \"sliding_window\": 4, \"query_pre_attn_scalar\": 4,"
            + " \"rope_theta\": 100000.0, \"rope_local_base_freq\": 1000.0",
        "olmo2|\"olmo2\", \"rope_theta\": 500000.0, \"tie_word_embeddings\": false",
        "olmo2|\"olmo3\", \"sliding_window\": 4, \"num_hidden_layers\": 4,"
            + " \"tie_word_embeddings\": false, \"rope_scaling\": {\"rope_type\": \"yarn\","
            + " \"factor\": 4.0, \"original_max_position_embeddings\": 8,"
            + " \"attention_factor\": 1.1386294361119891}",
        "granite|\"granite\", \"attention_multiplier\": 0.3, \"embedding_multiplier\": 3.0,"
            + " \"residual_multiplier\": 0.5, \"logits_scaling\": 2.0",
      })
  void givesTheSameLogits(String name, String options) {
    int blocks = options.indexOf("\"num_hidden_layers\"");
    String sizes =
        blocks < 0
            ? TinyDecoder.SIZES
            : TinyDecoder.SIZES.replace(
                "\"num_hidden_layers\": 2", options.substring(blocks, blocks + 22));
    String own = options.replaceAll(", \"num_hidden_layers\": \\d", "");
    Checkpoint hub = TinyDecoder.open(folder, "model.", sizes + own + "}");
    Checkpoint converted = DecoderConversion.of(hub);
    assertEquals(name, converted.metadata().string("general.architecture"));
    assertArrayEquals(TinyDecoder.logits(hub), TinyDecoder.logits(converted), 1e-5f);
  }

  private void assertSameLogits(String config, Map<String, int[]> shapes) {
    Checkpoint hub = TinyEncoderDecoders.open(folder, config, shapes);
    Checkpoint converted = DecoderConversion.of(hub);
    assertEquals(shapes.size(), hub.tensors().size());
    assertArrayEquals(TinyDecoder.logits(hub), TinyDecoder.logits(converted), 1e-5f);
  }

  @Test
  void normalisedHeadsOfQwen3Stay() {
    String config = TinyDecoder.SIZES + "\"qwen3\", \"tie_word_embeddings\": true}";
    Map<String, int[]> shapes = TinyDecoder.shapes(config);
    for (int i = 0; i < 2; i++) {
      shapes.put("model.layers." + i + ".self_attn.q_norm.weight", new int[] {4});
      shapes.put("model.layers." + i + ".self_attn.k_norm.weight", new int[] {4});
    }
    assertSameLogits(config, shapes);
  }

  @Test
  void biasesOfQwen2Stay() {
    String config = TinyDecoder.SIZES + "\"qwen2\", \"attention_bias\": true}";
    Map<String, int[]> shapes = TinyDecoder.shapes(config);
    shapes.keySet().removeIf(name -> name.endsWith("o_proj.bias"));
    assertEquals(6, shapes.keySet().stream().filter(name -> name.endsWith(".bias")).count());
    assertSameLogits(config, shapes);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"sliding_window\": 4",
        "\"sliding_window\": null, \"original_max_position_embeddings\": 8, \"rope_scaling\":"
            + " {\"type\": \"longrope\", \"short_factor\": [1.0, 1.5],"
            + " \"long_factor\": [2.0, 5.0]}",
      })
  void stackedMatricesOfPhi3Stay(String options) {
    String config = TinyDecoder.SIZES + "\"phi3\", " + options + "}";
    Map<String, int[]> shapes = TinyDecoder.shapes(config);
    shapes.keySet().removeIf(name -> name.matches(".*\\.(q|k|v|gate|up)_proj\\.weight"));
    for (int i = 0; i < 2; i++) {
      shapes.put("model.layers." + i + ".self_attn.qkv_proj.weight", new int[] {32, 16});
      shapes.put("model.layers." + i + ".mlp.gate_up_proj.weight", new int[] {40, 16});
    }
    assertSameLogits(config, shapes);
  }

  @Test
  void theWindowOfStarcoder2Stays() {
    String config =
        TinyDecoder.SIZES.replace("rms_norm_eps", "norm_epsilon")
            + "\"starcoder2\", \"sliding_window\": 4, \"attention_bias\": true}";
    Map<String, int[]> shapes = TinyDecoder.shapes(config);
    shapes.keySet().removeIf(name -> name.contains(".mlp."));
    for (String norm : List.copyOf(shapes.keySet())) {
      if (norm.contains("norm")) {
        shapes.put(norm.replace(".weight", ".bias"), shapes.get(norm));
      }
    }
    for (int i = 0; i < 2; i++) {
      Goldens.put(shapes, "model.layers." + i + ".mlp.c_fc", 20, 16);
      Goldens.put(shapes, "model.layers." + i + ".mlp.c_proj", 16, 20);
    }
    assertSameLogits(config, shapes);
  }

  @Test
  void transposedMatricesOfGpt2AreTurned() {
    String config =
        """
        {"model_type": "gpt2", "vocab_size": 24, "n_embd": 16, "n_layer": 1, "n_head": 4,
         "n_positions": 32, "n_inner": 20, "layer_norm_epsilon": 1e-5}
        """;
    Map<String, int[]> shapes = new TreeMap<>();
    shapes.put("wte.weight", new int[] {24, 16});
    shapes.put("wpe.weight", new int[] {32, 16});
    Goldens.put(shapes, "ln_f", 16);
    Goldens.put(shapes, "h.0.ln_1", 16);
    Goldens.put(shapes, "h.0.ln_2", 16);
    Map<String, int[]> matrices =
        Map.of(
            "attn.c_attn", new int[] {16, 48},
            "attn.c_proj", new int[] {16, 16},
            "mlp.c_fc", new int[] {16, 20},
            "mlp.c_proj", new int[] {20, 16});
    matrices.forEach(
        (name, shape) -> {
          shapes.put("h.0." + name + ".weight", shape);
          shapes.put("h.0." + name + ".bias", new int[] {shape[1]});
        });
    assertSameLogits(config, shapes);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"qwen2\", \"use_sliding_window\": true, \"sliding_window\": 4,"
            + " \"max_window_layers\": 1|sliding_window is 4, in some blocks",
        "\"smollm3\", \"use_sliding_window\": false, \"no_rope_layers\": [0, 1]|no_rope_layers",
        "\"gemma2\", \"query_pre_attn_scalar\": 7|query_pre_attn_scalar is 7.0, where GGUF",
        "\"gemma2\", \"query_pre_attn_scalar\": 4, \"layer_types\":"
            + " [\"full_attention\", \"sliding_attention\"]|layer_types does not let block 0",
        "\"granite\", \"attention_multiplier\": 0.3, \"rope_scaling\": {\"rope_type\": \"yarn\","
            + " \"factor\": 4.0, \"attention_factor\": 2.0}|attention_factor is 2.0",
        "\"mixtral\", \"num_local_experts\": 4|is 'mixtral', a mixture of experts",
        "\"qwen2\", \"hidden_act\": \"relu\"|hidden_act is 'relu'",
        "\"qwen3\", \"attention_bias\": true|o_proj.bias is none that GGUF files of qwen3 have",
        "\"smollm3\", \"use_sliding_window\": false, \"attention_bias\": true|o_proj.bias is none"
            + " that GGUF files of smollm3",
        "\"gemma\", \"attention_bias\": true|o_proj.bias is none that GGUF files of gemma",
        "\"olmo2\", \"tie_word_embeddings\": true|tie_word_embeddings is true, and olmo2",
        "\"starcoder2\", \"use_bias\": false|use_bias is false",
      })
  void whatAGgufFileWouldTakeOtherwiseIsRefused(String options, String message) {
    Checkpoint hub = TinyDecoder.open(folder, "model.", TinyDecoder.SIZES + options + "}");
    LanewiseException e = assertThrows(LanewiseException.class, () -> DecoderConversion.of(hub));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "model.layers.0.self_attn.rotary_emb.inv_freq, ''",
    "model.layers.0.self_attn.z_proj.weight, self_attn.z_proj.weight is none that GGUF files",
    "model.layers.0.self_attn.q_norm.weight, self_attn.q_norm.weight is none that GGUF files",
    "vision_tower.patch.weight, ''",
  })
  void tensorsThatNoLlamaHasAreRefusedOrLeftOut(String name, String message) {
    String config = TinyDecoder.SIZES + "\"llama\"}";
    Map<String, int[]> shapes = TinyDecoder.shapes(config);
    shapes.put(name, new int[] {4, 4});
    Checkpoint hub = TinyEncoderDecoders.open(folder, config, shapes);
    if (message.isEmpty()) {
      assertEquals(shapes.size() - 1, DecoderConversion.of(hub).tensors().size());
      return;
    }
    LanewiseException e = assertThrows(LanewiseException.class, () -> DecoderConversion.of(hub));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }
}
