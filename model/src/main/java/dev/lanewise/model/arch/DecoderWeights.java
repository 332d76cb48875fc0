package dev.lanewise.model.arch;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.Attention;
import dev.lanewise.model.nn.DecoderBlock;
import dev.lanewise.model.nn.Embedding;
import dev.lanewise.model.nn.FeedForward;
import dev.lanewise.model.nn.LayerNorm;
import dev.lanewise.model.nn.Linear;
import dev.lanewise.model.nn.Norm;
import dev.lanewise.model.nn.RmsNorm;
import dev.lanewise.model.nn.RotaryEmbedding;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The tensors that decoders with rotary positions have in common, by GGUF's names, and what the
 * Hugging Face hub calls them.
 */
final class DecoderWeights {
  private static final Map<String, String> HUB_TENSORS =
      Map.ofEntries(
          Map.entry("embed_tokens", "token_embd"),
          Map.entry("norm", "output_norm"),
          Map.entry("lm_head", "output"),
          Map.entry("score", "cls.output"),
          Map.entry("qa_outputs", "span"),
          Map.entry("layers.{}.input_layernorm", "blk.{}.attn_norm"),
          Map.entry("layers.{}.self_attn.q_proj", "blk.{}.attn_q"),
          Map.entry("layers.{}.self_attn.k_proj", "blk.{}.attn_k"),
          Map.entry("layers.{}.self_attn.v_proj", "blk.{}.attn_v"),
          Map.entry("layers.{}.self_attn.qkv_proj", "blk.{}.attn_qkv"),
          Map.entry("layers.{}.self_attn.o_proj", "blk.{}.attn_output"),
          Map.entry("layers.{}.self_attn.q_norm", "blk.{}.attn_q_norm"),
          Map.entry("layers.{}.self_attn.k_norm", "blk.{}.attn_k_norm"),
          Map.entry("layers.{}.post_attention_layernorm", "blk.{}.ffn_norm"),
          Map.entry("layers.{}.mlp.gate_proj", "blk.{}.ffn_gate"),
          Map.entry("layers.{}.mlp.up_proj", "blk.{}.ffn_up"),
          Map.entry("layers.{}.mlp.down_proj", "blk.{}.ffn_down"));

  private static final String OUTPUT = "output";

  private DecoderWeights() {}

  /** The checkpoint by GGUF's names, with a few that one architecture has otherwise. */
  static Checkpoint named(Checkpoint checkpoint, Map<String, String> others) {
    Map<String, String> names = new LinkedHashMap<>(HUB_TENSORS);
    names.putAll(others);
    return GgufNames.of(
        checkpoint,
        names,
        "language_model.model.", // beside models of images, in older files
        "language_model.",
        "model.language_model.",
        "model.",
        "transformer."); // beside a head for answers
  }

  /** A linear layer, with a bias and a scale if the file has them. */
  static Linear linear(Weights w, String name, int rows, int cols) {
    return new Linear(
        w.interleaved(name + ".weight", rows, cols),
        w.optionalVector(name + ".bias", rows),
        scale(w, name));
  }

  /**
   * What a GGUF file multiplies a matrix with, or 1: the blocks of NVFP4 have scales that are
   * relative to it.
   *
   * @param name of the matrix without its ending
   */
  static float scale(Weights w, String name) {
    float[] scale = w.optionalVector(name + ".scale", 1);
    return scale == null ? 1 : scale[0];
  }

  /** What makes the logits: a matrix of its own, or the embedding's where the two are tied. */
  static Linear lmHead(Weights w, DecoderConfig config) {
    boolean tied =
        config.parameters().flag("tie_word_embeddings", true) && !w.has(OUTPUT + ".weight");
    String name = tied ? GgufNames.EMBEDDING : OUTPUT + ".weight";
    Matrix matrix = w.interleaved(name, config.vocabSize(), config.dim());
    return new Linear(matrix, null, tied ? 1 : scale(w, OUTPUT));
  }

  /**
   * Attention with rotary positions, and with biases if the file has them.
   *
   * @param rope null for none
   * @param qNorm normalises each query's heads; null for none
   * @param kNorm the same for keys
   */
  static Attention attention(
      Weights w,
      int dim,
      AttentionShape shape,
      RotaryEmbedding rope,
      RmsNorm qNorm,
      RmsNorm kNorm) {
    return Attention.rotary(
        linear(w, "attn_q", shape.queryWidth(), dim),
        linear(w, "attn_k", shape.keyWidth(), dim),
        linear(w, "attn_v", shape.valueWidth(), dim),
        linear(w, "attn_output", dim, shape.outputWidth()),
        shape,
        rope,
        qNorm,
        kNorm);
  }

  /**
   * Attention with rotary positions, whose queries, keys and values have their weights in one
   * tensor.
   */
  static Attention stackedAttention(
      Weights w, int dim, AttentionShape shape, RotaryEmbedding rope) {
    int q = shape.queryWidth();
    int k = shape.keyWidth();
    int v = shape.valueWidth();
    StackedLinear qkv = new StackedLinear(w, "attn_qkv", q + k + v, dim);
    return Attention.rotary(
        qkv.part(0, q),
        qkv.part(q, k),
        qkv.part(q + k, v),
        linear(w, "attn_output", dim, shape.outputWidth()),
        shape,
        rope,
        null,
        null);
  }

  /** Attention with rotary positions, whose weights lie in one tensor or apart. */
  static Attention rotaryAttention(Weights w, int dim, AttentionShape shape, RotaryEmbedding rope) {
    return w.has("attn_qkv.weight")
        ? stackedAttention(w, dim, shape, rope)
        : attention(w, dim, shape, rope, null, null);
  }

  /** A gated feed-forward layer. */
  static FeedForward gated(Weights w, Activation f, DecoderConfig config) {
    int dim = config.dim();
    int hiddenDim = config.hiddenDim();
    return FeedForward.gated(
        f,
        linear(w, "ffn_gate", hiddenDim, dim),
        linear(w, "ffn_up", hiddenDim, dim),
        linear(w, "ffn_down", dim, hiddenDim));
  }

  /**
   * The decoder of blocks that share rotary positions, without scales or caps.
   *
   * @param norm the last
   */
  static DecoderStack decoder(
      Weights w, DecoderConfig config, RotaryEmbedding rope, DecoderBlock[] blocks, Norm norm) {
    return new DecoderStack(
        w, config, embedding(w, config, 1), new RotaryEmbedding[] {rope}, blocks, norm, 1, 0);
  }

  /** The embedding of tokens, times a scale. */
  static Embedding embedding(Weights w, DecoderConfig config, float scale) {
    Matrix tokens = w.matrix(GgufNames.EMBEDDING, config.vocabSize(), config.dim());
    return new Embedding(tokens, scale, null, null);
  }

  /** A layer norm with its bias. */
  static LayerNorm layerNorm(Weights w, String name, int dim, float epsilon) {
    return new LayerNorm(w.vector(name + ".weight", dim), w.vector(name + ".bias", dim), epsilon);
  }

  /** The norm of heads, or null if the file has none. */
  static RmsNorm headNorm(Weights w, String name, DecoderConfig config, float epsilon) {
    float[] weight = w.optionalVector(name, config.attention().headDim());
    return weight == null ? null : new RmsNorm(weight, epsilon);
  }
}
