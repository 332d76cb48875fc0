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
  /** The key of the activation, GGUF's. */
  static final String ACTIVATION = "hidden_activation";

  private static final Map<String, String> HUB_KEYS = hubKeys();

  /** The hub's names of the keys that are read here, by {@link Rope} and of sliding windows. */
  private static Map<String, String> hubKeys() {
    Map<String, String> keys = Rope.hubKeys();
    keys.put("embedding_length", "hidden_size|dim|n_embd");
    keys.put("feed_forward_length", "intermediate_size|hidden_dim|n_inner");
    keys.put("block_count", "num_hidden_layers|n_layers|n_layer");
    keys.put("context_length", "max_position_embeddings|n_positions");
    keys.put("attention.head_count", "num_attention_heads|n_heads|n_head");
    keys.put("attention.layer_norm_epsilon", "norm_eps|layer_norm_eps|layer_norm_epsilon");
    keys.put("attention.sliding_window", "local_attention");
    keys.put("attention.sliding_window_pattern", "global_attn_every_n_layers");
    keys.put(ACTIVATION, "hidden_activation|hidden_act|activation");
    return Map.copyOf(keys);
  }

  /** The same with another activation. */
  EncoderConfig withActivation(Activation f) {
    return new EncoderConfig(parameters, dim, hiddenDim, nLayers, attention, epsilon, f);
  }

  /** Reads the sizes of a checkpoint. */
  static EncoderConfig of(Checkpoint checkpoint) {
    Hyperparameters h = new Hyperparameters(checkpoint, HUB_KEYS);
    if (h.flag("is_decoder", false)) {
      throw h.wrong("is_decoder", true, "false for an encoder");
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
        h.activation(ACTIVATION, Activation.GELU));
  }
}
