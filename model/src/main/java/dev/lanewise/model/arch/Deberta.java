package dev.lanewise.model.arch;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.StringTable;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.Attention;
import dev.lanewise.model.nn.Block;
import dev.lanewise.model.nn.ConvolvedBlock;
import dev.lanewise.model.nn.DisentangledAttention;
import dev.lanewise.model.nn.DisentangledAttention.Distances;
import dev.lanewise.model.nn.Embedding;
import dev.lanewise.model.nn.Linear;
import dev.lanewise.model.nn.Projections;
import dev.lanewise.model.nn.SelfAttention;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * DeBERTa, versions 2 (He et al. 2020, arXiv:2006.03654) and 3 (He et al. 2021, arXiv:2111.09543):
 * BERT whose attention tells distances from meanings, in version 3 without positions in the
 * embedding. The larger models of version 2 have a convolution beside the first block.
 */
final class Deberta {
  private static final String VECTORS = "pos_rel.weight";
  private static final String KERNEL = "conv_kernel_size"; // 0 for no convolution
  private static final int MAX_SPAN = 1 << 16;

  /** Longest sequence: there is a number for each head and pair of tokens. */
  private static final int MAX_LENGTH = 4096;

  private final Checkpoint checkpoint;
  private final EncoderConfig config;
  private final Hyperparameters h;
  private final Weights weights;
  private final List<String> looks; // "c2p": queries at distances; "p2c": keys
  private final AttentionShape shape;
  private final Distances distances; // null for none
  private final float[] vectors; // of distances, [2 · span × dim], see vectors(); null for none

  private Deberta(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
    config = EncoderConfig.of(checkpoint);
    h = config.parameters();
    weights = Weights.of(checkpoint);
    int width = h.size("embedding_size", config.dim(), Hyperparameters.MAX_DIM);
    if (width != config.dim()) {
      throw h.wrong("embedding_size", width, "the width of the blocks, " + config.dim());
    }
    looks = looks();
    int parts = 1 + (looks.contains("c2p") ? 1 : 0) + (looks.contains("p2c") ? 1 : 0);
    int headDim = config.attention().headDim();
    shape = config.attention().withScale((float) (1 / Math.sqrt((double) headDim * parts)));
    distances = h.flag("relative_attention", false) ? distances() : null;
    vectors = distances == null ? null : vectors();
  }

  static TextEncoder load(Checkpoint file) {
    BertFamily family = BertFamily.DEBERTA;
    return new Deberta(GgufNames.ofHub(file, family.hubNames(), family.prefix())).load();
  }

  /** The parts of {@code pos_att_type}, a list or a text with strokes between them. */
  private List<String> looks() {
    String key = "pos_att_type";
    Metadata metadata = h.metadata();
    List<String> found = new ArrayList<>();
    if (metadata.has(key) && metadata.isArray(key)) {
      StringTable list = metadata.strings(key);
      for (int i = 0; i < list.size(); i++) {
        found.add(list.get(i));
      }
    } else {
      for (String part : metadata.string(key, "").toLowerCase(Locale.ROOT).split("\\|")) {
        found.add(part.strip());
      }
    }
    return found;
  }

  private Distances distances() {
    int context = h.size("context_length", Hyperparameters.MAX_CONTEXT);
    int stated = h.metadata().integer("max_relative_positions", -1);
    int most = stated < 1 ? context : stated;
    int buckets = Math.max(0, h.metadata().integer("position_buckets", -1));
    String key = buckets == 0 ? "max_relative_positions" : "position_buckets";
    int span = h.within(key, buckets == 0 ? most : buckets, 2, MAX_SPAN);
    boolean anyFar = buckets > 0 && context - 1 > buckets / 2;
    if (anyFar && most <= buckets / 2 + 1) {
      throw h.wrong("max_relative_positions", most, "above half of position_buckets, " + buckets);
    }
    if (2L * span * config.dim() > DecoderSession.MAX_ARRAY) {
      throw h.wrong(key, span, "fewer: no array holds so many vectors");
    }
    return new Distances(span, buckets, most);
  }

  /** Those of the file, which counts distances from keys to queries, the other way round. */
  private float[] vectors() {
    int dim = config.dim();
    int count = 2 * distances.span();
    Matrix table = weights.matrix(VECTORS, count, dim);
    float[] vectors = new float[count * dim];
    for (int i = 0; i < count; i++) {
      table.row(i, vectors, (count - 1 - i) * dim);
    }
    if (h.text("norm_rel_ebd", "none").toLowerCase(Locale.ROOT).contains("layer_norm")) {
      EncoderWeights.norm(weights, "pos_rel_norm", config)
          .forward(Kernels.reference(Parallel.of(1)), vectors, vectors, count);
    }
    return vectors;
  }

  private TextEncoder load() {
    int dim = config.dim();
    Block[] blocks = new Block[config.nLayers()];
    try (Parallel team = Parallel.of(Runtime.getRuntime().availableProcessors())) {
      Kernels kernels = Kernels.best(team);
      for (int i = 0; i < blocks.length; i++) {
        Weights block = weights.at("blk." + i);
        blocks[i] = EncoderWeights.postNormBlock(block, config, attention(block, kernels));
      }
    }
    int kernel = h.metadata().integer(KERNEL, 0);
    if (kernel > 0) {
      blocks[0] = convolved(blocks[0], kernel);
    }
    int vocabSize = DecoderConfig.vocabSize(checkpoint, h, GgufNames.EMBEDDING, "vocab_size");
    int context = h.size("context_length", Hyperparameters.MAX_CONTEXT);
    boolean positioned = h.flag("position_biased_input", true);
    Embedding embedding =
        new Embedding(
            weights.matrix(GgufNames.EMBEDDING, vocabSize, dim),
            1,
            positioned ? weights.matrix("position_embd.weight", context, dim) : null,
            EncoderWeights.norm(weights, "token_embd_norm", config));
    boolean typed = h.metadata().integer("type_vocab_size", 0) > 0;
    return new TextEncoder(
        new TextEncoder.Parts(
            embedding,
            typed ? EncoderWeights.types(weights, config) : null,
            TextEncoder.NO_PADDING,
            Math.min(context, maxLength()),
            TextEncoder.TokenRead.FIRST),
        new EncoderStack(
            checkpoint.memory(),
            config,
            blocks,
            null,
            new TextHeads(weights, config, BertFamily.DEBERTA).load(),
            DenseModules.of(checkpoint, dim)));
  }

  /** A block with the convolution beside it. */
  private ConvolvedBlock convolved(Block block, int kernel) {
    int dim = config.dim();
    // There is an array for the neighbours of every token.
    h.within(KERNEL, kernel, 1, Math.max(1, DecoderSession.MAX_ARRAY / MAX_LENGTH / dim));
    if (kernel % 2 == 0) {
      throw h.wrong(KERNEL, kernel, "odd");
    }
    Projections[] groups = new Projections[h.size("conv_groups", 1, dim)];
    if (dim % groups.length != 0) {
      throw h.wrong("conv_groups", groups.length, "a divisor of " + dim);
    }
    Activation f = h.activation("conv_act", Activation.TANH);
    int width = dim / groups.length;
    Matrix filters = weights.filters("conv.weight", dim, width, kernel);
    float[] bias = weights.vector("conv.bias", dim);
    for (int g = 0; g < groups.length; g++) {
      int from = g * width;
      groups[g] =
          Projections.of(
              f,
              new Linear(filters.rows(from, width), Arrays.copyOfRange(bias, from, from + width)));
    }
    return new ConvolvedBlock(
        block, groups, kernel, EncoderWeights.norm(weights, "conv_norm", config));
  }

  /** Tokens of a sequence for whose pairs, and those of others beside it, there are arrays. */
  private int maxLength() {
    int perHead = DecoderSession.MAX_ARRAY / (2 * shape.nHeads());
    // There are rows that are up to 31 longer than twice the sequence.
    long longest = (long) Math.sqrt(perHead) - 8;
    return Math.clamp(longest, 1, Math.min(MAX_LENGTH, perHead / Encoding.MAX_ROWS));
  }

  private SelfAttention attention(Weights w, Kernels kernels) {
    int dim = config.dim();
    Linear q = EncoderWeights.linear(w, "attn_q", dim, dim);
    Linear k = EncoderWeights.linear(w, "attn_k", dim, dim);
    Linear v = EncoderWeights.linear(w, "attn_v", dim, dim);
    Linear o = EncoderWeights.linear(w, "attn_output", dim, dim);
    if (distances == null) {
      return Attention.of(q, k, v, o, shape);
    }
    boolean shared = h.flag("share_att_key", false);
    float[] keys = null;
    if (looks.contains("c2p")) {
      keys = projected(shared ? k : EncoderWeights.linear(w, "attn_pos_k", dim, dim), kernels);
    }
    float[] queries = null;
    if (looks.contains("p2c")) {
      queries = projected(shared ? q : EncoderWeights.linear(w, "attn_pos_q", dim, dim), kernels);
    }
    return new DisentangledAttention(q, k, v, o, keys, queries, shape, distances);
  }

  /** What the vectors of distances are to one side of a layer: the same for all texts. */
  private float[] projected(Linear layer, Kernels kernels) {
    float[] projected = new float[vectors.length];
    int count = 2 * distances.span();
    Projections.of(layer).forward(kernels, vectors, new float[][] {projected}, count);
    return projected;
  }
}
