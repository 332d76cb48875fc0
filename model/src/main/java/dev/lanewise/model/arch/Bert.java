package dev.lanewise.model.arch;

import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.Embedding;
import dev.lanewise.model.nn.EncoderBlock;
import dev.lanewise.model.nn.Norm;
import dev.lanewise.model.nn.Projections;
import dev.lanewise.model.nn.RelativePositions;
import java.util.HashSet;
import java.util.Set;

/**
 * BERT (Devlin et al. 2018, arXiv:1810.04805) and its relatives: the sum of token, learned position
 * and type of token, normalised, and blocks whose norms stand behind the sums.
 */
final class Bert {
  /** The hub's key of what tells where tokens stand. */
  static final String POSITIONS = "position_embedding_type";

  private static final String RELATIVE = "attn_rel_b.weight";
  private static final int MPNET_BUCKETS = 32;
  private static final int MPNET_DISTANCE = 128;

  /** RoBERTa's token for padding, where a file does not name it. */
  private static final int ROBERTA_PADDING = 1;

  private final BertFamily family;
  private final Checkpoint checkpoint;
  private final EncoderConfig config;
  private final Weights weights;

  private Bert(Checkpoint checkpoint, BertFamily family) {
    // GGUF's files of DistilBERT say that they are BERT, but no other lacks types of tokens.
    boolean distilled =
        GgufNames.in(checkpoint.metadata()) && !checkpoint.has(EncoderWeights.TYPES);
    this.family = distilled ? BertFamily.DISTILBERT : family;
    this.checkpoint = checkpoint;
    config = EncoderConfig.of(checkpoint);
    requireAbsolutePositions(config.parameters());
    weights = Weights.of(checkpoint);
  }

  private static void requireAbsolutePositions(Hyperparameters h) {
    String type = h.text(POSITIONS, "absolute");
    if (!type.equals("absolute")) {
      throw h.wrong(POSITIONS, "'" + type + "'", "absolute");
    }
  }

  static TextEncoder load(Checkpoint file, BertFamily family) {
    // GGUF's files of all relatives that it knows say that they are BERT.
    Checkpoint named =
        family == BertFamily.BERT
            ? GgufNames.of(file, family.hubNames(), family.prefix())
            : GgufNames.ofHub(file, family.hubNames(), family.prefix());
    if (GgufNames.in(file.metadata())) {
      refuseOthers(file);
    }
    return new Bert(named, family).load();
  }

  /** Other models whose files say that they are BERT have tensors that would be left out. */
  private static void refuseOthers(Checkpoint file) {
    Set<String> known = new HashSet<>(BertFamily.ROBERTA.hubNames().values()); // more than BERT's
    for (String name : file.tensors().keySet()) {
      String stem = name.replaceFirst("\\.(weight|bias)$", "");
      if (!known.contains(stem.replaceFirst("^blk\\.\\d+\\.", "blk.{}."))) {
        throw new LanewiseException(
            "%s: tensor %s is none of BERT's; the file holds another model, which does not run as BERT"
                .formatted(file.file(), name));
      }
    }
  }

  private TextEncoder load() {
    EncoderBlock[] blocks = new EncoderBlock[config.nLayers()];
    for (int i = 0; i < blocks.length; i++) {
      Weights block = weights.at("blk." + i);
      blocks[i] =
          family.isPreNorm()
              ? EncoderWeights.preNormBlock(block, config, true)
              : EncoderWeights.postNormBlock(block, config);
    }
    int vocabSize =
        DecoderConfig.vocabSize(checkpoint, config.parameters(), GgufNames.EMBEDDING, "vocab_size");
    Norm norm = family.isPreNorm() ? EncoderWeights.norm(weights, "output_norm", config) : null;
    EncoderStack stack =
        new EncoderStack(
            checkpoint.memory(),
            config,
            blocks,
            norm,
            new TextHeads(weights, config, family).load(),
            DenseModules.of(checkpoint, config.dim()));
    return new TextEncoder(
        embedding(vocabSize), family == BertFamily.MPNET ? stack.with(relativePositions()) : stack);
  }

  /** MPNet's, of which the configuration tells nothing but what the tensor shows. */
  private RelativePositions relativePositions() {
    int rows = weights.rows(RELATIVE, Hyperparameters.MAX_CONTEXT);
    if (rows < MPNET_BUCKETS) {
      throw new LanewiseException(
          "%s: tensor %s has %d rows; the model needs %d"
              .formatted(checkpoint.file(), weights.path(RELATIVE), rows, MPNET_BUCKETS));
    }
    Matrix biases = weights.matrix(RELATIVE, rows, config.attention().nHeads());
    return RelativePositions.of(biases, MPNET_BUCKETS, MPNET_DISTANCE, true);
  }

  private TextEncoder.Parts embedding(int vocabSize) {
    Hyperparameters h = config.parameters();
    int dim = family.embeddingDim(config);
    int positions = h.size("context_length", Hyperparameters.MAX_CONTEXT);
    int padding = padding(positions);
    Norm norm =
        family.normalisesEmbedding()
            ? EncoderWeights.norm(weights, "token_embd_norm", config, dim)
            : null;
    return new TextEncoder.Parts(
        new Embedding(
            weights.matrix(GgufNames.EMBEDDING, vocabSize, dim),
            1,
            weights.matrix("position_embd.weight", positions, dim),
            norm),
        family.hasTypes() || weights.has(EncoderWeights.TYPES)
            ? EncoderWeights.types(weights, config, dim)
            : null,
        dim == config.dim()
            ? null
            : Projections.of(EncoderWeights.linear(weights, "token_embd_proj", config.dim(), dim)),
        padding,
        positions - (padding + 1),
        TextEncoder.TokenRead.FIRST,
        null);
  }

  /** GGUF's files of RoBERTa hold the positions from the first that counts. */
  private int padding(int positions) {
    Hyperparameters h = config.parameters();
    if (!family.isRoberta()) {
      return TextEncoder.NO_PADDING;
    }
    int padding =
        family == BertFamily.MPNET
            ? ROBERTA_PADDING
            : h.metadata().integer("pad_token_id", ROBERTA_PADDING);
    return h.within("pad_token_id", padding, 0, positions - 2);
  }
}
