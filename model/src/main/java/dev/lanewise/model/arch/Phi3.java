package dev.lanewise.model.arch;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.DecoderBlock;
import dev.lanewise.model.nn.FeedForward;
import dev.lanewise.model.nn.RmsNorm;
import dev.lanewise.model.nn.RotaryEmbedding;
import dev.lanewise.model.nn.RotaryEmbedding.Pairs;
import java.util.Map;

/**
 * Phi-3 (Abdin et al. 2024, arXiv:2404.14219): a Llama whose query, key and value matrices stand
 * one below the other in one tensor, and gate and up in another.
 */
final class Phi3 {
  /** The hub's names of tensors, beyond those of {@link DecoderWeights}. */
  static final Map<String, String> HUB_TENSORS =
      Map.of("layers.{}.mlp.gate_up_proj", "blk.{}.ffn_up");

  private Phi3() {}

  static DecoderStack load(Checkpoint file) {
    Checkpoint checkpoint = DecoderWeights.named(file, HUB_TENSORS);
    DecoderConfig config = DecoderConfig.of(checkpoint);
    Hyperparameters h = config.parameters();
    float epsilon = h.epsilon("attention.layer_norm_rms_epsilon");
    RotaryEmbedding rope = Rope.of(checkpoint, h, config.attention(), Pairs.HALVES);
    Weights weights = Weights.of(checkpoint);
    DecoderBlock[] blocks = new DecoderBlock[config.nLayers()];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = block(weights.at("blk." + i), config, config.attention(i), rope, epsilon);
    }
    RmsNorm last = new RmsNorm(weights.vector("output_norm.weight", config.dim()), epsilon);
    return DecoderWeights.decoder(weights, config, rope, blocks, last);
  }

  private static DecoderBlock block(
      Weights w, DecoderConfig config, AttentionShape shape, RotaryEmbedding rope, float epsilon) {
    int dim = config.dim();
    int hiddenDim = config.hiddenDim();
    StackedLinear gateUp = new StackedLinear(w, "ffn_up", 2 * hiddenDim, dim);
    FeedForward feedForward =
        FeedForward.gated(
            config.parameters().activation("hidden_act", Activation.SILU),
            gateUp.part(0, hiddenDim),
            gateUp.part(hiddenDim, hiddenDim),
            DecoderWeights.linear(w, "ffn_down", dim, hiddenDim));
    return new DecoderBlock(
        new RmsNorm(w.vector("attn_norm.weight", dim), epsilon),
        DecoderWeights.stackedAttention(w, dim, shape, rope),
        new RmsNorm(w.vector("ffn_norm.weight", dim), epsilon),
        feedForward);
  }
}
