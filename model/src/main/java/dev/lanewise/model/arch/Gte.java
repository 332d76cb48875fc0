package dev.lanewise.model.arch;

import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.EncoderBlock;
import dev.lanewise.model.nn.RotaryEmbedding;
import dev.lanewise.model.nn.RotaryEmbedding.Pairs;
import java.util.Map;

/**
 * GTE from version 1.5 on (Zhang et al. 2024, arXiv:2407.19669): BERT with rotary positions and a
 * gated feed-forward layer.
 */
final class Gte {
  private static final String TYPES = "type_vocab_size"; // 0 for none

  /** The names of the makers' own code, and those of transformers. */
  private static final Map<String, String> HUB_TENSORS =
      GgufNames.table(
          "embeddings.word_embeddings", "token_embd",
          "embeddings.token_type_embeddings", "token_types",
          "embeddings.LayerNorm", "token_embd_norm",
          "encoder.layer.{}.attention.qkv_proj", "blk.{}.attn_qkv",
          "encoder.layer.{}.attention.q_proj", "blk.{}.attn_q",
          "encoder.layer.{}.attention.k_proj", "blk.{}.attn_k",
          "encoder.layer.{}.attention.v_proj", "blk.{}.attn_v",
          "encoder.layer.{}.attention.o_proj", "blk.{}.attn_output",
          "encoder.layer.{}.attn_ln", "blk.{}.attn_output_norm",
          "encoder.layer.{}.mlp.up_gate_proj", "blk.{}.ffn_up",
          "encoder.layer.{}.mlp.down_proj", "blk.{}.ffn_down",
          "encoder.layer.{}.mlp_ln", "blk.{}.layer_output_norm",
          "layers.{}.self_attn.q_proj", "blk.{}.attn_q",
          "layers.{}.self_attn.k_proj", "blk.{}.attn_k",
          "layers.{}.self_attn.v_proj", "blk.{}.attn_v",
          "layers.{}.self_attn.o_proj", "blk.{}.attn_output",
          "layers.{}.post_attention_layernorm", "blk.{}.attn_output_norm",
          "layers.{}.mlp.up_proj", "blk.{}.ffn_up",
          "layers.{}.mlp.gate_proj", "blk.{}.ffn_gate",
          "layers.{}.mlp.down_proj", "blk.{}.ffn_down",
          "layers.{}.post_mlp_layernorm", "blk.{}.layer_output_norm",
          "pooler.dense", "pooler",
          "classifier", "cls.output",
          "qa_outputs", "span",
          "lm_head.dense", "mlm",
          "lm_head.norm", "mlm.norm",
          "lm_head.layer_norm", "mlm.norm",
          "lm_head.decoder", "mlm.decoder");

  private final Checkpoint checkpoint;
  private final EncoderConfig config;
  private final Hyperparameters h;
  private final Weights weights;
  private final RotaryEmbedding rope;

  private Gte(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
    config = EncoderConfig.of(checkpoint);
    h = config.parameters();
    refuseOthers();
    weights = Weights.of(checkpoint);
    rope = Rope.of(checkpoint, h, config.attention(), Pairs.HALVES);
  }

  static TextEncoder load(Checkpoint file) {
    return new Gte(GgufNames.ofHub(file, HUB_TENSORS, "new.", "gte.")).load();
  }

  /** What the makers' own code can be told to do, and no published model does. */
  private void refuseOthers() {
    refuse("position_embedding_type", "rope");
    refuse("layer_norm_type", "layer_norm");
    for (String flag : new String[] {"logn_attention_scale", "logn_attention_clip1"}) {
      if (h.flag(flag, false)) {
        throw h.wrong(flag, true, "false");
      }
    }
  }

  private void refuse(String key, String wanted) {
    String text = h.text(key, wanted);
    if (!text.equals(wanted)) {
      throw h.wrong(key, "'" + text + "'", wanted);
    }
  }

  private TextEncoder load() {
    EncoderBlock[] blocks = new EncoderBlock[config.nLayers()];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = block(weights.at("blk." + i));
    }
    boolean typed = h.metadata().integer(TYPES, 1) > 0;
    return EncoderWeights.withoutPlaces(
        checkpoint,
        config,
        typed ? EncoderWeights.types(weights, config) : null,
        blocks,
        stack -> stack.with(new RotaryEmbedding[] {rope}));
  }

  private EncoderBlock block(Weights w) {
    return EncoderWeights.postNormBlock(
        w,
        config,
        DecoderWeights.rotaryAttention(w, config.dim(), config.attention(), rope),
        // In the makers' files the gate lies below what it opens.
        EncoderWeights.gated(w, config, false));
  }
}
