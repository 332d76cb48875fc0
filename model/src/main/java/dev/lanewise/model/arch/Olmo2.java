package dev.lanewise.model.arch;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.Attention;
import dev.lanewise.model.nn.DecoderBlock;
import dev.lanewise.model.nn.RmsNorm;
import dev.lanewise.model.nn.RotaryEmbedding;
import dev.lanewise.model.nn.RotaryEmbedding.Pairs;
import java.util.Map;

/**
 * OLMo 2 (Team OLMo 2024, arXiv:2501.00656): a Llama whose norms stand after the layers, x = x +
 * norm(layer(x)), and over all queries of a token, and over all its keys. In OLMo 3 (2025,
 * arXiv:2512.13961), which in GGUF files has the same name, three of four blocks attend to a
 * sliding window; their rotary positions are not stretched as those of the fourth may be.
 */
final class Olmo2 {
  /** Every fourth block attends to everything, where the file does not say otherwise. */
  static final int USUAL_PATTERN = 4;

  /** The hub's names of tensors, beyond those of {@link DecoderWeights}. */
  static final Map<String, String> HUB_TENSORS =
      Map.of(
          "layers.{}.post_attention_layernorm", "blk.{}.post_attention_norm",
          "layers.{}.post_feedforward_layernorm", "blk.{}.post_ffw_norm");

  private final DecoderConfig config;
  private final Hyperparameters h;
  private final float epsilon;
  private final RotaryEmbedding[] ropes; // of blocks with a window first, if there are any

  private Olmo2(Checkpoint checkpoint) {
    config = DecoderConfig.of(checkpoint);
    h = config.parameters();
    epsilon = h.epsilon("attention.layer_norm_rms_epsilon");
    AttentionShape shape = config.attention();
    double base = h.number("rope.freq_base", 10_000, 1, 1e12);
    ropes =
        config.window() == 0
            ? new RotaryEmbedding[] {Rope.of(checkpoint, h, shape, Pairs.HALVES)}
            : Rope.ofTwoKinds(checkpoint, h, shape, Pairs.HALVES, base, base);
  }

  static DecoderStack load(Checkpoint file) {
    Checkpoint checkpoint = DecoderWeights.named(file, HUB_TENSORS);
    return new Olmo2(checkpoint).load(Weights.of(checkpoint));
  }

  private DecoderStack load(Weights weights) {
    DecoderBlock[] blocks = new DecoderBlock[config.nLayers()];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = block(weights.at("blk." + i), config.attendsToWindow(i, USUAL_PATTERN));
    }
    return new DecoderStack(
        weights,
        config,
        DecoderWeights.embedding(weights, config, 1),
        ropes,
        blocks,
        norm(weights, "output_norm.weight", config.dim()),
        1,
        0);
  }

  private DecoderBlock block(Weights w, boolean windowed) {
    int dim = config.dim();
    AttentionShape shape = config.attention();
    Attention attention =
        DecoderWeights.attention(
            w,
            dim,
            windowed ? config.windowed(shape) : shape,
            ropes[windowed ? 0 : ropes.length - 1],
            norm(w, "attn_q_norm.weight", shape.queryWidth()),
            norm(w, "attn_k_norm.weight", shape.keyWidth()));
    return new DecoderBlock(
        null,
        attention,
        norm(w, "post_attention_norm.weight", dim),
        null,
        DecoderWeights.gated(w, h.activation("hidden_act", Activation.SILU), config),
        norm(w, "post_ffw_norm.weight", dim));
  }

  private RmsNorm norm(Weights w, String name, int n) {
    return new RmsNorm(w.vector(name, n), epsilon);
  }
}
