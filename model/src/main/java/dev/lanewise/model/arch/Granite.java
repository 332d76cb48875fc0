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
import dev.lanewise.model.nn.RotaryEmbedding.Pairs;
import java.util.Map;

/**
 * Granite 3 (Granite Team, IBM 2024, "Granite 3.0 Language Models"): a Llama with factors on the
 * embedding, on the scores of attention, on what each layer adds to the residual stream, and on the
 * logits, with which training can be tried out on smaller models (Yang et al. 2022,
 * arXiv:2203.03466). GGUF files of Granite 4 without experts and recurrent blocks are such models
 * too.
 */
final class Granite {
  private final DecoderConfig config;
  private final Hyperparameters h;
  private final float epsilon;
  private final AttentionShape shape;
  private final RotaryEmbedding rope;
  private final float residualScale;

  private Granite(Checkpoint checkpoint) {
    config = DecoderConfig.of(checkpoint);
    h = config.parameters();
    epsilon = h.epsilon("attention.layer_norm_rms_epsilon");
    AttentionShape heads = config.attention();
    shape = heads.withScale(factor("attention.scale", heads.scale()));
    rope = Rope.of(checkpoint, h, shape, h.ofHub() ? Pairs.HALVES : Pairs.ADJACENT);
    residualScale = factor("residual_scale", 1);
  }

  private float factor(String name, double fallback) {
    return (float) h.number(name, fallback, 1e-6, 1e6);
  }

  static DecoderStack load(Checkpoint file) {
    Checkpoint checkpoint = DecoderWeights.named(file, Map.of());
    return new Granite(checkpoint).load(Weights.of(checkpoint));
  }

  private DecoderStack load(Weights weights) {
    DecoderBlock[] blocks = new DecoderBlock[config.nLayers()];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = block(weights.at("blk." + i));
    }
    return new DecoderStack(
        weights,
        config,
        DecoderWeights.embedding(weights, config, factor("embedding_scale", 1)),
        new RotaryEmbedding[] {rope},
        blocks,
        norm(weights, "output_norm.weight"),
        1 / factor("logit_scale", 1),
        0);
  }

  private DecoderBlock block(Weights w) {
    int dim = config.dim();
    int hiddenDim = config.hiddenDim();
    Attention attention =
        Attention.rotary(
            DecoderWeights.linear(w, "attn_q", shape.queryWidth(), dim),
            DecoderWeights.linear(w, "attn_k", shape.keyWidth(), dim),
            DecoderWeights.linear(w, "attn_v", shape.valueWidth(), dim),
            DecoderWeights.linear(w, "attn_output", dim, shape.outputWidth()).times(residualScale),
            shape,
            rope,
            null,
            null);
    FeedForward feedForward =
        FeedForward.gated(
            h.activation("hidden_act", Activation.SILU),
            DecoderWeights.linear(w, "ffn_gate", hiddenDim, dim),
            DecoderWeights.linear(w, "ffn_up", hiddenDim, dim),
            DecoderWeights.linear(w, "ffn_down", dim, hiddenDim).times(residualScale));
    return new DecoderBlock(
        norm(w, "attn_norm.weight"), attention, norm(w, "ffn_norm.weight"), feedForward);
  }

  private RmsNorm norm(Weights w, String name) {
    return new RmsNorm(w.vector(name, config.dim()), epsilon);
  }
}
