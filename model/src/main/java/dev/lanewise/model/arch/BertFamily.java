package dev.lanewise.model.arch;

import dev.lanewise.kernels.Activation;
import java.util.LinkedHashMap;
import java.util.Map;

/** The relatives of BERT: where they differ from it, and what the hub calls their tensors. */
enum BertFamily {
  /** Devlin et al. 2018, arXiv:1810.04805; also MiniLM, BGE and E5. */
  BERT(
      "bert.",
      GgufNames.table(
          "embeddings.LayerNorm", "token_embd_norm",
          "encoder.layer.{}.attention.output.LayerNorm", "blk.{}.attn_output_norm",
          "encoder.layer.{}.output.LayerNorm", "blk.{}.layer_output_norm",
          "classifier", "cls.output",
          "cls.predictions.transform.dense", "mlm",
          "cls.predictions.transform.LayerNorm", "mlm.norm",
          "cls.predictions", "mlm.output",
          "cls.predictions.decoder", "mlm.decoder")),

  /** Liu et al. 2019, arXiv:1907.11692; also XLM-RoBERTa (arXiv:1911.02116) and CamemBERT. */
  ROBERTA(
      "roberta.",
      GgufNames.table(
          "embeddings.LayerNorm", "token_embd_norm",
          "encoder.layer.{}.attention.output.LayerNorm", "blk.{}.attn_output_norm",
          "encoder.layer.{}.output.LayerNorm", "blk.{}.layer_output_norm")),

  /** RoBERTa with norms before the layers, as in fairseq (Ott et al. 2019, arXiv:1904.01038). */
  ROBERTA_PRE_NORM(
      "roberta_prelayernorm.",
      GgufNames.table(
          "embeddings.LayerNorm", "token_embd_norm",
          "encoder.layer.{}.attention.LayerNorm", "blk.{}.attn_norm",
          "encoder.layer.{}.intermediate.LayerNorm", "blk.{}.ffn_norm",
          "LayerNorm", "output_norm")),

  /** Goyal et al. 2021, arXiv:2105.00572: norms before the layers, none of the embedding. */
  XLM_ROBERTA_XL(
      "roberta.",
      GgufNames.table(
          "encoder.layer.{}.attention.self_attn_layer_norm", "blk.{}.attn_norm",
          "encoder.layer.{}.LayerNorm", "blk.{}.ffn_norm",
          "encoder.LayerNorm", "output_norm")),

  /** He et al. 2020 and 2021, arXiv:2006.03654 and arXiv:2111.09543. */
  DEBERTA(
      "deberta.",
      GgufNames.table(
          "embeddings.LayerNorm", "token_embd_norm",
          "encoder.layer.{}.attention.self.query_proj", "blk.{}.attn_q",
          "encoder.layer.{}.attention.self.key_proj", "blk.{}.attn_k",
          "encoder.layer.{}.attention.self.value_proj", "blk.{}.attn_v",
          "encoder.layer.{}.attention.self.pos_key_proj", "blk.{}.attn_pos_k",
          "encoder.layer.{}.attention.self.pos_query_proj", "blk.{}.attn_pos_q",
          "encoder.layer.{}.attention.output.LayerNorm", "blk.{}.attn_output_norm",
          "encoder.layer.{}.output.LayerNorm", "blk.{}.layer_output_norm",
          "encoder.rel_embeddings", "pos_rel",
          "encoder.LayerNorm", "pos_rel_norm",
          "encoder.conv.conv", "conv",
          "encoder.conv.LayerNorm", "conv_norm",
          "classifier", "cls.output",
          "cls.predictions.transform.dense", "mlm",
          "cls.predictions.transform.LayerNorm", "mlm.norm",
          "cls.predictions", "mlm.output",
          "cls.predictions.decoder", "mlm.decoder",
          "lm_predictions.lm_head.dense", "mlm",
          "lm_predictions.lm_head.LayerNorm", "mlm.norm",
          "lm_predictions.lm_head", "mlm.output")),

  /**
   * Song et al. 2020, arXiv:2004.09297: no types of tokens, and T5's relative positions besides.
   */
  MPNET(
      "mpnet.",
      GgufNames.table(
          "embeddings.LayerNorm", "token_embd_norm",
          "encoder.layer.{}.attention.attn.q", "blk.{}.attn_q",
          "encoder.layer.{}.attention.attn.k", "blk.{}.attn_k",
          "encoder.layer.{}.attention.attn.v", "blk.{}.attn_v",
          "encoder.layer.{}.attention.attn.o", "blk.{}.attn_output",
          "encoder.layer.{}.attention.LayerNorm", "blk.{}.attn_output_norm",
          "encoder.layer.{}.output.LayerNorm", "blk.{}.layer_output_norm",
          "encoder.relative_attention_bias", "attn_rel_b")),

  /**
   * Clark et al. 2020, arXiv:2003.10555: the embedding may be narrower than the blocks; no pooler.
   */
  ELECTRA(
      "electra.",
      GgufNames.table(
          "embeddings.LayerNorm", "token_embd_norm",
          "embeddings_project", "token_embd_proj",
          "encoder.layer.{}.attention.output.LayerNorm", "blk.{}.attn_output_norm",
          "encoder.layer.{}.output.LayerNorm", "blk.{}.layer_output_norm",
          "classifier.dense", "cls",
          "classifier.out_proj", "cls.output",
          "classifier", "cls.output",
          "generator_predictions.dense", "mlm",
          "generator_predictions.LayerNorm", "mlm.norm",
          "generator_lm_head", "mlm.decoder")),

  /** Sanh et al. 2019, arXiv:1910.01108: no types of tokens and no pooler. */
  DISTILBERT(
      "distilbert.",
      GgufNames.table(
          "embeddings.LayerNorm", "token_embd_norm",
          "transformer.layer.{}.attention.q_lin", "blk.{}.attn_q",
          "transformer.layer.{}.attention.k_lin", "blk.{}.attn_k",
          "transformer.layer.{}.attention.v_lin", "blk.{}.attn_v",
          "transformer.layer.{}.attention.out_lin", "blk.{}.attn_output",
          "transformer.layer.{}.sa_layer_norm", "blk.{}.attn_output_norm",
          "transformer.layer.{}.ffn.lin1", "blk.{}.ffn_up",
          "transformer.layer.{}.ffn.lin2", "blk.{}.ffn_down",
          "transformer.layer.{}.output_layer_norm", "blk.{}.layer_output_norm",
          "pre_classifier", "cls",
          "classifier", "cls.output",
          "vocab_transform", "mlm",
          "vocab_layer_norm", "mlm.norm",
          "vocab_projector", "mlm.decoder"));

  private static final Map<String, String> COMMON =
      GgufNames.table(
          "embeddings.word_embeddings", "token_embd",
          "embeddings.position_embeddings", "position_embd",
          "embeddings.token_type_embeddings", "token_types",
          "encoder.layer.{}.attention.self.query", "blk.{}.attn_q",
          "encoder.layer.{}.attention.self.key", "blk.{}.attn_k",
          "encoder.layer.{}.attention.self.value", "blk.{}.attn_v",
          "encoder.layer.{}.attention.output.dense", "blk.{}.attn_output",
          "encoder.layer.{}.intermediate.dense", "blk.{}.ffn_up",
          "encoder.layer.{}.output.dense", "blk.{}.ffn_down",
          "pooler.dense", "pooler",
          "qa_outputs", "span");

  private static final Map<String, String> ROBERTA_HEADS =
      GgufNames.table(
          "classifier.dense", "cls",
          "classifier.out_proj", "cls.output",
          "classifier", "cls.output",
          "lm_head.dense", "mlm",
          "lm_head.layer_norm", "mlm.norm",
          "lm_head", "mlm.output",
          "lm_head.decoder", "mlm.decoder");

  private final String prefix;
  private final Map<String, String> own;

  BertFamily(String prefix, Map<String, String> own) {
    this.prefix = prefix;
    this.own = own;
  }

  /** What may stand before the names of a file with a head. */
  String prefix() {
    return prefix;
  }

  /** The hub's name → GGUF's, in the order in which messages prefer them. */
  Map<String, String> hubNames() {
    Map<String, String> names = new LinkedHashMap<>(own);
    if (isRoberta()) {
      names.putAll(ROBERTA_HEADS);
    }
    COMMON.forEach(names::putIfAbsent);
    return names;
  }

  /** Whether positions count on from behind the number of the token for padding. */
  boolean isRoberta() {
    return this == ROBERTA || this == MPNET || isPreNorm();
  }

  /** Whether types of tokens are embedded, or may be. */
  boolean hasTypes() {
    return this != DISTILBERT && this != MPNET;
  }

  /** Whether norms stand before the layers. */
  boolean isPreNorm() {
    return this == ROBERTA_PRE_NORM || this == XLM_ROBERTA_XL;
  }

  /** Whether the embedding is normalised. */
  boolean normalisesEmbedding() {
    return this != XLM_ROBERTA_XL;
  }

  /** Whether the pooler is the first layer of the head for classes of texts. */
  boolean classifiesWithPooler() {
    return this == BERT || this == DEBERTA;
  }

  /** Columns of the embedding. */
  int embeddingDim(EncoderConfig config) {
    return this == ELECTRA
        ? config.parameters().size("embedding_size", config.dim())
        : config.dim();
  }

  /** Behind the pooler's layer. */
  Activation poolerActivation(Hyperparameters h) {
    return this == DEBERTA ? h.activation("pooler_hidden_act", Activation.GELU) : Activation.TANH;
  }

  /** Between the two layers of the head for classes of texts. */
  Activation classifierActivation(Hyperparameters h) {
    return switch (this) {
      case DISTILBERT -> Activation.RELU;
      case ELECTRA -> Activation.GELU;
      default -> poolerActivation(h);
    };
  }

  /**
   * Between the two layers of the head for masked tokens.
   *
   * @param blocks the activation of the blocks
   */
  Activation maskedActivation(Activation blocks) {
    return isRoberta() || this == ELECTRA ? Activation.GELU : blocks;
  }
}
