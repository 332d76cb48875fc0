package dev.lanewise.model.arch;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.Attention;
import dev.lanewise.model.nn.CrossDecoderBlock;
import dev.lanewise.model.nn.Embedding;
import dev.lanewise.model.nn.EncoderBlock;
import dev.lanewise.model.nn.FeedForward;
import dev.lanewise.model.nn.Linear;
import dev.lanewise.model.nn.RelativePositions;
import dev.lanewise.model.nn.RmsNorm;
import java.util.Map;

/**
 * T5 (Raffel et al. 2019, arXiv:1910.10683): pre-normalised blocks without biases, scores that are
 * not scaled but shifted by relative positions, which the first block of each stack holds for all.
 * Version 1.1 (Shazeer 2020, arXiv:2002.05202) and FLAN-T5 (Chung et al. 2022, arXiv:2210.11416)
 * gate the feed-forward layer and have an output matrix of their own.
 */
final class T5 {
  /** Relative positions set no limit; this bounds what one source may ask for. */
  private static final int MAX_LENGTH = 1 << 15;

  private static final String ENCODER_ATTENTION = "encoder.block.{}.layer.0.SelfAttention.";
  private static final String DECODER_ATTENTION = "decoder.block.{}.layer.0.SelfAttention.";
  private static final String CROSS_ATTENTION = "decoder.block.{}.layer.1.EncDecAttention.";
  private static final String ENCODER_FEED_FORWARD = "encoder.block.{}.layer.1.DenseReluDense.";
  private static final String DECODER_FEED_FORWARD = "decoder.block.{}.layer.2.DenseReluDense.";

  private static final Map<String, String> HUB_TENSORS =
      Map.ofEntries(
          Map.entry("shared", "token_embd"),
          Map.entry("encoder.embed_tokens", "enc.token_embd"),
          Map.entry("decoder.embed_tokens", "dec.token_embd"),
          Map.entry("lm_head", "output"),
          Map.entry("encoder.final_layer_norm", "enc.output_norm"),
          Map.entry("encoder.block.{}.layer.0.layer_norm", "enc.blk.{}.attn_norm"),
          Map.entry(ENCODER_ATTENTION + "q", "enc.blk.{}.attn_q"),
          Map.entry(ENCODER_ATTENTION + "k", "enc.blk.{}.attn_k"),
          Map.entry(ENCODER_ATTENTION + "v", "enc.blk.{}.attn_v"),
          Map.entry(ENCODER_ATTENTION + "o", "enc.blk.{}.attn_o"),
          Map.entry(ENCODER_ATTENTION + "relative_attention_bias", "enc.blk.{}.attn_rel_b"),
          Map.entry("encoder.block.{}.layer.1.layer_norm", "enc.blk.{}.ffn_norm"),
          Map.entry(ENCODER_FEED_FORWARD + "wi", "enc.blk.{}.ffn_up"),
          Map.entry(ENCODER_FEED_FORWARD + "wi_0", "enc.blk.{}.ffn_gate"),
          Map.entry(ENCODER_FEED_FORWARD + "wi_1", "enc.blk.{}.ffn_up"),
          Map.entry(ENCODER_FEED_FORWARD + "wo", "enc.blk.{}.ffn_down"),
          Map.entry("decoder.final_layer_norm", "dec.output_norm"),
          Map.entry("decoder.block.{}.layer.0.layer_norm", "dec.blk.{}.attn_norm"),
          Map.entry(DECODER_ATTENTION + "q", "dec.blk.{}.attn_q"),
          Map.entry(DECODER_ATTENTION + "k", "dec.blk.{}.attn_k"),
          Map.entry(DECODER_ATTENTION + "v", "dec.blk.{}.attn_v"),
          Map.entry(DECODER_ATTENTION + "o", "dec.blk.{}.attn_o"),
          Map.entry(DECODER_ATTENTION + "relative_attention_bias", "dec.blk.{}.attn_rel_b"),
          Map.entry("decoder.block.{}.layer.1.layer_norm", "dec.blk.{}.cross_attn_norm"),
          Map.entry(CROSS_ATTENTION + "q", "dec.blk.{}.cross_attn_q"),
          Map.entry(CROSS_ATTENTION + "k", "dec.blk.{}.cross_attn_k"),
          Map.entry(CROSS_ATTENTION + "v", "dec.blk.{}.cross_attn_v"),
          Map.entry(CROSS_ATTENTION + "o", "dec.blk.{}.cross_attn_o"),
          Map.entry("decoder.block.{}.layer.2.layer_norm", "dec.blk.{}.ffn_norm"),
          Map.entry(DECODER_FEED_FORWARD + "wi", "dec.blk.{}.ffn_up"),
          Map.entry(DECODER_FEED_FORWARD + "wi_0", "dec.blk.{}.ffn_gate"),
          Map.entry(DECODER_FEED_FORWARD + "wi_1", "dec.blk.{}.ffn_up"),
          Map.entry(DECODER_FEED_FORWARD + "wo", "dec.blk.{}.ffn_down"));

  private static final Map<String, String> HUB_KEYS =
      Map.of(
          "embedding_length", "d_model",
          "feed_forward_length", "d_ff",
          "block_count", "num_layers",
          "decoder_block_count", "num_decoder_layers",
          "attention.head_count", "num_heads",
          "attention.key_length", "d_kv",
          "attention.value_length", "d_kv",
          "attention.layer_norm_rms_epsilon", "layer_norm_epsilon",
          "attention.relative_buckets_count", "relative_attention_num_buckets",
          "attention.relative_max_distance", "relative_attention_max_distance");

  private final Checkpoint checkpoint;
  private final Weights weights;
  private final Hyperparameters h;
  private final int dim;
  private final int hiddenDim;
  private final AttentionShape attention;
  private final float epsilon;
  private final boolean gated;
  private final Activation activation;

  private T5(Checkpoint file) {
    h = new Hyperparameters(file, HUB_KEYS);
    checkpoint = GgufNames.of(file, HUB_TENSORS);
    weights = Weights.of(checkpoint);
    dim = h.size("embedding_length", Hyperparameters.MAX_DIM);
    hiddenDim = h.size("feed_forward_length", Hyperparameters.MAX_DIM);
    int nHeads = h.size("attention.head_count", Hyperparameters.MAX_HEADS);
    int headDim = h.size("attention.key_length", Hyperparameters.MAX_DIM / nHeads);
    if (h.size("attention.value_length", headDim, Hyperparameters.MAX_DIM) != headDim) {
      throw h.wrong("attention.value_length", "another", "the key length, " + headDim);
    }
    attention = AttentionShape.of(nHeads, nHeads, headDim).withScale(1);
    epsilon = h.epsilon("attention.layer_norm_rms_epsilon");
    gated = weights.has("enc.blk.0.ffn_gate.weight");
    activation = activation();
  }

  static EncoderDecoderModel load(Checkpoint file) {
    return new T5(file).load();
  }

  /** The encoder alone (Ni et al. 2021, arXiv:2108.08877). */
  static TextEncoder loadEncoder(Checkpoint file) {
    return new T5(file).loadEncoder();
  }

  private TextEncoder loadEncoder() {
    String tokens = EncoderDecoder.embedding(weights, "enc");
    int vocabSize = DecoderConfig.vocabSize(checkpoint, h, tokens, "vocab_size");
    EncoderBlock[] blocks = encoderBlocks();
    int length = sizes(blocks.length, attention).length();
    Embedding embedding = new Embedding(weights.matrix(tokens, vocabSize, dim), 1, null, null);
    return new TextEncoder(
        new TextEncoder.Parts(
            embedding, null, TextEncoder.NO_PADDING, length, TextEncoder.TokenRead.FIRST),
        new EncoderStack(
                checkpoint.memory(),
                new EncoderConfig(h, dim, hiddenDim, blocks.length, attention, epsilon, activation),
                blocks,
                norm(weights, "enc.output_norm"),
                EncoderStack.Heads.NONE,
                DenseModules.of(checkpoint, dim))
            .with(positions("enc", true)));
  }

  private EncoderDecoderModel load() {
    String tokens = EncoderDecoder.embedding(weights, "enc");
    int vocabSize = DecoderConfig.vocabSize(checkpoint, h, tokens, "vocab_size");
    EncoderBlock[] encoder = encoderBlocks();
    CrossDecoderBlock[] decoder =
        new CrossDecoderBlock
            [h.size("decoder_block_count", encoder.length, Hyperparameters.MAX_LAYERS)];
    for (int i = 0; i < decoder.length; i++) {
      decoder[i] = decoderBlock(weights.at("dec.blk." + i));
    }
    Embedding embedding = new Embedding(weights.matrix(tokens, vocabSize, dim), 1, null, null);
    boolean tied = !weights.has("output.weight");
    Matrix lmHead = weights.interleaved(tied ? tokens : "output.weight", vocabSize, dim);
    return new EncoderDecoder(
        checkpoint.memory(),
        new EncoderDecoder.SourceStack(
            sizes(encoder.length, attention),
            embedding,
            encoder,
            norm(weights, "enc.output_norm"),
            positions("enc", true)),
        new EncoderDecoder.TargetStack(
            sizes(decoder.length, attention.causal()),
            embedding,
            decoder,
            outputNorm(tied),
            positions("dec", false),
            new Linear(lmHead, null)),
        GenerationConfig.of(h, vocabSize));
  }

  private EncoderDecoder.Sizes sizes(int nLayers, AttentionShape shape) {
    return new EncoderDecoder.Sizes(dim, hiddenDim, nLayers, shape, MAX_LENGTH);
  }

  private EncoderBlock[] encoderBlocks() {
    EncoderBlock[] blocks = new EncoderBlock[h.size("block_count", Hyperparameters.MAX_LAYERS)];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = encoderBlock(weights.at("enc.blk." + i));
    }
    return blocks;
  }

  private EncoderBlock encoderBlock(Weights w) {
    return new EncoderBlock(
        true,
        norm(w, "attn_norm"),
        attention(w, "attn", attention),
        norm(w, "ffn_norm"),
        feedForward(w));
  }

  private CrossDecoderBlock decoderBlock(Weights w) {
    return new CrossDecoderBlock(
        true,
        norm(w, "attn_norm"),
        attention(w, "attn", attention.causal()),
        norm(w, "cross_attn_norm"),
        attention(w, "cross_attn", attention),
        norm(w, "ffn_norm"),
        feedForward(w));
  }

  private Attention attention(Weights w, String name, AttentionShape shape) {
    int width = shape.queryWidth();
    return Attention.of(
        linear(w, name + "_q", width, dim),
        linear(w, name + "_k", width, dim),
        linear(w, name + "_v", width, dim),
        linear(w, name + "_o", dim, width),
        shape);
  }

  private FeedForward feedForward(Weights w) {
    Linear up = linear(w, "ffn_up", hiddenDim, dim);
    Linear down = linear(w, "ffn_down", dim, hiddenDim);
    return gated
        ? FeedForward.gated(activation, linear(w, "ffn_gate", hiddenDim, dim), up, down)
        : FeedForward.plain(activation, up, down);
  }

  private static Linear linear(Weights w, String name, int rows, int cols) {
    return new Linear(w.interleaved(name + ".weight", rows, cols), null);
  }

  private RmsNorm norm(Weights w, String name) {
    return new RmsNorm(w.vector(name + ".weight", dim), epsilon);
  }

  /**
   * A tied output matrix works on states scaled by 1/√dim; the norm before it does that. That of
   * mT5 (Xue et al. 2020, arXiv:2010.11934) is never one.
   */
  private RmsNorm outputNorm(boolean tied) {
    RmsNorm norm = norm(weights, "dec.output_norm");
    boolean scaled =
        h.ofHub() ? h.flag("scale_decoder_outputs", h.flag("tie_word_embeddings", true)) : tied;
    if (scaled && !h.architecture().equals("mt5")) {
      float[] gain = norm.weight();
      for (int i = 0; i < gain.length; i++) {
        gain[i] *= (float) (1 / Math.sqrt(dim));
      }
    }
    return norm;
  }

  private RelativePositions positions(String stack, boolean bidirectional) {
    int buckets = h.size("attention.relative_buckets_count", 32, 1 << 16);
    int maxDistance = h.size("attention.relative_max_distance", 128, MAX_LENGTH);
    int exact = (bidirectional ? buckets / 2 : buckets) / 2;
    if (exact < 1) {
      throw h.wrong("attention.relative_buckets_count", buckets, "at least 4");
    }
    if (maxDistance <= exact) {
      throw h.wrong("attention.relative_max_distance", maxDistance, "above " + exact);
    }
    Matrix biases = weights.matrix(stack + ".blk.0.attn_rel_b.weight", buckets, attention.nHeads());
    return RelativePositions.of(biases, buckets, maxDistance, bidirectional);
  }

  /** As {@code dense_act_fn} says, or what lies behind the name of the projection. */
  private Activation activation() {
    if (h.has("dense_act_fn")) {
      return h.activation("dense_act_fn", Activation.RELU);
    }
    String projection = h.text("feed_forward_proj", gated ? "gated-gelu" : "relu");
    return switch (projection) {
      case "relu", "gated-relu" -> Activation.RELU;
      case "gated-gelu", "gelu_new" -> Activation.GELU_TANH;
      case "gelu" -> Activation.GELU;
      case "silu", "gated-silu" -> Activation.SILU;
      default ->
          throw h.wrong(
              "feed_forward_proj",
              "'" + projection + "'",
              "relu, gelu, silu, or one of these with 'gated-' before it");
    };
  }
}
