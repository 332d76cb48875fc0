package dev.lanewise.model.arch;

import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.checkpoint.Weights;
import java.util.Arrays;
import java.util.Map;

/**
 * The sizes that all decoders have.
 *
 * @param dim width of the residual stream
 * @param hiddenDim width of the feed-forward layers that are no mixtures of experts
 * @param experts of those that are; null for none
 * @param attention causal, unless the file says that tokens see those behind them too
 */
record DecoderConfig(
    Hyperparameters parameters,
    int dim,
    int hiddenDim,
    Experts experts,
    int nLayers,
    int vocabSize,
    int contextLength,
    AttentionShape attention)
    implements BlockSizes {
  /** Of Qwen's blocks so many attend to everything, where a file with a window does not say it. */
  private static final int QWEN_FULL_LAYERS = 28;

  private static final String LOOKS_AHEAD = "use_bidirectional_attention"; // Gemma's, on the hub
  private static final String IS_CAUSAL = "is_causal"; // the others', for the opposite
  private static final String CAUSAL = ".attention.causal"; // GGUF's
  private static final String WINDOW = "attention.sliding_window";

  private static final Map<String, String> HUB_KEYS = hubKeys();

  /** The hub's names of the keys that are read here and by {@link Rope}. */
  private static Map<String, String> hubKeys() {
    Map<String, String> keys = Rope.hubKeys();
    keys.put("embedding_length", "hidden_size|n_embd");
    keys.put("feed_forward_length", "intermediate_size|n_inner");
    keys.put("block_count", "num_hidden_layers|n_layer");
    keys.put("context_length", "max_position_embeddings|n_positions");
    keys.put("attention.head_count", "num_attention_heads|n_head");
    keys.put("attention.head_count_kv", "num_key_value_heads");
    keys.put("attention.key_length", "head_dim");
    keys.put("attention.value_length", "head_dim");
    keys.put("attention.layer_norm_rms_epsilon", "rms_norm_eps");
    keys.put("attention.layer_norm_epsilon", "layer_norm_epsilon");
    keys.put("attention.scale", "attention_multiplier");
    keys.put("embedding_scale", "embedding_multiplier");
    keys.put("residual_scale", "residual_multiplier");
    keys.put("logit_scale", "logits_scaling");
    keys.put(WINDOW, "sliding_window");
    keys.put("attention.sliding_window_pattern", "sliding_window_pattern");
    keys.putAll(Experts.hubKeys());
    return Map.copyOf(keys);
  }

  /** Reads the sizes of a checkpoint whose tensors have GGUF's names. */
  static DecoderConfig of(Checkpoint checkpoint) {
    Hyperparameters h = new Hyperparameters(checkpoint, HUB_KEYS);
    int dim = h.size("embedding_length", Hyperparameters.MAX_DIM);
    AttentionShape heads = heads(h, dim);
    int hiddenDim = h.size("feed_forward_length", 4 * dim, Hyperparameters.MAX_DIM);
    return new DecoderConfig(
        h,
        dim,
        hiddenDim,
        Experts.of(h, hiddenDim),
        h.size("block_count", Hyperparameters.MAX_LAYERS),
        vocabSize(checkpoint, h, GgufNames.EMBEDDING, "vocab_size"),
        contextLength(h),
        looksAhead(h.metadata()) ? heads : heads.causal());
  }

  private static AttentionShape heads(Hyperparameters h, int dim) {
    int nHeads = h.size("attention.head_count", Hyperparameters.MAX_HEADS);
    int nKvHeads = kvHeads(h, nHeads);
    if (nHeads % nKvHeads != 0) {
      throw h.wrong("attention.head_count_kv", nKvHeads, "a divisor of " + nHeads);
    }
    if (!h.isKnown("attention.key_length") && dim % nHeads != 0) {
      throw h.wrong("attention.head_count", nHeads, "a divisor of " + dim);
    }
    int headDim = h.size("attention.key_length", dim / nHeads, Hyperparameters.MAX_DIM / nHeads);
    int valueDim = h.size("attention.value_length", headDim, Hyperparameters.MAX_DIM);
    if (valueDim != headDim) {
      throw h.wrong("attention.value_length", valueDim, "the key length, " + headDim);
    }
    return AttentionShape.of(nHeads, nKvHeads, headDim);
  }

  /** What the model remembers of a text, by the sizes alone. */
  static ContextCost contextCost(Checkpoint checkpoint) {
    Hyperparameters h = new Hyperparameters(checkpoint, HUB_KEYS);
    AttentionShape heads = heads(h, h.size("embedding_length", Hyperparameters.MAX_DIM));
    long numbers = (long) heads.keyWidth() + heads.valueWidth();
    int nLayers = h.size("block_count", Hyperparameters.MAX_LAYERS);
    return new ContextCost(contextLength(h), nLayers * numbers * Float.BYTES);
  }

  /** Of every block; GGUF files of Granite 4 list them block by block. */
  private static int kvHeads(Hyperparameters h, int nHeads) {
    String name = "attention.head_count_kv";
    if (!h.metadata().isArray(h.key(name))) {
      return h.size(name, nHeads, nHeads);
    }
    int[] listed = Arrays.stream(h.metadata().integers(h.key(name))).distinct().toArray();
    if (listed.length != 1) {
      throw h.wrong(name, Arrays.toString(listed), "the same number for every block");
    }
    return h.within(name, listed[0], 1, nHeads);
  }

  @Override
  public int widestHiddenDim() {
    return experts == null ? hiddenDim : experts.widest(nLayers, hiddenDim);
  }

  /** What the file states, or more where its rotary positions are stretched as by YaRN. */
  private static int contextLength(Hyperparameters h) {
    int stated = h.size("context_length", Hyperparameters.MAX_CONTEXT);
    String original = "rope.scaling.original_context_length";
    String factor = "rope.scaling.factor";
    boolean stretched = h.text("rope.scaling.type", "").equals("yarn");
    if (!stretched || !h.has(original) || !h.has(factor)) {
      return stated;
    }
    double whole = h.number(original, 0, 2, 1e9) * h.number(factor, 1, 1e-6, 1e9);
    return (int) Math.clamp(whole, stated, Hyperparameters.MAX_CONTEXT);
  }

  /** Whether tokens see those behind them; GGUF files of EmbeddingGemma do not say it. */
  static boolean looksAhead(Metadata metadata) {
    if (!GgufNames.in(metadata)) {
      return metadata.flag(LOOKS_AHEAD, false) || !metadata.flag(IS_CAUSAL, true);
    }
    String architecture = metadata.string(GgufNames.ARCHITECTURE);
    return !metadata.flag(architecture + CAUSAL, !architecture.equals("gemma-embedding"));
  }

  private boolean looksAhead() {
    return looksAhead(parameters.metadata());
  }

  /** Refuses a model whose tokens see those behind them, which cannot continue a text. */
  void requireCausal() {
    if (looksAhead()) {
      Metadata metadata = parameters.metadata();
      throw new LanewiseException(
          "%s: %s; a language model's tokens see none behind them, so this one continues no text"
              .formatted(metadata.file(), whyNotCausal()));
    }
  }

  private String whyNotCausal() {
    if (parameters.ofHub()) {
      return parameters.flag(LOOKS_AHEAD, false)
          ? LOOKS_AHEAD + " is true"
          : IS_CAUSAL + " is false";
    }
    return parameters.architecture() + CAUSAL + " is false";
  }

  /** Of one block: with a sliding window where the file says so. */
  AttentionShape attention(int layer) {
    int window = window();
    return window == 0 || !isWindowed(layer) ? attention : windowed(attention);
  }

  /**
   * The shape with the file's sliding window: so many tokens with that which looks. Where tokens
   * see those behind them it is about half of it on either side, or the whole window on either side
   * where the hub's file says {@code is_causal: false}.
   */
  AttentionShape windowed(AttentionShape shape) {
    int window = window();
    if (!looksAhead()) {
      return shape.within(window - 1, 0);
    }
    boolean whole = parameters.ofHub() && !parameters.flag(LOOKS_AHEAD, false);
    int side = whole ? window : window / 2;
    return shape.within(side, side);
  }

  /** Tokens that a sliding window holds; 0 if there is none, as GGUF files of Phi-4 put it. */
  int window() {
    Hyperparameters h = parameters;
    boolean zero = !h.ofHub() && h.metadata().integer(h.key(WINDOW), 1) == 0;
    boolean none = zero || !h.isKnown(WINDOW);
    return none ? 0 : h.size(WINDOW, Hyperparameters.MAX_CONTEXT);
  }

  /**
   * Whether there is a sliding window and a block has it.
   *
   * @param period of so many blocks the last attends to everything, where the file does not say it
   */
  boolean attendsToWindow(int layer, int period) {
    return window() != 0 && SlidingLayers.contain(parameters, layer, nLayers, period, false);
  }

  /** Whether a block knows the order of tokens: in SmolLM 3 every fourth does not. */
  boolean hasPositions(int layer) {
    Hyperparameters h = parameters;
    if (h.ofHub() && h.metadata().has("no_rope_layers")) { // 0 where there are none
      int[] layers = h.metadata().integers("no_rope_layers");
      return layer >= layers.length || layers[layer] != 0;
    }
    int interval = h.size("no_rope_layer_interval", 4, Hyperparameters.MAX_LAYERS);
    return !h.architecture().equals("smollm3") || (layer + 1) % interval != 0;
  }

  /**
   * Whether the file's sliding window is one of this block: Mistral has it in all blocks; Qwen and
   * SmolLM 3 if it is switched on, in the blocks that the file lists, or in Qwen from a block on
   * (with experts in all), in SmolLM 3 where there are no positions (those that it lists need no
   * switch); Llama in none, whatever the hub's file says.
   */
  private boolean isWindowed(int layer) {
    Hyperparameters h = parameters;
    Metadata m = h.metadata();
    boolean ofHub = h.ofHub();
    String name = h.architecture();
    boolean ofQwen = ofHub && name.startsWith("qwen");
    boolean ofSmol = ofHub && name.equals("smollm3");
    boolean listed = m.has(SlidingLayers.TYPES);
    boolean on = (ofSmol && listed) || h.flag("use_sliding_window", !ofQwen && !ofSmol);
    if ((ofHub && name.equals("llama")) || !on) {
      return false;
    }
    if (listed) {
      return SlidingLayers.isListed(h, layer, nLayers);
    }
    if (ofSmol) {
      return !hasPositions(layer);
    }
    return !ofQwen || experts != null || layer >= m.integer("max_window_layers", QWEN_FULL_LAYERS);
  }

  /** The rows of the embedding; the file's own counts must agree with it. */
  static int vocabSize(Checkpoint checkpoint, Hyperparameters h, String tensor, String key) {
    Weights weights = Weights.of(checkpoint);
    int vocabSize = weights.rows(tensor, Hyperparameters.MAX_VOCAB);
    String embedding = weights.path(tensor);
    Metadata m = h.metadata();
    int stated = m.integer(h.key(key), vocabSize);
    if (stated != vocabSize) {
      throw h.wrong(key, stated, vocabSize + ", the rows of " + embedding);
    }
    if (m.has("tokenizer.ggml.tokens")) {
      int tokens = m.strings("tokenizer.ggml.tokens").size();
      if (tokens != vocabSize) {
        throw new LanewiseException(
            "%s: tokenizer.ggml.tokens has %d entries, but %s has %d rows"
                .formatted(m.file(), tokens, embedding, vocabSize));
      }
    }
    return vocabSize;
  }
}
