package dev.lanewise.model.arch;

import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.Attention;
import dev.lanewise.model.nn.Embedding;
import dev.lanewise.model.nn.EncoderBlock;
import dev.lanewise.model.nn.FeedForward;
import dev.lanewise.model.nn.LayerNorm;
import dev.lanewise.model.nn.Linear;
import dev.lanewise.model.nn.SelfAttention;
import java.util.function.UnaryOperator;

/** The tensors that encoders have in common, by GGUF's names. */
final class EncoderWeights {
  /** What tells the texts of a pair apart. */
  static final String TYPES = "token_types.weight";

  private EncoderWeights() {}

  static Linear linear(Weights w, String name, int rows, int cols) {
    return new Linear(w.interleaved(name + ".weight", rows, cols), w.vector(name + ".bias", rows));
  }

  /** The embedding of types of tokens, [types × dim]. */
  static Matrix types(Weights w, EncoderConfig config) {
    return types(w, config, config.dim());
  }

  /** The same, where they may have another width than the blocks. */
  static Matrix types(Weights w, EncoderConfig config, int dim) {
    Hyperparameters h = config.parameters();
    int types =
        h.ofHub()
            ? h.size("type_vocab_size", Hyperparameters.MAX_VOCAB)
            : h.metadata().integer("tokenizer.ggml.token_type_count", 1);
    return w.matrix(TYPES, types, dim);
  }

  static LayerNorm norm(Weights w, String name, EncoderConfig config) {
    return norm(w, name, config, config.dim());
  }

  /** The same, where it may have another width than the blocks. */
  static LayerNorm norm(Weights w, String name, EncoderConfig config, int dim) {
    return new LayerNorm(
        w.vector(name + ".weight", dim), w.vector(name + ".bias", dim), config.epsilon());
  }

  /** A block whose norms stand behind the sums. */
  static EncoderBlock postNormBlock(Weights w, EncoderConfig config) {
    return postNormBlock(w, config, attention(w, config, true));
  }

  /** The same with an attention of its own. */
  static EncoderBlock postNormBlock(Weights w, EncoderConfig config, SelfAttention attention) {
    return postNormBlock(w, config, attention, feedForward(w, config));
  }

  /** The same with both layers of its own. */
  static EncoderBlock postNormBlock(
      Weights w, EncoderConfig config, SelfAttention attention, FeedForward feedForward) {
    return new EncoderBlock(
        false,
        norm(w, "attn_output_norm", config),
        attention,
        norm(w, "layer_output_norm", config),
        feedForward);
  }

  /**
   * A block whose norms stand before the layers.
   *
   * @param qkvBias whether queries, keys and values have biases
   */
  static EncoderBlock preNormBlock(Weights w, EncoderConfig config, boolean qkvBias) {
    return new EncoderBlock(
        true,
        norm(w, "attn_norm", config),
        attention(w, config, qkvBias),
        norm(w, "ffn_norm", config),
        feedForward(w, config));
  }

  static Attention attention(Weights w, EncoderConfig config, boolean qkvBias) {
    return Attention.of(
        qkv(w, "attn_q", config, qkvBias),
        qkv(w, "attn_k", config, qkvBias),
        qkv(w, "attn_v", config, qkvBias),
        linear(w, "attn_output", config.dim(), config.dim()),
        config.attention());
  }

  private static Linear qkv(Weights w, String name, EncoderConfig config, boolean bias) {
    int dim = config.dim();
    return bias
        ? linear(w, name, dim, dim)
        : new Linear(w.interleaved(name + ".weight", dim, dim), null);
  }

  /**
   * A gated feed-forward layer, whose gate and what it opens lie in one tensor or apart.
   *
   * @param gateFirst whether the gate is the upper half of the one
   */
  static FeedForward gated(Weights w, EncoderConfig config, boolean gateFirst) {
    int dim = config.dim();
    int hiddenDim = config.hiddenDim();
    boolean apart = w.has("ffn_gate.weight");
    StackedLinear both = new StackedLinear(w, "ffn_up", 2 * hiddenDim, dim);
    return FeedForward.gated(
        config.activation(),
        apart
            ? DecoderWeights.linear(w, "ffn_gate", hiddenDim, dim)
            : both.part(gateFirst ? 0 : hiddenDim, hiddenDim),
        apart
            ? DecoderWeights.linear(w, "ffn_up", hiddenDim, dim)
            : both.part(gateFirst ? hiddenDim : 0, hiddenDim),
        DecoderWeights.linear(w, "ffn_down", dim, hiddenDim));
  }

  private static FeedForward feedForward(Weights w, EncoderConfig config) {
    return FeedForward.plain(
        config.activation(),
        linear(w, "ffn_up", config.hiddenDim(), config.dim()),
        linear(w, "ffn_down", config.dim(), config.hiddenDim()));
  }

  /**
   * An encoder as BERT is, but for places of tokens, which its embedding does not know.
   *
   * @param types embedding of the types of tokens; null for none
   * @param places adds to the blocks what does
   */
  static TextEncoder withoutPlaces(
      Checkpoint checkpoint,
      EncoderConfig config,
      Matrix types,
      EncoderBlock[] blocks,
      UnaryOperator<EncoderStack> places) {
    Hyperparameters h = config.parameters();
    Weights weights = Weights.of(checkpoint);
    int vocabSize = DecoderConfig.vocabSize(checkpoint, h, GgufNames.EMBEDDING, "vocab_size");
    Matrix tokens = weights.matrix(GgufNames.EMBEDDING, vocabSize, config.dim());
    EncoderStack stack =
        new EncoderStack(
            checkpoint.memory(),
            config,
            blocks,
            null,
            new TextHeads(weights, config, BertFamily.BERT).load(),
            DenseModules.of(checkpoint, config.dim()));
    return new TextEncoder(
        new TextEncoder.Parts(
            new Embedding(tokens, 1, null, norm(weights, "token_embd_norm", config)),
            types,
            TextEncoder.NO_PADDING,
            h.size("context_length", Hyperparameters.MAX_CONTEXT),
            TextEncoder.TokenRead.FIRST),
        places.apply(stack));
  }
}
