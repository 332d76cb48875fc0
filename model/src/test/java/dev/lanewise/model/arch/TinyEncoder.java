package dev.lanewise.model.arch;

import dev.lanewise.model.checkpoint.GgufWriter;
import dev.lanewise.model.checkpoint.HuggingFace;
import dev.lanewise.model.checkpoint.OnnxWriter;
import dev.lanewise.model.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Encoders of a few kilobytes in the layout of the Hugging Face hub. Their weights follow from the
 * order of the tensors alone, by a linear congruential generator and arithmetic that is exact, so
 * that other implementations can be asked about the same model.
 */
public final class TinyEncoder {
  /** BERT with a head for three classes of texts. */
  public static final String BERT =
      """
      bert.embeddings.word_embeddings.weight 16 8
      bert.embeddings.position_embeddings.weight 12 8
      bert.embeddings.token_type_embeddings.weight 2 8
      bert.embeddings.LayerNorm.weight 8
      bert.embeddings.LayerNorm.bias 8
      bert.encoder.layer.0.attention.self.query.weight 8 8
      bert.encoder.layer.0.attention.self.query.bias 8
      bert.encoder.layer.0.attention.self.key.weight 8 8
      bert.encoder.layer.0.attention.self.key.bias 8
      bert.encoder.layer.0.attention.self.value.weight 8 8
      bert.encoder.layer.0.attention.self.value.bias 8
      bert.encoder.layer.0.attention.output.dense.weight 8 8
      bert.encoder.layer.0.attention.output.dense.bias 8
      bert.encoder.layer.0.attention.output.LayerNorm.weight 8
      bert.encoder.layer.0.attention.output.LayerNorm.bias 8
      bert.encoder.layer.0.intermediate.dense.weight 12 8
      bert.encoder.layer.0.intermediate.dense.bias 12
      bert.encoder.layer.0.output.dense.weight 8 12
      bert.encoder.layer.0.output.dense.bias 8
      bert.encoder.layer.0.output.LayerNorm.weight 8
      bert.encoder.layer.0.output.LayerNorm.bias 8
      bert.pooler.dense.weight 8 8
      bert.pooler.dense.bias 8
      classifier.weight 3 8
      classifier.bias 3
      """;

  /** Its sizes and its head. */
  public static final String BERT_CONFIG =
      """
      {"architectures": ["BertForSequenceClassification"], "model_type": "bert",
       "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 1, "num_attention_heads": 2,
       "max_position_embeddings": 12, "type_vocab_size": 2, "vocab_size": 16,
       "layer_norm_eps": 1e-12, "hidden_act": "gelu", "pad_token_id": 0,
       "id2label": {"0": "good", "1": "bad", "2": "neither"}}
      """;

  /** RoBERTa with a head for masked tokens. */
  public static final String ROBERTA =
      BERT.replace("bert.", "roberta.")
              .replace("token_type_embeddings.weight 2", "token_type_embeddings.weight 1")
              .replaceAll("(?m)^(roberta\\.pooler|classifier).*\n", "")
          + """
          lm_head.dense.weight 8 8
          lm_head.dense.bias 8
          lm_head.layer_norm.weight 8
          lm_head.layer_norm.bias 8
          lm_head.bias 16
          """;

  /** Its sizes and its head. */
  public static final String ROBERTA_CONFIG =
      BERT_CONFIG
          .replace("BertForSequenceClassification", "RobertaForMaskedLM")
          .replace("\"model_type\": \"bert\"", "\"model_type\": \"roberta\"")
          .replace("\"type_vocab_size\": 2", "\"type_vocab_size\": 1")
          .replace("\"pad_token_id\": 0", "\"pad_token_id\": 1");

  /** DistilBERT with a head for answers to questions. */
  public static final String DISTILBERT =
      BERT.replaceAll("(?m)^.*(token_type|pooler|classifier).*\n", "")
              .replace("bert.encoder", "bert.transformer")
              .replace("attention.self.query", "attention.q_lin")
              .replace("attention.self.key", "attention.k_lin")
              .replace("attention.self.value", "attention.v_lin")
              .replace("attention.output.dense", "attention.out_lin")
              .replace("attention.output.LayerNorm", "sa_layer_norm")
              .replace("intermediate.dense", "ffn.lin1")
              .replace("output.dense", "ffn.lin2")
              .replace("output.LayerNorm", "output_layer_norm")
              .replace("bert.", "distilbert.")
          + """
          qa_outputs.weight 2 8
          qa_outputs.bias 2
          """;

  /** Its sizes and its head. */
  public static final String DISTILBERT_CONFIG =
      """
      {"architectures": ["DistilBertForQuestionAnswering"], "model_type": "distilbert",
       "dim": 8, "hidden_dim": 12, "n_layers": 1, "n_heads": 2, "max_position_embeddings": 12,
       "vocab_size": 16, "activation": "gelu", "pad_token_id": 0}
      """;

  /** DeiT with both its heads, for images of 3 x 4 x 4 in patches of 2 x 2. */
  public static final String DEIT =
      """
      deit.embeddings.cls_token 1 1 8
      deit.embeddings.distillation_token 1 1 8
      deit.embeddings.position_embeddings 1 6 8
      deit.embeddings.patch_embeddings.projection.weight 8 3 2 2
      deit.embeddings.patch_embeddings.projection.bias 8
      deit.encoder.layer.0.layernorm_before.weight 8
      deit.encoder.layer.0.layernorm_before.bias 8
      deit.encoder.layer.0.attention.attention.query.weight 8 8
      deit.encoder.layer.0.attention.attention.query.bias 8
      deit.encoder.layer.0.attention.attention.key.weight 8 8
      deit.encoder.layer.0.attention.attention.key.bias 8
      deit.encoder.layer.0.attention.attention.value.weight 8 8
      deit.encoder.layer.0.attention.attention.value.bias 8
      deit.encoder.layer.0.attention.output.dense.weight 8 8
      deit.encoder.layer.0.attention.output.dense.bias 8
      deit.encoder.layer.0.layernorm_after.weight 8
      deit.encoder.layer.0.layernorm_after.bias 8
      deit.encoder.layer.0.intermediate.dense.weight 12 8
      deit.encoder.layer.0.intermediate.dense.bias 12
      deit.encoder.layer.0.output.dense.weight 8 12
      deit.encoder.layer.0.output.dense.bias 8
      deit.layernorm.weight 8
      deit.layernorm.bias 8
      cls_classifier.weight 3 8
      cls_classifier.bias 3
      distillation_classifier.weight 3 8
      distillation_classifier.bias 3
      """;

  /** Its sizes and its head. */
  public static final String DEIT_CONFIG =
      """
      {"architectures": ["DeiTForImageClassificationWithTeacher"], "model_type": "deit",
       "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 1, "num_attention_heads": 2,
       "image_size": 4, "patch_size": 2, "num_channels": 3, "qkv_bias": true,
       "layer_norm_eps": 1e-12, "hidden_act": "gelu",
       "id2label": {"0": "cat", "1": "dog", "2": "neither"}}
      """;

  private TinyEncoder() {}

  /** Writes a model into a folder. */
  public static Path write(Path folder, String config, String tensors) {
    SafetensorsWriter writer = new SafetensorsWriter();
    values(tensors).forEach((line, values) -> writer.tensor(name(line), values, shape(line)));
    try {
      Files.writeString(folder.resolve("config.json"), config);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    writer.write(folder.resolve("model.safetensors"));
    return folder;
  }

  /** Writes a model into a folder and opens it. */
  static HuggingFace open(Path folder, String config, String tensors) {
    return HuggingFace.open(write(folder, config, tensors));
  }

  /** The same weights as {@link #BERT} in a GGUF file, with its names of keys and tensors. */
  public static GgufWriter bertGguf() {
    return bertGguf(BERT);
  }

  /** The same with other tensors. */
  static GgufWriter bertGguf(String tensors) {
    GgufWriter writer =
        new GgufWriter()
            .string("general.architecture", "bert")
            .uint32("bert.context_length", 12)
            .uint32("bert.embedding_length", 8)
            .uint32("bert.feed_forward_length", 12)
            .uint32("bert.block_count", 1)
            .uint32("bert.attention.head_count", 2)
            .float32("bert.attention.layer_norm_epsilon", 1e-12f)
            .bool("bert.attention.causal", false)
            .uint32("tokenizer.ggml.token_type_count", 2)
            .strings("bert.classifier.output_labels", "good", "bad", "neither");
    values(tensors)
        .forEach(
            (line, values) -> {
              long[] shape = Arrays.stream(shape(line)).asLongStream().toArray();
              writer.tensor(ggufName(name(line)), values, shape);
            });
    return writer;
  }

  /**
   * The same weights as {@link #BERT} in an ONNX file, as exporters leave it: the matrices of
   * linear layers turned, without their names, and between nodes that tell what they are.
   */
  public static OnnxWriter bertOnnx() {
    OnnxWriter writer =
        new OnnxWriter()
            .constant("heads", 0, 0, 2, 4)
            .node("Reshape", "/split/Reshape", "split", "query", "heads")
            .constant("epsilon", 1e-12f)
            .node("Add", "/norm/Add", "shifted", "variance", "epsilon")
            .node("Sqrt", "/norm/Sqrt", "root", "shifted")
            .node("Erf", "/gelu/Erf", "curve", "up");
    values(BERT)
        .forEach(
            (line, values) -> {
              String layer = name(line).replace(".weight", "");
              if (!layer.startsWith("bert.encoder") || !line.matches(".*weight \\d+ \\d+")) {
                writer.tensor(name(line), values, shape(line));
                return;
              }
              int rows = shape(line)[0];
              int cols = shape(line)[1];
              float[] turned = new float[values.length];
              for (int i = 0; i < values.length; i++) {
                turned[i % cols * rows + i / cols] = values[i];
              }
              String matrix = "onnx::MatMul_" + layer.hashCode();
              writer
                  .tensor(matrix, turned, cols, rows)
                  .node("MatMul", "", layer + "/product", "x", matrix)
                  .node("Add", "", layer + "/sum", layer + ".bias", layer + "/product");
            });
    return writer;
  }

  private static String ggufName(String name) {
    return name.replace("bert.encoder.layer.", "blk.")
        .replace("bert.embeddings.word_embeddings", "token_embd")
        .replace("bert.embeddings.position_embeddings", "position_embd")
        .replace("bert.embeddings.token_type_embeddings", "token_types")
        .replace("bert.embeddings.LayerNorm", "token_embd_norm")
        .replace("attention.self.query", "attn_q")
        .replace("attention.self.key", "attn_k")
        .replace("attention.self.value", "attn_v")
        .replace("attention.output.dense", "attn_output")
        .replace("attention.output.LayerNorm", "attn_output_norm")
        .replace("intermediate.dense", "ffn_up")
        .replace("output.dense", "ffn_down")
        .replace("output.LayerNorm", "layer_output_norm")
        .replace("bert.pooler.dense", "cls")
        .replace("classifier", "cls.output");
  }

  /** From −0.75 to 0.75, and a half to one and a half for the gains of norms. */
  private static Map<String, float[]> values(String tensors) {
    Map<String, float[]> all = new LinkedHashMap<>();
    long state = 1;
    for (String line : tensors.strip().split("\n")) {
      float[] values = new float[Arrays.stream(shape(line)).reduce(1, Math::multiplyExact)];
      boolean gain = name(line).matches("(?i).*(norm(_before|_after)?\\.weight|gamma)");
      for (int i = 0; i < values.length; i++) {
        state = state * 6364136223846793005L + 1442695040888963407L;
        float fraction = (state >>> 40) / (float) (1 << 24);
        values[i] = gain ? 0.5f + fraction : 1.5f * (fraction - 0.5f);
      }
      all.put(line, values);
    }
    return all;
  }

  private static String name(String line) {
    return line.substring(0, line.indexOf(' '));
  }

  private static int[] shape(String line) {
    return Arrays.stream(line.substring(line.indexOf(' ') + 1).split(" "))
        .mapToInt(Integer::parseInt)
        .toArray();
  }
}
