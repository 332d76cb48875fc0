package dev.lanewise.model.arch;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.model.checkpoint.Checkpoint;
import java.util.Map;

/**
 * The sizes that all encoders have.
 *
 * @param dim width of the residual stream
 * @param hiddenDim width of the feed-forward layer
 * @param epsilon of the norms
 * @param activation of the feed-forward layer
 */
record EncoderConfig(
    Hyperparameters parameters,
    int dim,
    int hiddenDim,
    int nLayers,
    AttentionShape attention,
    float epsilon,
    Activation activation)
    implements BlockSizes {
  private static final Map<String, String> HUB_KEYS =
      Map.ofEntries(
          Map.entry("embedding_length", "hidden_size|dim"),
          Map.entry("feed_forward_length", "intermediate_size|hidden_dim"),
          Map.entry("block_count", "num_hidden_layers|n_layers"),
          Map.entry("context_length", "max_position_embeddings"),
          Map.entry("attention.head_count", "num_attention_heads|n_heads"),
          Map.entry("attention.layer_norm_epsilon", "layer_norm_eps"),
          Map.entry("activation", "hidden_act|activation"));

  /** Reads the sizes of a checkpoint. */
  static EncoderConfig of(Checkpoint checkpoint) {
    Hyperparameters h = new Hyperparameters(checkpoint, HUB_KEYS);
    if (h.flag("is_decoder", false)) {
      throw h.wrong("is_decoder", true, "false for an encoder");
    }
    String positions = h.text("position_embedding_type", "absolute");
    if (!positions.equals("absolute")) {
      throw h.wrong("position_embedding_type", "'" + positions + "'", "absolute");
    }
    int dim = h.size("embedding_length", Hyperparameters.MAX_DIM);
    int nHeads = h.size("attention.head_count", Hyperparameters.MAX_HEADS);
    if (dim % nHeads != 0) {
      throw h.wrong("attention.head_count", nHeads, "a divisor of " + dim);
    }
    return new EncoderConfig(
        h,
        dim,
        h.size("feed_forward_length", Hyperparameters.MAX_DIM),
        h.size("block_count", Hyperparameters.MAX_LAYERS),
        AttentionShape.of(nHeads, nHeads, dim / nHeads),
        h.epsilon("attention.layer_norm_epsilon"),
        h.activation("activation", Activation.GELU));
  }
}
