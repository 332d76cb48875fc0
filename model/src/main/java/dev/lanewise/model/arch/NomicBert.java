package dev.lanewise.model.arch;

import dev.lanewise.kernels.Activation;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.EncoderBlock;
import dev.lanewise.model.nn.FeedForward;
import dev.lanewise.model.nn.RotaryEmbedding;
import dev.lanewise.model.nn.RotaryEmbedding.Pairs;
import java.util.Map;

/**
 * Nomic BERT (Nussbaum et al. 2024, arXiv:2402.01613): BERT with rotary positions, SwiGLU and
 * without most biases.
 */
final class NomicBert {
  private static final String ACTIVATION_FUNCTION =
      "activation_function"; // in the files of Nomic's own code

  /**
   * The names of Nomic's own code, and those of transformers, which exporters leave in ONNX files.
   */
  private static final Map<String, String> HUB_TENSORS =
      GgufNames.table(
          "embeddings.word_embeddings", "token_embd",
          "embeddings.token_type_embeddings", "token_types",
          "emb_ln", "token_embd_norm",
          "encoder.layers.{}.attn.Wqkv", "blk.{}.attn_qkv",
          "encoder.layers.{}.attn.out_proj", "blk.{}.attn_output",
          "encoder.layers.{}.norm1", "blk.{}.attn_output_norm",
          "encoder.layers.{}.mlp.fc11", "blk.{}.ffn_up",
          "encoder.layers.{}.mlp.fc12", "blk.{}.ffn_gate",
          "encoder.layers.{}.mlp.fc2", "blk.{}.ffn_down",
          "encoder.layers.{}.norm2", "blk.{}.layer_output_norm",
          "embeddings.LayerNorm", "token_embd_norm",
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
          "cls.predictions.transform.dense", "mlm",
          "cls.predictions.transform.LayerNorm", "mlm.norm",
          "cls.predictions.transform.layer_norm", "mlm.norm",
          "cls.predictions", "mlm.output",
          "cls.predictions.decoder", "mlm.decoder");

  private final Checkpoint checkpoint;
  private final EncoderConfig config;
  private final Hyperparameters h;
  private final Weights weights;
  private final RotaryEmbedding rope;

  private NomicBert(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
    EncoderConfig sizes = EncoderConfig.of(checkpoint);
    h = sizes.parameters();
    refuseOthers();
    config = sizes.withActivation(activation());
    weights = Weights.of(checkpoint);
    rope = Rope.of(checkpoint, h, config.attention(), pairs());
  }

  static TextEncoder load(Checkpoint file) {
    return new NomicBert(GgufNames.of(file, HUB_TENSORS, "nomic_bert.", "bert.")).load();
  }

  private TextEncoder load() {
    EncoderBlock[] blocks = new EncoderBlock[config.nLayers()];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = block(weights.at("blk." + i));
    }
    boolean typed = weights.has(EncoderWeights.TYPES) || h.ofHub();
    return EncoderWeights.withoutPlaces(
        checkpoint,
        config,
        typed ? EncoderWeights.types(weights, config) : null,
        blocks,
        stack -> stack.with(new RotaryEmbedding[] {rope}));
  }

  /** What Nomic's own code can be told to do, and no published model does. */
  private void refuseOthers() {
    for (String flag : new String[] {"prenorm", "use_rms_norm", "parallel_block"}) {
      if (h.flag(flag, false)) {
        throw h.wrong(flag, true, "false");
      }
    }
    h.refuse("moe_every_n_layers", "mixtures of experts");
    for (String number : new String[] {"rotary_emb_scale_base", "rotary_scaling_factor"}) {
      if (h.has(number)) {
        throw h.wrong(number, h.metadata().number(number), "null");
      }
    }
  }

  private Pairs pairs() {
    return h.flag("rotary_emb_interleaved", false) ? Pairs.ADJACENT : Pairs.HALVES;
  }

  private EncoderBlock block(Weights w) {
    int dim = config.dim();
    int hiddenDim = config.hiddenDim();
    return EncoderWeights.postNormBlock(
        w,
        config,
        DecoderWeights.rotaryAttention(w, dim, config.attention(), rope),
        FeedForward.gated(
            config.activation(),
            DecoderWeights.linear(w, "ffn_gate", hiddenDim, dim),
            DecoderWeights.linear(w, "ffn_up", hiddenDim, dim),
            DecoderWeights.linear(w, "ffn_down", dim, hiddenDim)));
  }

  /** Of the gate, and of the head for masked tokens. */
  private Activation activation() {
    String name = h.text(ACTIVATION_FUNCTION, "");
    return switch (name) {
      case "" -> h.activation(EncoderConfig.ACTIVATION, Activation.SILU);
      case "glu" -> Activation.SIGMOID;
      case "swiglu" -> Activation.SILU;
      case "geglu" -> Activation.GELU;
      default -> throw h.wrong(ACTIVATION_FUNCTION, "'" + name + "'", "glu, geglu or swiglu");
    };
  }
}
