package dev.lanewise.model.arch;

import dev.lanewise.kernels.Activation;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.EncoderBlock;
import dev.lanewise.model.nn.RelativePositions;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * BERT as Jina's embedding models of version 2 have it (Günther et al. 2023, arXiv:2310.19923):
 * with ALiBi and a gated feed-forward layer.
 */
final class JinaBert {
  private static final String FEED_FORWARD = "feed_forward_type";

  private static final Map<String, String> OWN =
      GgufNames.table(
          "encoder.layer.{}.mlp.gated_layers", "blk.{}.ffn_up",
          "encoder.layer.{}.mlp.wo", "blk.{}.ffn_down",
          "encoder.layer.{}.mlp.layernorm", "blk.{}.layer_output_norm");

  /** What the blocks of models for code have besides, as GGUF's files show. */
  private static final String[] OF_CODE = {"attn_q_norm.weight", "attn_norm_2.weight"};

  private final Checkpoint checkpoint;
  private final EncoderConfig config;
  private final Hyperparameters h;
  private final Weights weights;

  private JinaBert(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
    EncoderConfig sizes = EncoderConfig.of(checkpoint);
    h = sizes.parameters();
    config = sizes.withActivation(activation());
    weights = Weights.of(checkpoint);
  }

  /** Whether a checkpoint of the hub, which says that it is BERT, is such a one. */
  static boolean isIn(Checkpoint file) {
    return file.metadata().string(Bert.POSITIONS, "").equals("alibi");
  }

  static TextEncoder load(Checkpoint file) {
    Map<String, String> names = new LinkedHashMap<>(OWN);
    BertFamily.BERT.hubNames().forEach(names::putIfAbsent);
    return new JinaBert(GgufNames.of(file, names, BertFamily.BERT.prefix())).load();
  }

  private TextEncoder load() {
    EncoderBlock[] blocks = new EncoderBlock[config.nLayers()];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = block(weights.at("blk." + i));
    }
    return EncoderWeights.withoutPlaces(
        checkpoint,
        config,
        EncoderWeights.types(weights, config),
        blocks,
        stack -> stack.with(RelativePositions.alibi(config.attention().nHeads())));
  }

  private EncoderBlock block(Weights w) {
    for (String name : OF_CODE) {
      if (w.has(name)) {
        throw new LanewiseException(
            "%s: tensor %s is of a model for code, which does not run here"
                .formatted(w.file(), w.path(name)));
      }
    }
    return EncoderWeights.postNormBlock(
        w,
        config,
        EncoderWeights.attention(w, config, true),
        EncoderWeights.gated(w, config, true));
  }

  /** Of the gate; GGUF's files have no other than GELU. */
  private Activation activation() {
    String name = h.text(FEED_FORWARD, h.ofHub() ? "original" : "geglu");
    return switch (name) {
      case "geglu" -> Activation.GELU;
      case "reglu" -> Activation.RELU;
      default -> throw h.wrong(FEED_FORWARD, "'" + name + "'", "geglu or reglu");
    };
  }
}
