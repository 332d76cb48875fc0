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
 * Gemma (Gemma Team 2024, arXiv:2403.08295): a Llama with GeGLU and an embedding scaled by √dim.
 *
 * <p>Gemma 2 (2024, arXiv:2408.00118) has norms before and after each layer, blocks that attend to
 * a sliding window between blocks that attend to everything, and bounds scores and logits. Gemma 3
 * (2025, arXiv:2503.19786) has no bounds but normalised heads, and of either kind of block the
 * rotary positions have a base of their own.
 */
final class Gemma {
  /** Which of them. */
  enum Version {
    /** The first, whose blocks all attend to everything. */
    GEMMA(1, 0),
    /** The second. */
    GEMMA2(2, 46),
    /** The third. */
    GEMMA3(6, 62);

    private final int pattern;
    private final int largest;

    /**
     * What files need not say.
     *
     * @param pattern of so many blocks the last attends to everything
     * @param largest blocks of the 27B model; 0 if there is none
     */
    Version(int pattern, int largest) {
      this.pattern = pattern;
      this.largest = largest;
    }

    /** Of so many blocks the last attends to everything, where a file does not say it. */
    int pattern() {
      return pattern;
    }

    /**
     * Scores are divided by its root. GGUF files do not hold it: of the largest models it is the
     * width per head, else of a head.
     */
    int ggufScalar(DecoderConfig config) {
      AttentionShape heads = config.attention();
      return config.nLayers() == largest ? config.dim() / heads.nHeads() : heads.headDim();
    }
  }

  /** The hub's names of tensors, beyond those of {@link DecoderWeights}. */
  static final Map<String, String> HUB_TENSORS =
      Map.of(
          "layers.{}.post_attention_layernorm", "blk.{}.post_attention_norm",
          "layers.{}.pre_feedforward_layernorm", "blk.{}.ffn_norm",
          "layers.{}.post_feedforward_layernorm", "blk.{}.post_ffw_norm");

  private final Version version;
  private final DecoderConfig config;
  private final Hyperparameters h;
  private final float epsilon;
  private final AttentionShape shape;
  private final RotaryEmbedding[] ropes; // of blocks with a window first, if they have their own

  private Gemma(Checkpoint checkpoint, Version version) {
    this.version = version;
    config = DecoderConfig.of(checkpoint);
    h = config.parameters();
    epsilon = h.epsilon("attention.layer_norm_rms_epsilon");
    AttentionShape heads = config.attention();
    double scalar =
        h.ofHub()
            ? h.number("query_pre_attn_scalar", heads.headDim(), 1, 1e6)
            : version.ggufScalar(config);
    shape =
        heads
            .withScale((float) (1 / Math.sqrt(scalar)))
            .withSoftCap(version == Version.GEMMA2 ? softCap() : 0);
    ropes =
        version == Version.GEMMA3
            ? Rope.ofTwoKinds(checkpoint, h, heads, Pairs.HALVES, 10_000, 1e6)
            : new RotaryEmbedding[] {Rope.of(checkpoint, h, heads, Pairs.HALVES)};
  }

  private float softCap() {
    return (float) h.number("attn_logit_softcapping", 0, 0, 1e6);
  }

  static DecoderStack load(Checkpoint file, Version version) {
    Checkpoint checkpoint =
        DecoderWeights.named(file, version == Version.GEMMA ? Map.of() : HUB_TENSORS);
    return new Gemma(checkpoint, version).load(Weights.of(checkpoint));
  }

  private DecoderStack load(Weights weights) {
    DecoderBlock[] blocks = new DecoderBlock[config.nLayers()];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = block(weights.at("blk." + i), config.attendsToWindow(i, version.pattern));
    }
    return new DecoderStack(
        weights,
        config,
        DecoderWeights.embedding(weights, config, (float) Math.sqrt(config.dim())),
        ropes,
        blocks,
        norm(weights, "output_norm.weight", config.dim()),
        1,
        (float) h.number("final_logit_softcapping", 0, 0, 1e6));
  }

  private DecoderBlock block(Weights w, boolean windowed) {
    int dim = config.dim();
    int headDim = shape.headDim();
    boolean normalisesHeads = version == Version.GEMMA3;
    Attention attention =
        DecoderWeights.attention(
            w,
            dim,
            windowed ? config.windowed(shape) : shape,
            ropes[windowed ? 0 : ropes.length - 1],
            normalisesHeads ? norm(w, "attn_q_norm.weight", headDim) : null,
            normalisesHeads ? norm(w, "attn_k_norm.weight", headDim) : null);
    RmsNorm attentionNorm = norm(w, "attn_norm.weight", dim);
    RmsNorm feedForwardNorm = norm(w, "ffn_norm.weight", dim);
    FeedForward feedForward = DecoderWeights.gated(w, activation(), config);
    return version == Version.GEMMA
        ? new DecoderBlock(attentionNorm, attention, feedForwardNorm, feedForward)
        : new DecoderBlock(
            attentionNorm,
            attention,
            norm(w, "post_attention_norm.weight", dim),
            feedForwardNorm,
            feedForward,
            norm(w, "post_ffw_norm.weight", dim));
  }

  /** The first files say {@code gelu} and mean its approximation. */
  private Activation activation() {
    String key = version == Version.GEMMA ? "hidden_act" : "hidden_activation";
    Activation f = h.activation(key, Activation.GELU_TANH);
    return version == Version.GEMMA && f == Activation.GELU ? Activation.GELU_TANH : f;
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
}
