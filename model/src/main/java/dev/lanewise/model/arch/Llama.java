package dev.lanewise.model.arch;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.Attention;
import dev.lanewise.model.nn.DecoderBlock;
import dev.lanewise.model.nn.FeedForward;
import dev.lanewise.model.nn.RmsNorm;
import dev.lanewise.model.nn.RotaryEmbedding;

/**
 * Llama (Touvron et al. 2023, arXiv:2302.13971 and arXiv:2307.09288; Llama 3: arXiv:2407.21783),
 * the architecture also of SmolLM2, TinyLlama and Mistral (Jiang et al. 2023, arXiv:2310.06825,
 * with a sliding window), of SmolLM3 (Bakouch et al. 2025, without positions in every fourth block:
 * Yang et al. 2025, arXiv:2501.18795), and with biases or normalised heads of Qwen 2 and 3
 * (arXiv:2407.10671, arXiv:2505.09388): pre-normalised blocks of attention with rotary positions
 * and a SwiGLU feed-forward layer, or in Mixtral and Qwen 3's larger models a mixture of such
 * layers ({@link Experts}).
 */
final class Llama {
  private Llama() {}

  /**
   * The model in a checkpoint.
   *
   * @param ggufPairs which elements rotate together in a GGUF file of this architecture
   */
  static DecoderStack load(Checkpoint file, RotaryEmbedding.Pairs ggufPairs) {
    Checkpoint checkpoint = DecoderWeights.named(file, Experts.hubTensors(file));
    DecoderConfig config = DecoderConfig.of(checkpoint);
    Hyperparameters h = config.parameters();
    h.refuse("leave_out_layers", "left-out layers");
    float epsilon = h.epsilon("attention.layer_norm_rms_epsilon");
    RotaryEmbedding.Pairs pairs = h.ofHub() ? RotaryEmbedding.Pairs.HALVES : ggufPairs;
    RotaryEmbedding rope = Rope.of(checkpoint, h, config.attention(), pairs);
    Weights weights = Weights.of(checkpoint);
    DecoderBlock[] blocks = new DecoderBlock[config.nLayers()];
    for (int i = 0; i < blocks.length; i++) {
      RotaryEmbedding own = config.hasPositions(i) ? rope : null;
      Weights w = weights.at("blk." + i);
      FeedForward feedForward = feedForward(w, config, i);
      blocks[i] = block(w, config, config.attention(i), own, feedForward, epsilon);
    }
    RmsNorm last = new RmsNorm(weights.vector("output_norm.weight", config.dim()), epsilon);
    return DecoderWeights.decoder(weights, config, rope, blocks, last);
  }

  private static FeedForward feedForward(Weights w, DecoderConfig config, int layer) {
    Activation f = config.parameters().activation("hidden_act", Activation.SILU);
    Experts experts = config.experts();
    return experts != null && experts.inBlock(layer)
        ? experts.load(w, f, config.dim())
        : DecoderWeights.gated(w, f, config);
  }

  private static DecoderBlock block(
      Weights w,
      DecoderConfig config,
      AttentionShape shape,
      RotaryEmbedding rope,
      FeedForward feedForward,
      float epsilon) {
    int dim = config.dim();
    Attention attention =
        DecoderWeights.attention(
            w,
            dim,
            shape,
            rope,
            DecoderWeights.headNorm(w, "attn_q_norm.weight", config, epsilon),
            DecoderWeights.headNorm(w, "attn_k_norm.weight", config, epsilon));
    return new DecoderBlock(
        new RmsNorm(w.vector("attn_norm.weight", dim), epsilon),
        attention,
        new RmsNorm(w.vector("ffn_norm.weight", dim), epsilon),
        feedForward);
  }
}
