package dev.lanewise.model.arch;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.Attention;
import dev.lanewise.model.nn.DecoderBlock;
import dev.lanewise.model.nn.Embedding;
import dev.lanewise.model.nn.FeedForward;
import dev.lanewise.model.nn.LayerNorm;
import dev.lanewise.model.nn.Linear;
import dev.lanewise.model.nn.RotaryEmbedding;
import java.util.Arrays;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * GPT-2 (Radford et al. 2019, "Language Models are Unsupervised Multitask Learners"): learned
 * positions, pre-normalised blocks with biases, GELU. The hub's files hold the matrices transposed
 * (Conv1D), GGUF's do not.
 */
final class Gpt2 {
  /** The hub's names of tensors. */
  static final Map<String, String> HUB_TENSORS =
      Map.ofEntries(
          Map.entry("wte", "token_embd"),
          Map.entry("wpe", "position_embd"),
          Map.entry("ln_f", "output_norm"),
          Map.entry("lm_head", "output"),
          Map.entry("score", "cls.output"),
          Map.entry("classifier", "cls.output"),
          Map.entry("qa_outputs", "span"),
          Map.entry("h.{}.ln_1", "blk.{}.attn_norm"),
          Map.entry("h.{}.attn.c_attn", "blk.{}.attn_qkv"),
          Map.entry("h.{}.attn.c_proj", "blk.{}.attn_output"),
          Map.entry("h.{}.ln_2", "blk.{}.ffn_norm"),
          Map.entry("h.{}.mlp.c_fc", "blk.{}.ffn_up"),
          Map.entry("h.{}.mlp.c_proj", "blk.{}.ffn_down"));

  /** What may stand before them. */
  static final String HUB_PREFIX = "transformer.";

  private final DecoderConfig config;
  private final float epsilon;
  private final boolean transposed;

  private Gpt2(Checkpoint checkpoint) {
    config = DecoderConfig.of(checkpoint);
    epsilon = config.parameters().epsilon("attention.layer_norm_epsilon");
    transposed = config.parameters().ofHub();
  }

  static DecoderStack load(Checkpoint file) {
    Checkpoint checkpoint = GgufNames.of(file, HUB_TENSORS, HUB_PREFIX);
    return new Gpt2(checkpoint).load(Weights.of(checkpoint));
  }

  private DecoderStack load(Weights weights) {
    DecoderBlock[] blocks = new DecoderBlock[config.nLayers()];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = block(weights.at("blk." + i), attention(i));
    }
    return new DecoderStack(
        weights,
        config,
        new Embedding(
            weights.matrix(GgufNames.EMBEDDING, config.vocabSize(), config.dim()),
            1,
            weights.matrix("position_embd.weight", config.contextLength(), config.dim()),
            null),
        new RotaryEmbedding[0],
        blocks,
        norm(weights, "output_norm"),
        1,
        0);
  }

  /** Scores are scaled by 1/√headDim, unless the file says otherwise. */
  private AttentionShape attention(int layer) {
    Hyperparameters h = config.parameters();
    AttentionShape shape = config.attention();
    if (!h.flag("scale_attn_weights", true)) {
      shape = shape.withScale(1);
    }
    return h.flag("scale_attn_by_inverse_layer_idx", false)
        ? shape.withScale(shape.scale() / (layer + 1))
        : shape;
  }

  private DecoderBlock block(Weights w, AttentionShape shape) {
    int dim = config.dim();
    IntFunction<Linear> qkv = stacked(w, "attn_qkv", dim);
    Attention attention =
        Attention.of(
            qkv.apply(0), qkv.apply(1), qkv.apply(2), linear(w, "attn_output", dim, dim), shape);
    return new DecoderBlock(
        norm(w, "attn_norm"),
        attention,
        norm(w, "ffn_norm"),
        FeedForward.plain(
            config.parameters().activation("activation_function", Activation.GELU_TANH),
            linear(w, "ffn_up", config.hiddenDim(), dim),
            linear(w, "ffn_down", dim, config.hiddenDim())));
  }

  /** Square layers that stand one below the other, by their number. */
  private IntFunction<Linear> stacked(Weights w, String name, int dim) {
    if (!transposed) {
      StackedLinear layers = new StackedLinear(w, name, 3 * dim, dim);
      return i -> layers.part(i * dim, dim);
    }
    Linear layers = linear(w, name, 3 * dim, dim);
    return i ->
        new Linear(
            layers.weight().rows(i * dim, dim),
            Arrays.copyOfRange(layers.bias(), i * dim, (i + 1) * dim));
  }

  private Linear linear(Weights w, String name, int rows, int cols) {
    return transposed
        ? new Linear(w.transposed(name + ".weight", rows, cols), w.vector(name + ".bias", rows))
        : DecoderWeights.linear(w, name, rows, cols);
  }

  private LayerNorm norm(Weights w, String name) {
    return DecoderWeights.layerNorm(w, name, config.dim(), epsilon);
  }
}
