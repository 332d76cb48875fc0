package dev.lanewise.model.arch;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.DecoderBlock;
import dev.lanewise.model.nn.FeedForward;
import dev.lanewise.model.nn.LayerNorm;
import dev.lanewise.model.nn.RotaryEmbedding;
import java.util.Map;

/**
 * StarCoder 2 (Lozhkov et al. 2024, arXiv:2402.19173): rotary positions, grouped queries and a
 * sliding window as in Mistral, layer norms, biases and a plain GELU layer as in GPT-2.
 */
final class Starcoder2 {
  /** The hub's names of tensors, beyond those of {@link DecoderWeights}. */
  static final Map<String, String> HUB_TENSORS =
      Map.of(
          "layers.{}.mlp.c_fc", "blk.{}.ffn_up",
          "layers.{}.mlp.c_proj", "blk.{}.ffn_down");

  private final DecoderConfig config;
  private final float epsilon;
  private final RotaryEmbedding rope;

  private Starcoder2(Checkpoint checkpoint) {
    config = DecoderConfig.of(checkpoint);
    Hyperparameters h = config.parameters();
    epsilon = h.epsilon(h.ofHub() ? "norm_epsilon" : "attention.layer_norm_epsilon");
    rope = Rope.of(checkpoint, h, config.attention(), RotaryEmbedding.Pairs.HALVES);
  }

  static DecoderStack load(Checkpoint file) {
    Checkpoint checkpoint = DecoderWeights.named(file, HUB_TENSORS);
    return new Starcoder2(checkpoint).load(Weights.of(checkpoint));
  }

  private DecoderStack load(Weights weights) {
    DecoderBlock[] blocks = new DecoderBlock[config.nLayers()];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = block(weights.at("blk." + i), config.attention(i));
    }
    return DecoderWeights.decoder(weights, config, rope, blocks, norm(weights, "output_norm"));
  }

  private DecoderBlock block(Weights w, AttentionShape shape) {
    int dim = config.dim();
    return new DecoderBlock(
        norm(w, "attn_norm"),
        DecoderWeights.attention(w, dim, shape, rope, null, null),
        norm(w, "ffn_norm"),
        FeedForward.plain(
            config.parameters().activation("hidden_act", Activation.GELU_TANH),
            DecoderWeights.linear(w, "ffn_up", config.hiddenDim(), dim),
            DecoderWeights.linear(w, "ffn_down", dim, config.hiddenDim())));
  }

  private LayerNorm norm(Weights w, String name) {
    return DecoderWeights.layerNorm(w, name, config.dim(), epsilon);
  }
}
