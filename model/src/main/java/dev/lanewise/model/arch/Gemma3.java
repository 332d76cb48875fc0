package dev.lanewise.model.arch;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.Attention;
import dev.lanewise.model.nn.DecoderBlock;
import dev.lanewise.model.nn.Embedding;
import dev.lanewise.model.nn.RmsNorm;
import dev.lanewise.model.nn.RotaryEmbedding;
import dev.lanewise.model.nn.RotaryEmbedding.Pairs;
import java.util.Map;

/**
 * Gemma 3 (Gemma Team 2025, arXiv:2503.19786): norms before and after each layer, normalised heads,
 * GeGLU, an embedding scaled by √dim, and blocks that attend to a sliding window between blocks
 * that attend to everything, each kind with rotary positions of its own base.
 */
final class Gemma3 {
  /** Every sixth block attends to everything, where the file does not say otherwise. */
  private static final int USUAL_PATTERN = 6;

  /** Blocks of Gemma 3 27B. */
  private static final int LARGEST = 62;

  private static final Map<String, String> HUB_TENSORS =
      Map.of(
          "layers.{}.post_attention_layernorm", "blk.{}.post_attention_norm",
          "layers.{}.pre_feedforward_layernorm", "blk.{}.ffn_norm",
          "layers.{}.post_feedforward_layernorm", "blk.{}.post_ffw_norm");

  private final DecoderConfig config;
  private final Hyperparameters h;
  private final float epsilon;
  private final AttentionShape shape;
  private final RotaryEmbedding[] ropes; // of blocks with a window, and of the others

  private Gemma3(Checkpoint checkpoint) {
    config = DecoderConfig.of(checkpoint);
    h = config.parameters();
    epsilon = h.epsilon("attention.layer_norm_rms_epsilon");
    int headDim = config.attention().headDim();
    double scalar = h.ofHub() ? h.number("query_pre_attn_scalar", headDim, 1, 1e6) : ggufScalar();
    shape = config.attention().withScale((float) (1 / Math.sqrt(scalar)));
    ropes = Rope.ofTwoKinds(checkpoint, h, config.attention(), Pairs.HALVES, 1e6);
  }

  /** GGUF files do not hold it: of the largest model it is the width per head, else of a head. */
  private int ggufScalar() {
    AttentionShape heads = config.attention();
    return config.nLayers() == LARGEST ? config.dim() / heads.nHeads() : heads.headDim();
  }

  static DecoderStack load(Checkpoint file) {
    Checkpoint checkpoint = DecoderWeights.named(file, HUB_TENSORS);
    return new Gemma3(checkpoint).load(Weights.of(checkpoint));
  }

  private DecoderStack load(Weights weights) {
    DecoderBlock[] blocks = new DecoderBlock[config.nLayers()];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = block(weights.at("blk." + i), attendsToWindow(i));
    }
    return new DecoderStack(
        weights,
        config,
        new Embedding(
            weights.matrix(GgufNames.EMBEDDING, config.vocabSize(), config.dim()),
            (float) Math.sqrt(config.dim()),
            null,
            null),
        ropes,
        blocks,
        norm(weights, "output_norm.weight", config.dim()),
        (float) h.number("final_logit_softcapping", 0, 0, 1e6));
  }

  private DecoderBlock block(Weights w, boolean windowed) {
    int dim = config.dim();
    int headDim = shape.headDim();
    Attention attention =
        DecoderWeights.attention(
            w,
            dim,
            windowed ? config.windowed(shape) : shape,
            ropes[windowed ? 0 : 1],
            norm(w, "attn_q_norm.weight", headDim),
            norm(w, "attn_k_norm.weight", headDim));
    return new DecoderBlock(
        norm(w, "attn_norm.weight", dim),
        attention,
        norm(w, "post_attention_norm.weight", dim),
        norm(w, "ffn_norm.weight", dim),
        DecoderWeights.gated(w, h.activation("hidden_activation", Activation.GELU_TANH), config),
        norm(w, "post_ffw_norm.weight", dim));
  }

  /** The hub's files hold the gain less 1; GGUF's the gain. */
  private RmsNorm norm(Weights w, String name, int n) {
    float[] gain = w.vector(name, n);
    if (h.ofHub()) {
      for (int i = 0; i < n; i++) {
        gain[i] += 1;
      }
    }
    return new RmsNorm(gain, epsilon);
  }

  private boolean attendsToWindow(int layer) {
    return config.window() != 0
        && SlidingLayers.contain(h, layer, config.nLayers(), USUAL_PATTERN, false);
  }
}
