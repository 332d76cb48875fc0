package dev.lanewise.model.arch;

import static java.util.Map.entry;

import java.util.HashMap;
import java.util.Map;

/**
 * What the hub's models have where their {@code config.json} does not say it, by GGUF's names.
 * Folders of several models leave out of the part of each what is as usual. Activations are not
 * here: the architectures know them.
 *
 * <p>Source: the configuration classes in the documentation of the library transformers, and that
 * of the models that GTE's makers call {@code new}.
 */
final class HubDefaults {
  private static final String KV_HEADS = "attention.head_count_kv";
  private static final String HEAD_DIM = "attention.key_length";
  private static final String WINDOW = "attention.sliding_window";
  private static final String ROPE_BASE = "rope.freq_base";
  private static final String RMS_EPSILON = "attention.layer_norm_rms_epsilon";
  private static final String EPSILON = "attention.layer_norm_epsilon";

  /** The first conversions of Gemma 2 say none of these. */
  private static final Map<String, Number> GGUF_GEMMA2 =
      Map.of(WINDOW, 4096, "attn_logit_softcapping", 50, "final_logit_softcapping", 30);

  private static final Map<String, Map<String, Number>> OF =
      Map.ofEntries(
          entry("llama", decoder(4096, 11008, 32, 32, 2048)),
          entry("mistral", windowed(with(decoder(4096, 14336, 32, 32, 131_072), KV_HEADS, 8))),
          entry(
              "mixtral",
              with(
                  with(
                      with(experts(decoder(4096, 14336, 32, 32, 131_072), 8, 2), RMS_EPSILON, 1e-5),
                      KV_HEADS,
                      8),
                  ROPE_BASE,
                  1e6)),
          entry("qwen2", windowed(decoder(4096, 22016, 32, 32, 32768))),
          entry("qwen3", windowed(with(decoder(4096, 22016, 32, 32, 32768), HEAD_DIM, 128))),
          entry(
              "qwen3_moe",
              windowed(
                  with(
                      with(experts(decoder(2048, 6144, 24, 32, 32768), 128, 8), KV_HEADS, 4),
                      "expert_feed_forward_length",
                      768))),
          entry(
              "smollm3",
              with(with(decoder(2048, 11008, 36, 16, 32768), KV_HEADS, 4), ROPE_BASE, 2e6)),
          entry(
              "phi3",
              with(
                  with(decoder(3072, 8192, 32, 32, 4096), RMS_EPSILON, 1e-5),
                  "rope.scaling.original_context_length",
                  4096)),
          entry(
              "starcoder2",
              with(with(decoder(3072, 12288, 30, 24, 4096), KV_HEADS, 2), "norm_epsilon", 1e-5)),
          entry(
              "gpt2",
              Map.of(
                  "embedding_length",
                  768,
                  "block_count",
                  12,
                  "attention.head_count",
                  12,
                  "context_length",
                  1024,
                  EPSILON,
                  1e-5)),
          entry("gemma", gemma()),
          entry("gemma2", gemma2()),
          entry("gemma3", gemma3()),
          entry("gemma3_text", gemma3()),
          entry("olmo2", olmo2()),
          entry("olmo3", windowed(with(olmo2(), ROPE_BASE, 500_000))),
          entry("granite", with(decoder(4096, 11008, 32, 32, 2048), "attention.scale", 1)),
          entry("bert", encoder(768, 12, 12)),
          entry("camembert", encoder(768, 12, 12)),
          entry("roberta", encoder(768, 12, 12)),
          entry("roberta-prelayernorm", encoder(768, 12, 12)),
          entry("xlm-roberta", encoder(768, 12, 12)),
          entry("xlm-roberta-xl", xlmRobertaXl()),
          entry(
              "deberta-v2", with(with(encoder(1536, 24, 24), "type_vocab_size", 0), EPSILON, 1e-7)),
          entry("electra", with(encoder(256, 12, 4), "embedding_size", 128)),
          entry("distilbert", encoder(768, 6, 12)),
          entry("gte", with(gte(8192), ROPE_BASE, 160_000)),
          entry("new", gte(2048)),
          entry("mpnet", encoder(768, 12, 12)),
          entry("modernbert", modernBert()),
          entry(
              "nomic_bert",
              with(with(encoder(768, 12, 12), "context_length", 2048), ROPE_BASE, 1000)),
          entry("deit", vit()),
          entry("vit", vit()),
          entry("bart", bart()),
          entry("marian", bart()),
          entry("mbart", bart()),
          entry("pegasus", bart()),
          entry("t5", t5(2048, 6, 8)),
          entry("mt5", t5(1024, 8, 6)));

  private HubDefaults() {}

  /** What GGUF files of an architecture leave out, as llama.cpp takes it (gemma2.cpp). */
  static Map<String, Number> ofGguf(String architecture) {
    return architecture.equals("gemma2") ? GGUF_GEMMA2 : Map.of();
  }

  /** Those of an architecture; none of one that is not known. */
  static Map<String, Number> of(String architecture) {
    return OF.getOrDefault(architecture, Map.of());
  }

  private static Map<String, Number> with(Map<String, Number> sizes, String name, Number value) {
    Map<String, Number> more = new HashMap<>(sizes);
    more.put(name, value);
    return more;
  }

  private static Map<String, Number> experts(Map<String, Number> sizes, int count, int used) {
    return with(with(sizes, "expert_count", count), "expert_used_count", used);
  }

  private static Map<String, Number> windowed(Map<String, Number> sizes) {
    return with(sizes, WINDOW, 4096);
  }

  private static Map<String, Number> decoder(
      int dim, int hiddenDim, int nLayers, int nHeads, int contextLength) {
    return Map.of(
        "embedding_length",
        dim,
        "feed_forward_length",
        hiddenDim,
        "block_count",
        nLayers,
        "attention.head_count",
        nHeads,
        "context_length",
        contextLength,
        RMS_EPSILON,
        1e-6);
  }

  private static Map<String, Number> gemma() {
    return with(with(decoder(3072, 24576, 28, 16, 8192), KV_HEADS, 16), HEAD_DIM, 256);
  }

  private static Map<String, Number> gemma2() {
    Map<String, Number> sizes = new HashMap<>(gemma3());
    sizes.put("context_length", 8192);
    sizes.putAll(GGUF_GEMMA2);
    return sizes;
  }

  private static Map<String, Number> gemma3() {
    Map<String, Number> sizes = with(decoder(2304, 9216, 26, 8, 131_072), KV_HEADS, 4);
    return with(with(windowed(sizes), HEAD_DIM, 256), "query_pre_attn_scalar", 256);
  }

  private static Map<String, Number> olmo2() {
    return with(decoder(4096, 11008, 32, 32, 2048), RMS_EPSILON, 1e-5);
  }

  private static Map<String, Number> encoder(int dim, int nLayers, int nHeads) {
    return Map.of(
        "embedding_length",
        dim,
        "feed_forward_length",
        4 * dim,
        "block_count",
        nLayers,
        "attention.head_count",
        nHeads,
        "context_length",
        512,
        "type_vocab_size",
        2,
        EPSILON,
        1e-12);
  }

  private static Map<String, Number> gte(int contextLength) {
    return with(with(encoder(768, 12, 12), "context_length", contextLength), "type_vocab_size", 1);
  }

  private static Map<String, Number> modernBert() {
    return Map.of(
        "embedding_length",
        768,
        "feed_forward_length",
        1152,
        "block_count",
        22,
        "attention.head_count",
        12,
        "context_length",
        8192,
        EPSILON,
        1e-5,
        WINDOW,
        128,
        ROPE_BASE,
        160_000);
  }

  private static Map<String, Number> xlmRobertaXl() {
    Map<String, Number> sizes = with(encoder(2560, 36, 32), "context_length", 514);
    return with(with(sizes, "type_vocab_size", 1), EPSILON, 1e-5);
  }

  private static Map<String, Number> vit() {
    return with(with(encoder(768, 12, 12), "image_size", 224), "patch_size", 16);
  }

  private static Map<String, Number> bart() {
    return Map.of(
        "d_model", 1024,
        "max_position_embeddings", 1024,
        "encoder_layers", 12,
        "encoder_ffn_dim", 4096,
        "encoder_attention_heads", 16,
        "decoder_layers", 12,
        "decoder_ffn_dim", 4096,
        "decoder_attention_heads", 16);
  }

  private static Map<String, Number> t5(int hiddenDim, int nLayers, int nHeads) {
    return Map.of(
        "embedding_length",
        512,
        "feed_forward_length",
        hiddenDim,
        "block_count",
        nLayers,
        "attention.head_count",
        nHeads,
        "attention.key_length",
        64,
        RMS_EPSILON,
        1e-6);
  }
}
