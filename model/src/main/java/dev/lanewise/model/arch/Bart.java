package dev.lanewise.model.arch;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.Attention;
import dev.lanewise.model.nn.Block;
import dev.lanewise.model.nn.CrossDecoderBlock;
import dev.lanewise.model.nn.Embedding;
import dev.lanewise.model.nn.EncoderBlock;
import dev.lanewise.model.nn.FeedForward;
import dev.lanewise.model.nn.Head;
import dev.lanewise.model.nn.LayerNorm;
import dev.lanewise.model.nn.Linear;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * BART (Lewis et al. 2019, arXiv:1910.13461), the original transformer (Vaswani et al. 2017,
 * arXiv:1706.03762) with GELU, learned positions and a norm after the embedding; and what became of
 * it: Marian (Junczys-Dowmunt et al. 2018, arXiv:1804.00344), mBART (Liu et al. 2020,
 * arXiv:2001.08210) and Pegasus (Zhang et al. 2019, arXiv:1912.08777).
 */
final class Bart {
  /** What sets the relatives apart. */
  enum Variant {
    BART(false, false, true),
    MARIAN(false, true, false),
    MBART(true, false, true),
    PEGASUS(true, true, false);

    /** Norms stand before their layers, and one more after the last block. */
    private final boolean normFirst;

    /** Positions are sines and cosines, not learned. */
    private final boolean sinusoidal;

    /** The embedding is normalised. */
    private final boolean embeddingNorm;

    Variant(boolean normFirst, boolean sinusoidal, boolean embeddingNorm) {
      this.normFirst = normFirst;
      this.sinusoidal = sinusoidal;
      this.embeddingNorm = embeddingNorm;
    }
  }

  /** Rows of a learned position table before that of position 0, a relic of padding. */
  private static final int FIRST_POSITION = 2;

  private static final String POSITIONS = "position_embd.weight";

  /** Longest table of positions that is made here. */
  private static final int MAX_LENGTH = 1 << 15;

  /** The token that ends a text and begins another, where a file does not name it. */
  private static final int END = 2;

  private static final float EPSILON = 1e-5f; // PyTorch's; no file says it

  private static final Map<String, String> HUB_TENSORS = hubTensors();

  private final Checkpoint checkpoint;
  private final Weights weights;
  private final Hyperparameters h;
  private final Variant variant;
  private final int dim;
  private final int length;
  private final Activation activation;

  private Bart(Checkpoint file, Variant variant) {
    this.variant = variant;
    h = new Hyperparameters(file, Map.of());
    checkpoint = GgufNames.of(file, HUB_TENSORS, "model.");
    weights = Weights.of(checkpoint);
    dim = h.size("d_model", Hyperparameters.MAX_DIM);
    length = h.size("max_position_embeddings", MAX_LENGTH);
    activation = h.activation("activation_function", Activation.GELU);
  }

  static EncoderDecoderModel load(Checkpoint file, Variant variant) {
    return new Bart(file, variant).load();
  }

  /** Whether a model was made to tell something of texts, not to make others of them. */
  static boolean hasHead(Metadata metadata) {
    HeadKind kind = HeadKind.named(metadata, () -> HeadKind.NONE);
    return kind == HeadKind.SEQUENCE_CLASSES || kind == HeadKind.ANSWER_SPAN;
  }

  /** Such a model. */
  static TextEncoder loadEncoder(Checkpoint file, Variant variant) {
    return new Bart(file, variant).loadEncoder();
  }

  private static Map<String, String> hubTensors() {
    Map<String, String> names = new HashMap<>();
    names.put("shared", "token_embd");
    names.put("lm_head", "output");
    names.put("classification_head.dense", "cls");
    names.put("classification_head.out_proj", "cls.output");
    names.put("qa_outputs", "span");
    for (String stack : new String[] {"encoder", "decoder"}) {
      String to = stack.substring(0, 3) + ".";
      names.put(stack + ".embed_tokens", to + "token_embd");
      names.put(stack + ".embed_positions", to + "position_embd");
      names.put(stack + ".layernorm_embedding", to + "token_embd_norm");
      names.put(stack + ".layer_norm", to + "output_norm");
      putAttention(names, stack + ".layers.{}.self_attn", to + "blk.{}.attn");
      names.put(stack + ".layers.{}.fc1", to + "blk.{}.ffn_up");
      names.put(stack + ".layers.{}.fc2", to + "blk.{}.ffn_down");
      names.put(stack + ".layers.{}.final_layer_norm", to + "blk.{}.ffn_norm");
    }
    putAttention(names, "decoder.layers.{}.encoder_attn", "dec.blk.{}.cross_attn");
    return Map.copyOf(names);
  }

  private static void putAttention(Map<String, String> names, String from, String to) {
    names.put(from + ".q_proj", to + "_q");
    names.put(from + ".k_proj", to + "_k");
    names.put(from + ".v_proj", to + "_v");
    names.put(from + ".out_proj", to + "_o");
    names.put(from + "_layer_norm", to + "_norm");
  }

  private EncoderDecoderModel load() {
    String source = EncoderDecoder.embedding(weights, "enc");
    String target = EncoderDecoder.embedding(weights, "dec");
    int sourceVocabSize = DecoderConfig.vocabSize(checkpoint, h, source, "vocab_size");
    int vocabSize =
        target.equals(source)
            ? sourceVocabSize
            : DecoderConfig.vocabSize(checkpoint, h, target, "decoder_vocab_size");
    EncoderDecoder.Sizes encoderSizes = sizes("encoder", false);
    EncoderDecoder.Sizes decoderSizes = sizes("decoder", true);
    return new EncoderDecoder(
        checkpoint.memory(),
        new EncoderDecoder.SourceStack(
            encoderSizes,
            embedding(weights.at("enc"), source, sourceVocabSize),
            encoderBlocks(encoderSizes),
            lastNorm("enc"),
            null),
        new EncoderDecoder.TargetStack(
            decoderSizes,
            embedding(weights.at("dec"), target, vocabSize),
            decoderBlocks(decoderSizes),
            lastNorm("dec"),
            null,
            lmHead(target, vocabSize)),
        GenerationConfig.of(h, vocabSize));
  }

  /** The encoder and the decoder on top of it read the same sequence. */
  private TextEncoder loadEncoder() {
    String source = EncoderDecoder.embedding(weights, "enc");
    String target = EncoderDecoder.embedding(weights, "dec");
    int vocabSize = DecoderConfig.vocabSize(checkpoint, h, source, "vocab_size");
    EncoderDecoder.Sizes encoder = sizes("encoder", false);
    EncoderDecoder.Sizes decoder = sizes("decoder", true);
    HeadKind kind = HeadKind.named(h.metadata(), () -> HeadKind.NONE);
    return new TextEncoder(
        new TextEncoder.Parts(
            embedding(weights.at("enc"), source, vocabSize),
            null,
            null,
            TextEncoder.NO_PADDING,
            length,
            kind == HeadKind.SEQUENCE_CLASSES ? lastEnd() : TextEncoder.TokenRead.FIRST,
            new TextEncoder.Shifted(
                embedding(weights.at("dec"), target, vocabSize), firstToken(vocabSize))),
        new EncoderStack(
            checkpoint.memory(),
            new EncoderDecoder.Sizes(
                dim,
                Math.max(encoder.hiddenDim(), decoder.hiddenDim()),
                encoder.nLayers() + decoder.nLayers(),
                encoder.attention(),
                length),
            blocks(encoderBlocks(encoder), decoderBlocks(decoder)),
            lastNorm("dec"),
            EncoderStack.Heads.of(kind, head(kind), h),
            List.of()));
  }

  /** The token that the decoder reads first, before those of the sequence. */
  private int firstToken(int vocabSize) {
    return variant == Variant.MBART
        ? TextEncoder.Shifted.LAST // its language
        : h.within("decoder_start_token_id", token("decoder_start_token_id"), 0, vocabSize - 1);
  }

  private int token(String name) {
    return h.metadata().integer(name, END);
  }

  /** The last token that ends a text, where the decoder has seen all of it. */
  private TextEncoder.TokenRead lastEnd() {
    int end = token("eos_token_id");
    return (ids, from, tokens) -> {
      int last = tokens - 1;
      while (last >= 0 && ids[from + last] != end) {
        last--;
      }
      return last;
    };
  }

  private Head head(HeadKind kind) {
    if (kind == HeadKind.ANSWER_SPAN) {
      return Head.linear(linear(weights, "span", HeadKind.SPAN_SCORES, dim));
    }
    int classes = weights.rows("cls.output.weight", Hyperparameters.MAX_VOCAB);
    return Head.dense(
        linear(weights, "cls", dim, dim),
        Activation.TANH,
        null,
        linear(weights, "cls.output", classes, dim));
  }

  /** Those of both stacks; between them the second stream becomes the first. */
  private Block[] blocks(EncoderBlock[] encoder, CrossDecoderBlock[] decoder) {
    List<Block> blocks = new ArrayList<>(List.of(encoder));
    blocks.addAll(List.of(decoder));
    LayerNorm norm = lastNorm("enc");
    blocks.set(
        encoder.length,
        (kernels, ws, mask, batch, tokens) -> {
          ws.exchange(batch * tokens);
          if (norm != null) {
            norm.forward(kernels, ws.second(), ws.second(), batch * tokens);
          }
          decoder[0].forward(kernels, ws, mask, batch, tokens);
        });
    return blocks.toArray(Block[]::new);
  }

  private EncoderBlock[] encoderBlocks(EncoderDecoder.Sizes sizes) {
    EncoderBlock[] blocks = new EncoderBlock[sizes.nLayers()];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = encoderBlock(weights.at("enc.blk." + i), sizes);
    }
    return blocks;
  }

  private CrossDecoderBlock[] decoderBlocks(EncoderDecoder.Sizes sizes) {
    CrossDecoderBlock[] blocks = new CrossDecoderBlock[sizes.nLayers()];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = decoderBlock(weights.at("dec.blk." + i), sizes);
    }
    return blocks;
  }

  private EncoderDecoder.Sizes sizes(String stack, boolean causal) {
    int nHeads = h.size(stack + "_attention_heads", Hyperparameters.MAX_HEADS);
    if (dim % nHeads != 0) {
      throw h.wrong(stack + "_attention_heads", nHeads, "a divisor of " + dim);
    }
    AttentionShape shape = AttentionShape.of(nHeads, nHeads, dim / nHeads);
    return new EncoderDecoder.Sizes(
        dim,
        h.size(stack + "_ffn_dim", Hyperparameters.MAX_DIM),
        h.size(stack + "_layers", Hyperparameters.MAX_LAYERS),
        causal ? shape.causal() : shape,
        length);
  }

  private Embedding embedding(Weights w, String tokens, int vocabSize) {
    float scale = h.flag("scale_embedding", false) ? (float) Math.sqrt(dim) : 1;
    return new Embedding(
        weights.matrix(tokens, vocabSize, dim),
        scale,
        positions(w),
        variant.embeddingNorm ? norm(w, "token_embd_norm") : null);
  }

  private Matrix positions(Weights w) {
    if (!variant.sinusoidal) {
      return w.matrix(POSITIONS, length + FIRST_POSITION, dim).rows(FIRST_POSITION, length);
    }
    return w.has(POSITIONS) ? w.matrix(POSITIONS, length, dim) : sinusoids();
  }

  /** Position p in [length × dim]: sin(p · 10000^(−2j/dim)) for all j, then the cosines. */
  private Matrix sinusoids() {
    if (length > DecoderSession.MAX_ARRAY / dim) {
      throw h.wrong("max_position_embeddings", length, "a table's length");
    }
    int sines = Math.ceilDiv(dim, 2);
    float[] table = new float[length * dim];
    for (int p = 0; p < length; p++) {
      for (int i = 0; i < dim; i++) {
        int j = i < sines ? i : i - sines;
        double angle = p / Math.pow(10_000, 2.0 * j / dim);
        table[p * dim + i] = (float) (i < sines ? Math.sin(angle) : Math.cos(angle));
      }
    }
    return Matrix.of(table, length, dim);
  }

  private EncoderBlock encoderBlock(Weights w, EncoderDecoder.Sizes sizes) {
    return new EncoderBlock(
        variant.normFirst,
        norm(w, "attn_norm"),
        attention(w, "attn", sizes.attention()),
        norm(w, "ffn_norm"),
        feedForward(w, sizes));
  }

  private CrossDecoderBlock decoderBlock(Weights w, EncoderDecoder.Sizes sizes) {
    AttentionShape shape = sizes.attention();
    return new CrossDecoderBlock(
        variant.normFirst,
        norm(w, "attn_norm"),
        attention(w, "attn", shape),
        norm(w, "cross_attn_norm"),
        attention(
            w, "cross_attn", AttentionShape.of(shape.nHeads(), shape.nHeads(), shape.headDim())),
        norm(w, "ffn_norm"),
        feedForward(w, sizes));
  }

  private Attention attention(Weights w, String name, AttentionShape shape) {
    return Attention.of(
        linear(w, name + "_q", dim, dim),
        linear(w, name + "_k", dim, dim),
        linear(w, name + "_v", dim, dim),
        linear(w, name + "_o", dim, dim),
        shape);
  }

  private FeedForward feedForward(Weights w, EncoderDecoder.Sizes sizes) {
    return FeedForward.plain(
        activation,
        linear(w, "ffn_up", sizes.hiddenDim(), dim),
        linear(w, "ffn_down", dim, sizes.hiddenDim()));
  }

  private static Linear linear(Weights w, String name, int rows, int cols) {
    return new Linear(w.interleaved(name + ".weight", rows, cols), w.vector(name + ".bias", rows));
  }

  private LayerNorm lastNorm(String stack) {
    return variant.normFirst ? norm(weights, stack + ".output_norm") : null;
  }

  private LayerNorm norm(Weights w, String name) {
    return new LayerNorm(w.vector(name + ".weight", dim), w.vector(name + ".bias", dim), EPSILON);
  }

  /** The target's embedding, unless the file has an output matrix of its own. */
  private Linear lmHead(String embedding, int vocabSize) {
    String name = weights.has("output.weight") ? "output.weight" : embedding;
    return new Linear(
        weights.interleaved(name, vocabSize, dim),
        weights.optionalVector("final_logits_bias", vocabSize));
  }
}
