package dev.lanewise.model.arch;

import dev.lanewise.kernels.Activation;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.ConvertedCheckpoint;
import dev.lanewise.model.checkpoint.GgufBuilder;
import dev.lanewise.model.checkpoint.TensorInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Language models of the Hugging Face hub as GGUF files hold them: what their tensors are called
 * there, in which order their elements stand, and under which keys their sizes are. What a GGUF
 * file has no words for is refused, with the key or the tensor that asks for it.
 *
 * <p>Source of names, orders and keys: llama.cpp's converter ({@code convert_hf_to_gguf.py}).
 */
public final class DecoderConversion {
  private static final Set<String> FLOATS = Set.of("F32", "F16", "BF16");
  private static final String WEIGHT = ".weight";
  private static final String WINDOW = "attention.sliding_window";

  /** Left out: what old files hold besides the weights. */
  private static final List<String> BUFFERS =
      List.of(".attn.bias", ".attn.masked_bias", ".attention.bias", ".rotary_emb.inv_freq");

  /** Left out: the encoder of images beside a language model. */
  private static final List<String> OF_IMAGES =
      List.of(
          "vision_tower.",
          "multi_modal_projector.",
          "model.vision_tower.",
          "model.multi_modal_projector.");

  private static final Pattern OUTSIDE =
      Pattern.compile("(token_embd|position_embd|output_norm|output)\\.(weight|bias)");
  private static final Pattern IN_BLOCK =
      Pattern.compile("blk\\.(\\d{1,6})\\.(\\w+)\\.(weight|bias)");

  /** Parts that may have biases whatever the architecture. */
  private static final Set<String> BIASED = Set.of("attn_q", "attn_k", "attn_v", "attn_qkv");

  private static final List<String> GATED =
      List.of(
          "attn_norm",
          "attn_q",
          "attn_k",
          "attn_v",
          "attn_output",
          "ffn_norm",
          "ffn_gate",
          "ffn_up",
          "ffn_down");

  private final Checkpoint file; // by GGUF's names
  private final Architecture architecture;
  private final DecoderConfig config;
  private final Hyperparameters h;
  private final String name;
  private final ConvertedCheckpoint converted;
  private final GgufBuilder keys;

  private DecoderConversion(Checkpoint folder, Architecture architecture) {
    this.architecture = architecture;
    file = named(folder, architecture);
    config = DecoderConfig.of(file);
    h = config.parameters();
    name = ggufName(h.architecture());
    converted = new ConvertedCheckpoint(file);
    keys = converted.keys();
  }

  /**
   * What a GGUF file would hold of a model but for its tokenizer.
   *
   * @param folder a checkpoint with the hub's names
   * @throws LanewiseException if it holds no language model, or one that GGUF files cannot hold or
   *     that is not converted here
   */
  public static ConvertedCheckpoint of(Checkpoint folder) {
    Architecture architecture = Architectures.languageModel(folder);
    DecoderConversion conversion = new DecoderConversion(folder, architecture);
    conversion.convert();
    return conversion.converted;
  }

  private static Checkpoint named(Checkpoint folder, Architecture architecture) {
    return switch (architecture) {
      case GPT2 -> GgufNames.of(folder, Gpt2.HUB_TENSORS, Gpt2.HUB_PREFIX);
      case GEMMA2, GEMMA3 -> DecoderWeights.named(folder, Gemma.HUB_TENSORS);
      case OLMO2 -> DecoderWeights.named(folder, Olmo2.HUB_TENSORS);
      case PHI3 -> DecoderWeights.named(folder, Phi3.HUB_TENSORS);
      case STARCODER2 -> DecoderWeights.named(folder, Starcoder2.HUB_TENSORS);
      default -> DecoderWeights.named(folder, Map.of());
    };
  }

  private static String ggufName(String hubName) {
    return switch (hubName) {
      case "mistral" -> "llama";
      case "gemma3_text" -> "gemma3";
      case "olmo3" -> "olmo2";
      default -> hubName;
    };
  }

  private void convert() {
    refuseOthers();
    keys.string(GgufNames.ARCHITECTURE, name).string("general.type", "model");
    sizes();
    new RopeConversion(file, config, name, converted).convert();
    switch (architecture) {
      case GEMMA, GEMMA2, GEMMA3 -> gemma();
      case GPT2 -> gpt2();
      case GRANITE -> granite();
      case LLAMA -> llama();
      case OLMO2 -> {
        requireActivation("hidden_act", Activation.SILU);
        if (h.flag("tie_word_embeddings", false)) {
          throw refused("tie_word_embeddings", "is true, and " + name + " has logits of its own");
        }
      }
      case PHI3 -> phi3();
      case QWEN -> requireActivation("hidden_act", Activation.SILU);
      case STARCODER2 -> {
        requireActivation("hidden_act", Activation.GELU_TANH);
        if (!h.flag("use_bias", true)) {
          throw refused("use_bias", "is false");
        }
      }
      default -> throw new AssertionError(architecture);
    }
    windows();
    tensors();
  }

  // --- What is refused ------------------------------------------------------------------------

  private void refuseOthers() {
    config.requireCausal();
    if (config.experts() != null) {
      throw refused("model_type", "is '" + h.architecture() + "', a mixture of experts");
    }
    h.refuse("leave_out_layers", "left-out layers");
    if (h.metadata().has("modules.0.type")) {
      throw new LanewiseException(
          file.file()
              + ": modules.json makes the model one for embeddings, which is not converted here;"
              + " a folder without that file is converted as the language model that it holds");
    }
  }

  private LanewiseException refused(String key, String what) {
    return new LanewiseException(
        "%s: %s %s, which is not converted to GGUF here"
            .formatted(h.metadata().file(), h.key(key), what));
  }

  private void requireActivation(String key, Activation wanted) {
    if (h.activation(key, wanted) != wanted) {
      throw refused(key, "is '" + h.text(key, "") + "', and " + name + " has another there");
    }
  }

  /** What GGUF's files of an architecture take for granted. */
  private void requireNumber(String key, double found, double wanted) {
    if (Math.abs(found - wanted) > 1e-6 * Math.abs(wanted)) {
      throw refused(key, "is " + found + ", where GGUF files mean " + wanted);
    }
  }

  // --- Keys -----------------------------------------------------------------------------------

  private void size(String key, int value) {
    keys.uint32(name + "." + key, value);
  }

  private void number(String key, double value) {
    keys.float32(name + "." + key, (float) value);
  }

  private void sizes() {
    size("block_count", config.nLayers());
    size("context_length", h.size("context_length", Hyperparameters.MAX_CONTEXT));
    size("embedding_length", config.dim());
    size("feed_forward_length", config.hiddenDim());
    size("attention.head_count", config.attention().nHeads());
    if (architecture != Architecture.GPT2) {
      size("attention.head_count_kv", config.attention().nKvHeads());
    }
    boolean said = name.equals("llama") || h.isKnown("attention.key_length");
    if (architecture != Architecture.GRANITE && said) {
      size("attention.key_length", config.attention().headDim());
      size("attention.value_length", config.attention().headDim());
    }
    switch (architecture) {
      case GPT2 -> epsilon("attention.layer_norm_epsilon", "attention.layer_norm_epsilon");
      case STARCODER2 -> epsilon("norm_epsilon", "attention.layer_norm_epsilon");
      default -> epsilon("attention.layer_norm_rms_epsilon", "attention.layer_norm_rms_epsilon");
    }
  }

  private void epsilon(String from, String to) {
    number(to, h.epsilon(from));
  }

  private void llama() {
    requireActivation("hidden_act", Activation.SILU);
    size("vocab_size", vocabSize());
    if (h.architecture().equals("smollm3")) {
      for (int i = 0; i < config.nLayers(); i++) {
        if (config.hasPositions(i) != ((i + 1) % 4 != 0)) {
          throw refused("no_rope_layers", "does not spare every fourth block");
        }
      }
    }
  }

  private int vocabSize() {
    return Math.toIntExact(file.tensor(GgufNames.EMBEDDING).shape().getFirst());
  }

  private void granite() {
    llama();
    int usual = config.dim() / config.attention().nHeads();
    requireNumber("attention.key_length", config.attention().headDim(), usual);
    for (String key :
        List.of("attention.scale", "embedding_scale", "residual_scale", "logit_scale")) {
      if (h.isKnown(key)) {
        number(key, h.number(key, 1, 1e-6, 1e6));
      }
    }
  }

  private void gpt2() {
    requireActivation("activation_function", Activation.GELU_TANH);
    if (!h.flag("scale_attn_weights", true)) {
      throw refused("scale_attn_weights", "is false");
    }
    if (h.flag("scale_attn_by_inverse_layer_idx", false)) {
      throw refused("scale_attn_by_inverse_layer_idx", "is true");
    }
  }

  private void phi3() {
    requireActivation("hidden_act", Activation.SILU);
    size(WINDOW, config.window()); // 0 is Phi-4's
  }

  private void gemma() {
    boolean first = architecture == Architecture.GEMMA;
    String key = first ? "hidden_act" : "hidden_activation";
    Activation found = h.activation(key, Activation.GELU_TANH);
    if (found != Activation.GELU_TANH && !(first && found == Activation.GELU)) {
      throw refused(key, "is '" + h.text(key, "") + "'");
    }
    double attentionCap = h.number("attn_logit_softcapping", 0, 0, 1e6);
    double finalCap = h.number("final_logit_softcapping", 0, 0, 1e6);
    boolean second = architecture == Architecture.GEMMA2;
    if (second == (attentionCap == 0)) {
      throw refused("attn_logit_softcapping", "is " + attentionCap);
    }
    if (second) {
      number("attn_logit_softcapping", attentionCap);
      if (finalCap == 0) {
        throw refused("final_logit_softcapping", "is 0");
      }
    }
    if (finalCap != 0) {
      if (first) {
        throw refused("final_logit_softcapping", "is " + finalCap);
      }
      number("final_logit_softcapping", finalCap);
    }
    int headDim = config.attention().headDim();
    double scalar = h.number("query_pre_attn_scalar", headDim, 1, 1e6);
    requireNumber("query_pre_attn_scalar", scalar, gemmaVersion().ggufScalar(config));
  }

  private Gemma.Version gemmaVersion() {
    return Gemma.Version.valueOf(architecture.name());
  }

  // --- Sliding windows ------------------------------------------------------------------------

  /** Writes the window down, or refuses one that is in other blocks than a GGUF file would mean. */
  private void windows() {
    int window = config.window();
    switch (architecture) {
      case GEMMA2, GEMMA3 -> {
        int period = gemmaVersion().pattern();
        for (int i = 0; i < config.nLayers(); i++) {
          if (config.attendsToWindow(i, period) != (window != 0 && (i + 1) % period != 0)) {
            throw refused(SlidingLayers.TYPES, "does not let block " + i + " attend as usual");
          }
        }
        size(WINDOW, window);
      }
      case OLMO2 -> {
        if (window != 0) {
          boolean[] windowed = new boolean[config.nLayers()];
          for (int i = 0; i < windowed.length; i++) {
            windowed[i] = config.attendsToWindow(i, Olmo2.USUAL_PATTERN);
          }
          size(WINDOW, window);
          keys.flags(name + "." + WINDOW + "_pattern", windowed);
        }
      }
      case GEMMA, GPT2, GRANITE, PHI3 -> {}
      default -> windowOfAll(window);
    }
  }

  /**
   * Of Mistral and StarCoder 2, which have it in all blocks. llama.cpp does not read it for them;
   * without it texts beyond the window would have other logits here than the folder gives them.
   */
  private void windowOfAll(int window) {
    int windowed = 0;
    for (int i = 0; i < config.nLayers(); i++) {
      windowed += config.attention(i).equals(config.attention()) ? 0 : 1;
    }
    if (windowed == 0 || window >= config.contextLength()) {
      return;
    }
    if (windowed < config.nLayers() || architecture == Architecture.QWEN) {
      throw refused(WINDOW, "is " + window + ", in some blocks");
    }
    size(WINDOW, window);
  }

  // --- Tensors --------------------------------------------------------------------------------

  private void tensors() {
    Set<String> parts = Set.copyOf(parts());
    file.tensors()
        .forEach(
            (ggufName, tensor) -> {
              if (!isLeftOut(tensor.name())) {
                requireKnown(ggufName, tensor, parts);
                add(ggufName, tensor);
              }
            });
    boolean biased = architecture == Architecture.GPT2 || architecture == Architecture.STARCODER2;
    List<String> needed = new ArrayList<>(List.of(GgufNames.EMBEDDING));
    for (String ending : biased ? List.of(WEIGHT, ".bias") : List.of(WEIGHT)) {
      needed.add("output_norm" + ending);
      for (int i = 0; i < config.nLayers(); i++) {
        for (String part : parts()) {
          needed.add("blk." + i + "." + part + ending);
        }
      }
    }
    if (architecture == Architecture.GPT2) {
      needed.add("position_embd" + WEIGHT);
    }
    boolean olmo = architecture == Architecture.OLMO2; // of which llama.cpp wants one
    if (olmo || !h.metadata().flag("tie_word_embeddings", true)) {
      needed.add("output" + WEIGHT);
    }
    for (String tensor : needed) {
      if (!converted.has(tensor)) {
        file.tensor(tensor); // says that it is missing
      }
    }
  }

  private boolean isLeftOut(String hubName) {
    return BUFFERS.stream().anyMatch(hubName::endsWith)
        || OF_IMAGES.stream().anyMatch(hubName::startsWith)
        || (isGemma() && hubName.endsWith("lm_head" + WEIGHT));
  }

  private boolean isGemma() {
    return switch (architecture) {
      case GEMMA, GEMMA2, GEMMA3 -> true;
      default -> false;
    };
  }

  /** What a block consists of. */
  private List<String> parts() {
    List<String> parts = new ArrayList<>(GATED);
    switch (architecture) {
      case GPT2, PHI3 -> {
        parts.removeAll(List.of("attn_q", "attn_k", "attn_v", "ffn_gate"));
        parts.add("attn_qkv");
      }
      case STARCODER2 -> parts.remove("ffn_gate");
      case GEMMA2, GEMMA3 -> parts.addAll(List.of("post_attention_norm", "post_ffw_norm"));
      case OLMO2 -> {
        parts.removeAll(List.of("attn_norm", "ffn_norm"));
        parts.addAll(List.of("post_attention_norm", "post_ffw_norm"));
      }
      default -> {}
    }
    if (architecture == Architecture.GEMMA3
        || architecture == Architecture.OLMO2
        || h.architecture().equals("qwen3")) {
      parts.addAll(List.of("attn_q_norm", "attn_k_norm"));
    }
    return parts;
  }

  private void requireKnown(String ggufName, TensorInfo tensor, Set<String> parts) {
    Matcher block = IN_BLOCK.matcher(ggufName);
    Matcher outside = OUTSIDE.matcher(ggufName);
    boolean known =
        block.matches()
            ? Integer.parseInt(block.group(1)) < config.nLayers()
                && parts.contains(block.group(2))
                && (block.group(3).equals("weight") || hasBias(block.group(2)))
            : outside.matches() && (outside.group(2).equals("weight") || hasBias(outside.group(1)));
    if (!known) {
      throw new LanewiseException(
          "%s: tensor %s is none that GGUF files of %s have; it is not converted here"
              .formatted(file.file(), tensor.name(), name));
    }
    if (!FLOATS.contains(tensor.type()) || tensor.shape().isEmpty() || tensor.elements() == 0) {
      throw new LanewiseException(
          "%s: tensor %s is %s; what is converted are numbers of type F32, F16 or BF16"
              .formatted(file.file(), tensor.name(), tensor.describe()));
    }
  }

  /** Whether llama.cpp reads a bias of a part, as others than these it refuses. */
  private boolean hasBias(String part) {
    return switch (architecture) {
      case GPT2, STARCODER2 -> !part.equals("output");
      case LLAMA, GRANITE ->
          BIASED.contains(part)
              || (!h.architecture().equals("smollm3")
                  && part.matches("attn_output|ffn_(gate|up|down)"));
      case QWEN -> BIASED.contains(part) || (part.equals("output") && name.equals("qwen2"));
      default -> BIASED.contains(part);
    };
  }

  private void add(String ggufName, TensorInfo tensor) {
    boolean adjacent = architecture == Architecture.LLAMA || architecture == Architecture.GRANITE;
    if (adjacent && ggufName.contains(".attn_q.")) {
      converted.addInterleaved(ggufName, tensor, config.attention().nHeads());
    } else if (adjacent && ggufName.contains(".attn_k.")) {
      converted.addInterleaved(ggufName, tensor, config.attention().nKvHeads());
    } else if (isGemma() && ggufName.endsWith("norm" + WEIGHT)) {
      converted.addPlusOne(ggufName, tensor);
    } else if (architecture == Architecture.GPT2
        && ggufName.startsWith("blk.")
        && tensor.shape().size() > 1) {
      converted.addTransposed(ggufName, tensor);
    } else {
      converted.add(ggufName, tensor);
    }
  }
}
