package dev.lanewise.model.arch;

import dev.lanewise.kernels.Activation;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.checkpoint.TensorInfo;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.FeedForward;
import dev.lanewise.model.nn.Linear;
import dev.lanewise.model.nn.MixtureOfExperts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * The mixtures of experts in the blocks of Mixtral (Jiang et al. 2024, arXiv:2401.04088) and of
 * Qwen 3 (Yang et al. 2025, arXiv:2505.09388). GGUF files hold each projection of all experts in
 * one tensor, or in one for each expert as those of the hub; these may also have gate and up of all
 * experts in one.
 *
 * @param count of a block's experts
 * @param used of them for each token
 * @param hiddenDim width of each
 * @param normalised whether the weights of those used are divided by their sum
 */
record Experts(Hyperparameters parameters, int count, int used, int hiddenDim, boolean normalised) {
  private static final int MAX_EXPERTS = 1 << 14;
  private static final String COUNT = "expert_count";
  private static final String HUB_QWEN = "qwen3_moe";

  /** Architectures that are nothing without experts. */
  private static final Set<String> ALWAYS = Set.of("mixtral", HUB_QWEN, "qwen3moe");

  /** The one of GGUF files of Mixtral, and of models without experts. */
  private static final String LLAMA = "llama";

  private static final int SOFTMAX = 1; // of GGUF's gating functions

  private static final String FUSED = "ffn_gate_up_exps.weight";

  /** What mixtures of other models have besides. */
  private static final List<String> OTHERS =
      List.of(
          "exp_probs_b.bias",
          "ffn_down_exps.bias",
          "ffn_gate_exps.bias",
          "ffn_gate_shexp.weight",
          "ffn_up_exps.bias",
          "ffn_up_shexp.weight");

  private static final Pattern TENSORS =
      Pattern.compile("_exps\\.|\\.experts\\.|\\.ffn_(gate|up|down)\\.\\d+\\.");

  private static final Map<String, String> MIXTRAL =
      GgufNames.table(
          "layers.{}.block_sparse_moe.gate",
          "blk.{}.ffn_gate_inp",
          "layers.{}.block_sparse_moe.experts.{}.w1",
          "blk.{}.ffn_gate.{}",
          "layers.{}.block_sparse_moe.experts.{}.w2",
          "blk.{}.ffn_down.{}",
          "layers.{}.block_sparse_moe.experts.{}.w3",
          "blk.{}.ffn_up.{}",
          "layers.{}.mlp.gate",
          "blk.{}.ffn_gate_inp",
          "layers.{}.mlp.experts.gate_up_proj",
          "blk.{}.ffn_gate_up_exps.weight",
          "layers.{}.mlp.experts.down_proj",
          "blk.{}.ffn_down_exps.weight");

  private static final Map<String, String> QWEN =
      GgufNames.table(
          "layers.{}.mlp.gate",
          "blk.{}.ffn_gate_inp",
          "layers.{}.mlp.experts.{}.gate_proj",
          "blk.{}.ffn_gate.{}",
          "layers.{}.mlp.experts.{}.down_proj",
          "blk.{}.ffn_down.{}",
          "layers.{}.mlp.experts.{}.up_proj",
          "blk.{}.ffn_up.{}",
          "layers.{}.mlp.experts.gate_up_proj",
          "blk.{}.ffn_gate_up_exps.weight",
          "layers.{}.mlp.experts.down_proj",
          "blk.{}.ffn_down_exps.weight");

  /** The hub's names of the experts' tensors in a checkpoint. */
  static Map<String, String> hubTensors(Checkpoint checkpoint) {
    return switch (checkpoint.metadata().string("model_type", "")) {
      case "mixtral" -> MIXTRAL;
      case HUB_QWEN -> QWEN;
      default -> Map.of();
    };
  }

  /** The hub's names of the keys that are read here. */
  static Map<String, String> hubKeys() {
    return Map.of(
        COUNT,
        "num_local_experts|num_experts",
        "expert_used_count",
        "num_experts_per_tok",
        "expert_feed_forward_length",
        "moe_intermediate_size");
  }

  /**
   * Those of a model, or null if it has none.
   *
   * @param hiddenDim width of the layers that are no mixtures, and of experts where nothing else is
   *     said
   */
  static Experts of(Hyperparameters h, int hiddenDim) {
    String name = h.architecture();
    boolean may = !h.ofHub() && name.equals(LLAMA);
    if (!ALWAYS.contains(name) && !may) {
      h.refuse(COUNT, "mixtures of experts of this architecture");
      return null;
    }
    if (may && h.metadata().integer(h.key(COUNT), 0) == 0) {
      return null;
    }
    refuseOthers(h);
    int count = h.size(COUNT, MAX_EXPERTS);
    return new Experts(
        h,
        count,
        h.size("expert_used_count", count),
        h.size("expert_feed_forward_length", hiddenDim, Hyperparameters.MAX_DIM),
        name.equals(HUB_QWEN)
            ? h.flag("norm_topk_prob", false)
            : h.ofHub() || h.flag("expert_weights_norm", true));
  }

  /** Of the experts in a causal language model, the share that a token passes through. */
  static double share(Checkpoint checkpoint) {
    Experts experts = of(new Hyperparameters(checkpoint, hubKeys()), 1);
    return experts == null ? 1 : (double) experts.used / experts.count;
  }

  /** Whether a tensor, by the name that it has in any file, belongs to experts. */
  static boolean own(TensorInfo tensor) {
    return TENSORS.matcher(tensor.name()).find();
  }

  /** Refuses what mixtures of other models do besides. */
  private static void refuseOthers(Hyperparameters h) {
    h.refuse("expert_shared_count", "experts that all tokens share");
    h.refuse("expert_shared_feed_forward_length", "experts that all tokens share");
    h.refuse("expert_group_count", "groups of experts");
    int gating = h.metadata().integer(h.key("expert_gating_func"), SOFTMAX);
    if (gating != SOFTMAX) {
      throw h.wrong("expert_gating_func", gating, SOFTMAX + ", for softmax");
    }
    double scale = h.metadata().number(h.key("expert_weights_scale"), 1);
    if (scale != 1) {
      throw h.wrong("expert_weights_scale", scale, "1, for weights as they are");
    }
  }

  /** Whether a block has a mixture: in the hub's Qwen some may have a layer for all tokens. */
  boolean inBlock(int layer) {
    if (!parameters.architecture().equals(HUB_QWEN)) {
      return true;
    }
    Metadata m = parameters.metadata();
    String excepted = "mlp_only_layers";
    int[] without = m.has(excepted) ? m.integers(excepted) : new int[0];
    int step = parameters.size("decoder_sparse_step", 1, Hyperparameters.MAX_LAYERS);
    return (layer + 1) % step == 0 && Arrays.stream(without).noneMatch(each -> each == layer);
  }

  /**
   * What a row of the widest buffer has to hold.
   *
   * @param dense width of the layers that are no mixtures
   */
  int widest(int nLayers, int dense) {
    boolean everywhere = IntStream.range(0, nLayers).allMatch(this::inBlock);
    return Math.max(count, everywhere ? hiddenDim : Math.max(hiddenDim, dense));
  }

  /** The mixture of a block. */
  MixtureOfExperts load(Weights w, Activation f, int dim) {
    for (String other : OTHERS) {
      if (w.has(other)) {
        throw new LanewiseException(
            "%s: tensor %s belongs to a mixture of another kind than runs here"
                .formatted(w.file(), w.path(other)));
      }
    }
    List<FeedForward> experts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      experts.add(expert(w, i, f, dim));
    }
    Linear router = DecoderWeights.linear(w, "ffn_gate_inp", count, dim);
    return new MixtureOfExperts(router, experts, used, normalised);
  }

  private FeedForward expert(Weights w, int i, Activation f, int dim) {
    if (w.has(FUSED)) {
      long from = 2L * i * hiddenDim;
      int[] shape = {count, 2 * hiddenDim, dim};
      return FeedForward.gated(
          f,
          new Linear(w.interleavedRows(FUSED, from, hiddenDim, shape), null),
          new Linear(w.interleavedRows(FUSED, from + hiddenDim, hiddenDim, shape), null),
          stacked(w, "ffn_down_exps", i, dim, hiddenDim));
    }
    if (parameters.ofHub() || w.has("ffn_gate.0.weight")) {
      return FeedForward.gated(
          f,
          DecoderWeights.linear(w, "ffn_gate." + i, hiddenDim, dim),
          DecoderWeights.linear(w, "ffn_up." + i, hiddenDim, dim),
          DecoderWeights.linear(w, "ffn_down." + i, dim, hiddenDim));
    }
    return FeedForward.gated(
        f,
        stacked(w, "ffn_gate_exps", i, hiddenDim, dim),
        stacked(w, "ffn_up_exps", i, hiddenDim, dim),
        stacked(w, "ffn_down_exps", i, dim, hiddenDim));
  }

  /** An expert's part of a tensor [count × rows × cols]. */
  private Linear stacked(Weights w, String name, int i, int rows, int cols) {
    long from = (long) i * rows;
    float[] scales = w.optionalVector(name + ".scale", count);
    return new Linear(
        w.interleavedRows(name + ".weight", from, rows, count, rows, cols),
        null,
        scales == null ? 1 : scales[i]);
  }
}
