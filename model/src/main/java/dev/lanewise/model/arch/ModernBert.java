package dev.lanewise.model.arch;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.Embedding;
import dev.lanewise.model.nn.EncoderBlock;
import dev.lanewise.model.nn.FeedForward;
import dev.lanewise.model.nn.Head;
import dev.lanewise.model.nn.LayerNorm;
import dev.lanewise.model.nn.Linear;
import dev.lanewise.model.nn.RotaryEmbedding;
import dev.lanewise.model.nn.RotaryEmbedding.Pairs;
import java.util.Map;

/**
 * ModernBERT (Warner et al. 2024, arXiv:2412.13663): an encoder with rotary positions, GeGLU, norms
 * before the layers and mostly without biases. Every third block attends to everything, the others
 * to a window around each token, with rotary positions of another base.
 */
final class ModernBert {
  /** Every third block attends to everything, the first among them. */
  private static final int USUAL_PERIOD = 3;

  private static final String WINDOW = "attention.sliding_window";

  /** GGUF's number for a head that reads the first token. */
  private static final int GGUF_CLS = 2;

  private static final Map<String, String> HUB_TENSORS =
      GgufNames.table(
          "embeddings.tok_embeddings", "token_embd",
          "embeddings.norm", "token_embd_norm",
          "layers.{}.attn_norm", "blk.{}.attn_norm",
          "layers.{}.attn.Wqkv", "blk.{}.attn_qkv",
          "layers.{}.attn.Wo", "blk.{}.attn_output",
          "layers.{}.mlp_norm", "blk.{}.ffn_norm",
          "layers.{}.mlp.Wi", "blk.{}.ffn_up",
          "layers.{}.mlp.Wo", "blk.{}.ffn_down",
          "final_norm", "output_norm",
          "head.dense", "cls",
          "head.norm", "cls.norm",
          "classifier", "cls.output",
          "decoder", "mlm.decoder");

  private final Checkpoint checkpoint;
  private final EncoderConfig config;
  private final Hyperparameters h;
  private final Weights weights;
  private final int window; // 0 for none
  private final RotaryEmbedding[] ropes; // of blocks with a window, and of the others

  private ModernBert(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
    config = EncoderConfig.of(checkpoint);
    h = config.parameters();
    weights = Weights.of(checkpoint);
    window = (int) h.number(WINDOW, 0, 0, Hyperparameters.MAX_CONTEXT);
    refuseScaling();
    ropes = Rope.ofTwoKinds(checkpoint, h, config.attention(), Pairs.HALVES, 10_000, 10_000);
  }

  static TextEncoder load(Checkpoint file) {
    return new ModernBert(GgufNames.of(file, HUB_TENSORS, "model.")).load();
  }

  /** It would be one of all blocks, where {@link Rope} reads one of those without a window. */
  private void refuseScaling() {
    for (String key : h.metadata().keys()) {
      if (h.ofHub() && key.startsWith("rope_scaling.")) {
        throw new LanewiseException(
            "%s: %s is set; of this model scaled positions run only as rope_parameters describe them"
                .formatted(checkpoint.file(), key));
      }
    }
  }

  private TextEncoder load() {
    int dim = config.dim();
    EncoderBlock[] blocks = new EncoderBlock[config.nLayers()];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = block(weights.at("blk." + i), i);
    }
    int vocabSize = DecoderConfig.vocabSize(checkpoint, h, GgufNames.EMBEDDING, "vocab_size");
    Matrix tokens = weights.matrix(GgufNames.EMBEDDING, vocabSize, dim);
    return new TextEncoder(
        new TextEncoder.Parts(
            new Embedding(tokens, 1, null, norm(weights, "token_embd_norm")),
            null,
            TextEncoder.NO_PADDING,
            h.size("context_length", Hyperparameters.MAX_CONTEXT),
            TextEncoder.TokenRead.FIRST),
        new EncoderStack(
                checkpoint.memory(),
                config,
                blocks,
                norm(weights, "output_norm"),
                heads(vocabSize),
                DenseModules.of(checkpoint, dim))
            .with(ropes));
  }

  private EncoderBlock block(Weights w, int layer) {
    int dim = config.dim();
    int hiddenDim = config.hiddenDim();
    boolean windowed =
        window != 0 && SlidingLayers.contain(h, layer, config.nLayers(), USUAL_PERIOD, true);
    StackedLinear gateUp = new StackedLinear(w, "ffn_up", 2 * hiddenDim, dim);
    return new EncoderBlock(
        true,
        layer == 0 && !w.has("attn_norm.weight") ? null : norm(w, "attn_norm"),
        DecoderWeights.stackedAttention(
            w,
            dim,
            windowed ? config.attention().within(window / 2, window / 2) : config.attention(),
            ropes[windowed ? 0 : 1]),
        norm(w, "ffn_norm"),
        FeedForward.gated(
            config.activation(),
            gateUp.part(0, hiddenDim),
            gateUp.part(hiddenDim, hiddenDim),
            DecoderWeights.linear(w, "ffn_down", dim, hiddenDim)));
  }

  private LayerNorm norm(Weights w, String name) {
    int dim = config.dim();
    return new LayerNorm(
        w.vector(name + ".weight", dim), w.optionalVector(name + ".bias", dim), config.epsilon());
  }

  private EncoderStack.Heads heads(int vocabSize) {
    HeadKind named = HeadKind.named(h.metadata(), this::kindOfTensors);
    HeadKind kind = weights.has("cls.weight") ? named : HeadKind.NONE;
    Head head =
        switch (kind) {
          case NONE, IMAGE_CLASSES -> null;
          case MASKED_TOKENS -> head(maskedTokens(vocabSize));
          case SEQUENCE_CLASSES, TOKEN_CLASSES ->
              head(classes(weights.rows("cls.output.weight", Hyperparameters.MAX_VOCAB)));
          case ANSWER_SPAN -> head(classes(HeadKind.SPAN_SCORES));
        };
    return EncoderStack.Heads.of(kind, head, h).with(pooling());
  }

  private HeadKind kindOfTensors() {
    if (weights.has("cls.output.weight")) {
      return HeadKind.SEQUENCE_CLASSES;
    }
    return h.ofHub() ? HeadKind.MASKED_TOKENS : HeadKind.NONE; // no GGUF file has its decoder
  }

  private Head head(Linear out) {
    Linear dense = DecoderWeights.linear(weights, "cls", config.dim(), config.dim());
    Activation f = h.activation("classifier_activation", Activation.GELU);
    return Head.dense(dense, f, norm(weights, "cls.norm"), out);
  }

  private Linear classes(int n) {
    return DecoderWeights.linear(weights, "cls.output", n, config.dim());
  }

  private Linear maskedTokens(int vocabSize) {
    String own = "mlm.decoder.weight";
    return new Linear(
        weights.interleaved(weights.has(own) ? own : GgufNames.EMBEDDING, vocabSize, config.dim()),
        weights.optionalVector("mlm.decoder.bias", vocabSize));
  }

  /** Of what a head of sequences reads; null for the first token alone. */
  private Pooling pooling() {
    if (h.ofHub()) {
      String name = h.text("classifier_pooling", "cls");
      return switch (name) {
        case "cls" -> null;
        case "mean" -> Pooling.MEAN;
        default -> throw h.wrong("classifier_pooling", "'" + name + "'", "cls or mean");
      };
    }
    return h.metadata().integer(h.key("classifier.pooling_type"), 0) == GGUF_CLS
        ? null
        : Pooling.MEAN;
  }
}
