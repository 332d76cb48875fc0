package dev.lanewise.model.arch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.GgufWriter;
import dev.lanewise.model.checkpoint.HuggingFace;
import dev.lanewise.model.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A decoder of a few blocks with rotary positions and gated layers, whose weights follow from the
 * hub's names of its tensors ({@link TinyEncoderDecoders#values}).
 */
public final class TinyDecoder {
  private static final int DIM = 16;
  private static final int HIDDEN = 20;

  /** Tokens whose logits are compared. */
  static final int[] PROMPT = {5, 17, 9, 3, 22, 14, 8, 11, 1};

  /** The beginning of a {@code config.json}; the name of the architecture comes next. */
  public static final String SIZES =
      """
      {"vocab_size": 24, "hidden_size": 16, "intermediate_size": 20, "num_hidden_layers": 2,
       "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 4, "rms_norm_eps": 1e-6,
       "max_position_embeddings": 32, "model_type":
      """;

  private TinyDecoder() {}

  /**
   * Writes and opens a folder.
   *
   * @param prefix of the names of all tensors
   */
  static Checkpoint open(Path folder, String prefix, String config) {
    return open(folder, name -> name.replace("model.", prefix), config);
  }

  /** Writes and opens a folder whose tensors are called otherwise. */
  static Checkpoint open(Path folder, UnaryOperator<String> renaming, String config) {
    return HuggingFace.open(write(folder, renaming, config));
  }

  /**
   * Writes a folder whose tensors are called otherwise; with a head for three classes, or for
   * answers, if the configuration names one.
   */
  public static Path write(Path folder, UnaryOperator<String> renaming, String config) {
    SafetensorsWriter tensors = new SafetensorsWriter();
    shapes(config)
        .forEach(
            (name, shape) ->
                tensors.tensor(
                    renaming.apply(name), TinyEncoderDecoders.values(name, shape), shape));
    tensors.write(folder.resolve("model.safetensors"));
    try {
      Files.writeString(folder.resolve("config.json"), config);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return folder;
  }

  /** The same as a GGUF file of Qwen 2, whose rotated pairs are those of the hub. */
  public static GgufWriter gguf() {
    return gguf("qwen2", SIZES);
  }

  /** The decoder of a {@code config.json} as a GGUF file of an architecture. */
  static GgufWriter gguf(String architecture, String config) {
    boolean gemma = architecture.startsWith("gemma");
    Map<String, int[]> shapes = shapes(config);
    boolean normsBehind = shapes.keySet().stream().anyMatch(name -> name.contains("post_feedf"));
    GgufWriter writer =
        new GgufWriter()
            .string("general.architecture", architecture)
            .uint32(architecture + ".context_length", 32)
            .uint32(architecture + ".embedding_length", DIM)
            .uint32(architecture + ".block_count", size("num_hidden_layers", config))
            .uint32(architecture + ".feed_forward_length", HIDDEN)
            .uint32(architecture + ".attention.head_count", 4)
            .uint32(architecture + ".attention.head_count_kv", 2)
            .uint32(architecture + ".attention.key_length", size("head_dim", config))
            .float32(architecture + ".attention.layer_norm_rms_epsilon", 1e-6f);
    shapes.forEach(
        (name, shape) -> {
          float[] values = TinyEncoderDecoders.values(name, shape);
          if (gemma && shape.length == 1) {
            for (int i = 0; i < values.length; i++) {
              values[i] += 1; // a gain, and not what the hub's files hold of it
            }
          }
          if (architecture.equals("granite") && name.matches(".*self_attn\\.[qk]_proj.*")) {
            values = adjacentPairs(values, values.length / shape[0], size("head_dim", config));
          }
          writer.tensor(
              normsBehind ? ggufNameOfNormsBehind(name) : ggufName(name),
              values,
              Arrays.stream(shape).asLongStream().toArray());
        });
    return writer;
  }

  /** Rows in an order in which pairs stand side by side that are apart by half a head. */
  private static float[] adjacentPairs(float[] rows, int cols, int headDim) {
    float[] moved = new float[rows.length];
    for (int row = 0; row < rows.length / cols; row++) {
      int i = row % headDim;
      int from = row - i + i / 2 + i % 2 * headDim / 2;
      System.arraycopy(rows, from * cols, moved, row * cols, cols);
    }
    return moved;
  }

  /** Where norms stand behind layers too. */
  private static String ggufNameOfNormsBehind(String name) {
    return ggufName(
        name.replace("post_attention_layernorm", "post_attention_norm")
            .replace("pre_feedforward_layernorm", "ffn_norm")
            .replace("post_feedforward_layernorm", "post_ffw_norm"));
  }

  private static String ggufName(String name) {
    return name.replace("model.embed_tokens", "token_embd")
        .replace("model.norm", "output_norm")
        .replace("lm_head", "output")
        .replace("model.layers", "blk")
        .replace("input_layernorm", "attn_norm")
        .replace("post_attention_layernorm", "ffn_norm")
        .replace("self_attn.o_proj", "attn_output")
        .replace("self_attn.", "attn_")
        .replace("mlp.", "ffn_")
        .replace("_proj", "");
  }

  private static int size(String key, String config) {
    Matcher value = Pattern.compile("\"" + key + "\": (\\d+)").matcher(config);
    return value.find() ? Integer.parseInt(value.group(1)) : 4;
  }

  /** The shapes of its tensors by the hub's names. */
  static Map<String, int[]> shapes(String config) {
    int headDim = size("head_dim", config);
    int qDim = 4 * headDim;
    int kvDim = size("num_key_value_heads", config) * headDim;
    Map<String, int[]> shapes = new TreeMap<>();
    shapes.put("model.embed_tokens.weight", new int[] {24, DIM});
    shapes.put("model.norm.weight", new int[] {DIM});
    if (config.contains("olmo")) {
      shapes.put("lm_head.weight", new int[] {24, DIM});
    }
    if (config.contains("Classification")) {
      shapes.put("score.weight", new int[] {3, DIM});
    }
    if (config.contains("ForTokenClassification")) {
      shapes.put("score.bias", new int[] {3});
    }
    if (config.contains("ForQuestionAnswering")) {
      shapes.put("qa_outputs.weight", new int[] {2, DIM});
      shapes.put("qa_outputs.bias", new int[] {2});
    }
    for (int i = 0; i < size("num_hidden_layers", config); i++) {
      String layer = "model.layers." + i + ".";
      shapes.put(layer + "input_layernorm.weight", new int[] {DIM});
      shapes.put(layer + "self_attn.q_proj.weight", new int[] {qDim, DIM});
      shapes.put(layer + "self_attn.k_proj.weight", new int[] {kvDim, DIM});
      shapes.put(layer + "self_attn.v_proj.weight", new int[] {kvDim, DIM});
      shapes.put(layer + "self_attn.o_proj.weight", new int[] {DIM, qDim});
      shapes.put(layer + "post_attention_layernorm.weight", new int[] {DIM});
      shapes.put(layer + "mlp.gate_proj.weight", new int[] {HIDDEN, DIM});
      shapes.put(layer + "mlp.up_proj.weight", new int[] {HIDDEN, DIM});
      shapes.put(layer + "mlp.down_proj.weight", new int[] {DIM, HIDDEN});
      if (config.contains("gemma3")) {
        shapes.put(layer + "self_attn.q_norm.weight", new int[] {headDim});
        shapes.put(layer + "self_attn.k_norm.weight", new int[] {headDim});
      }
      for (String name : List.copyOf(shapes.keySet())) {
        if ((name.contains("self_attn") && config.contains("\"attention_bias\": true"))
            || (name.contains("mlp") && config.contains("\"mlp_bias\": true"))) {
          shapes.put(name.replace(".weight", ".bias"), new int[] {shapes.get(name)[0]});
        }
      }
      if (config.contains("olmo")) {
        shapes.remove(layer + "input_layernorm.weight");
        shapes.put(layer + "self_attn.q_norm.weight", new int[] {qDim});
        shapes.put(layer + "self_attn.k_norm.weight", new int[] {kvDim});
        shapes.put(layer + "post_feedforward_layernorm.weight", new int[] {DIM});
      }
      if (config.contains("gemma2") || config.contains("gemma3")) {
        shapes.put(layer + "pre_feedforward_layernorm.weight", new int[] {DIM});
        shapes.put(layer + "post_feedforward_layernorm.weight", new int[] {DIM});
      }
    }
    return shapes;
  }

  /** The logits after the prompt. */
  static float[] logits(Checkpoint checkpoint) {
    try (Parallel team = Parallel.of(1)) {
      return Architectures.load(checkpoint)
          .newSession(Kernels.best(team), 32)
          .forward(PROMPT, 0, PROMPT.length)
          .clone();
    }
  }

  /** The likeliest tokens after the prompt, one by one. */
  static int[] continuation(Checkpoint checkpoint, int n) {
    try (Parallel team = Parallel.of(2)) {
      Kernels kernels = Kernels.best(team);
      CausalModel model = Architectures.load(checkpoint);
      CausalModel.Session session = model.newSession(kernels, 32);
      float[] logits = session.forward(PROMPT, 0, PROMPT.length);
      int[] tokens = new int[n];
      for (int i = 0; i < n; i++) {
        tokens[i] = kernels.argmax(logits, model.vocabSize());
        logits = session.forward(tokens, i, i + 1);
      }
      return tokens;
    }
  }

  /** The state of the prompt's last token, of the same model as an encoder. */
  static float[] lastState(Checkpoint checkpoint) {
    try (Parallel team = Parallel.of(1)) {
      return Architectures.loadTextEncoder(checkpoint)
          .newSession(Kernels.best(team))
          .encode(TokenBatch.of(PROMPT))
          .pooled(Pooling.LAST);
    }
  }

  /** Compares logits after the prompt, and the tokens that follow it greedily. */
  static void assertAgrees(float[] logits, int[] greedy, Checkpoint found) {
    assertFirst(logits, logits(found));
    assertArrayEquals(greedy, continuation(found, greedy.length));
  }

  /** Compares the first logits with those wanted. */
  static void assertFirst(float[] wanted, float[] found) {
    Goldens.assertClose(wanted, found, 0);
  }
}
