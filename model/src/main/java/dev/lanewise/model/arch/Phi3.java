package dev.lanewise.model.arch;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.Attention;
import dev.lanewise.model.nn.DecoderBlock;
import dev.lanewise.model.nn.FeedForward;
import dev.lanewise.model.nn.Linear;
import dev.lanewise.model.nn.RmsNorm;
import dev.lanewise.model.nn.RotaryEmbedding;
import java.util.Map;

/**
 * Phi-3 (Abdin et al. 2024, arXiv:2404.14219): a Llama whose query, key and value matrices stand
 * one below the other in one tensor, and gate and up in another.
 */
final class Phi3 {
  private static final Map<String, String> HUB_TENSORS =
      Map.of("layers.{}.mlp.gate_up_proj", "blk.{}.ffn_up");

  private Phi3() {}

  static DecoderStack load(Checkpoint file) {
    Checkpoint checkpoint = DecoderWeights.named(file, HUB_TENSORS);
    DecoderConfig config = DecoderConfig.of(checkpoint);
    float epsilon = config.parameters().epsilon("attention.layer_norm_rms_epsilon");
    RotaryEmbedding rope = Rope.of(checkpoint, config, RotaryEmbedding.Pairs.HALVES);
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
    int q = shape.queryWidth();
    int kv = shape.keyWidth();
    Attention attention =
        Attention.rotary(
            part(w, "attn_qkv.weight", 0, q, q + 2 * kv, dim),
            part(w, "attn_qkv.weight", q, kv, q + 2 * kv, dim),
            part(w, "attn_qkv.weight", q + kv, kv, q + 2 * kv, dim),
            DecoderWeights.linear(w, "attn_output", dim, q),
            shape,
            rope,
            null,
            null);
    FeedForward feedForward =
        FeedForward.gated(
            config.parameters().activation("hidden_act", Activation.SILU),
            part(w, "ffn_up.weight", 0, hiddenDim, 2 * hiddenDim, dim),
            part(w, "ffn_up.weight", hiddenDim, hiddenDim, 2 * hiddenDim, dim),
            DecoderWeights.linear(w, "ffn_down", dim, hiddenDim));
    return new DecoderBlock(
        new RmsNorm(w.vector("attn_norm.weight", dim), epsilon),
        attention,
        new RmsNorm(w.vector("ffn_norm.weight", dim), epsilon),
        feedForward);
  }

  private static Linear part(Weights w, String name, int from, int n, int rows, int cols) {
    return new Linear(w.interleavedRows(name, from, n, rows, cols), null);
  }
}
