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
import java.util.Map;

/**
 * StarCoder 2 (Lozhkov et al. 2024, arXiv:2402.19173): rotary positions, grouped queries and a
 * sliding window as in Mistral, layer norms, biases and a plain GELU layer as in GPT-2.
 */
final class Starcoder2 {
  private static final Map<String, String> HUB_NAMES =
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
    rope = Rope.of(checkpoint, config, RotaryEmbedding.Pairs.HALVES);
  }

  static CausalModel load(Checkpoint file) {
    Checkpoint checkpoint = DecoderWeights.named(file, HUB_NAMES);
    return new Starcoder2(checkpoint).load(Weights.of(checkpoint));
  }

  private CausalModel load(Weights weights) {
    DecoderBlock[] blocks = new DecoderBlock[config.nLayers()];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = block(weights.at("blk." + i), config.attention(i));
    }
    return new Decoder(
        weights.file(),
        config,
        new Decoder.Parts(
            new Embedding(
                weights.matrix("token_embd.weight", config.vocabSize(), config.dim()),
                1,
                null,
                null),
            new RotaryEmbedding[] {rope},
            blocks,
            norm(weights, "output_norm"),
            new Linear(DecoderWeights.lmHead(weights, config), null),
            0));
  }

  private DecoderBlock block(Weights w, AttentionShape shape) {
    int dim = config.dim();
    Attention attention =
        Attention.rotary(
            DecoderWeights.linear(w, "attn_q", shape.queryWidth(), dim),
            DecoderWeights.linear(w, "attn_k", shape.keyWidth(), dim),
            DecoderWeights.linear(w, "attn_v", shape.valueWidth(), dim),
            DecoderWeights.linear(w, "attn_output", dim, shape.outputWidth()),
            shape,
            rope,
            null,
            null);
    return new DecoderBlock(
        norm(w, "attn_norm"),
        attention,
        norm(w, "ffn_norm"),
        FeedForward.plain(
            config.parameters().activation("hidden_act", Activation.GELU_TANH),
            DecoderWeights.linear(w, "ffn_up", config.hiddenDim(), dim),
            DecoderWeights.linear(w, "ffn_down", dim, config.hiddenDim())));
  }

  private LayerNorm norm(Weights w, String name) {
    return new LayerNorm(
        w.vector(name + ".weight", config.dim()), w.vector(name + ".bias", config.dim()), epsilon);
  }
}
