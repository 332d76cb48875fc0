package dev.lanewise.model.arch;

import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.RotaryEmbedding;
import dev.lanewise.model.nn.RotaryEmbedding.Pairs;
import dev.lanewise.model.nn.RotaryScaling;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Rotary positions as checkpoints describe them: width, base and scaling. */
final class Rope {
  private static final String LONG_FACTORS = "rope_factors_long.weight";
  private static final String SHORT_FACTORS = "rope_factors_short.weight";

  /**
   * Where the hub's files describe positions, those of blocks that attend to everything. Older
   * files have the first of these; it is also what people add to a newer one to scale it otherwise.
   */
  private static final List<String> OF_ALL =
      List.of("rope_scaling.", "rope_parameters.", "rope_parameters.full_attention.");

  /** The same of blocks with a sliding window. */
  private static final List<String> OF_SLIDING = List.of("rope_parameters.sliding_attention.");

  /** Architectures that may rotate a part of each head only. */
  private static final Set<String> PARTIAL = Set.of("phi3", "nomic_bert");

  private final Checkpoint checkpoint;
  private final Hyperparameters h;
  private final String scaling; // what the keys that tell of it begin with
  private final int rotaryDim;
  private final double base;

  private Rope(
      Checkpoint checkpoint,
      Hyperparameters h,
      AttentionShape shape,
      String suffix,
      double fallbackBase) {
    this.checkpoint = checkpoint;
    this.h = h;
    scaling = "rope.scaling" + suffix + ".";
    rotaryDim = rotaryDim(shape.headDim());
    base = h.number("rope.freq_base" + suffix, fallbackBase, 1, 1e12);
  }

  /** The hub's names of the keys that are read here. */
  static Map<String, String> hubKeys() {
    Map<String, String> keys = new HashMap<>();
    keys.put(
        "rope.partial_factor",
        names(OF_ALL, "partial_rotary_factor") + "|partial_rotary_factor|rotary_emb_fraction");
    keys.put(
        "rope.freq_base",
        names(OF_ALL, "rope_theta") + "|rope_theta|global_rope_theta|rotary_emb_base");
    keys.put(
        "rope.freq_base_swa",
        names(OF_SLIDING, "rope_theta") + "|rope_local_base_freq|local_rope_theta");
    putScaling(keys, "type", "rope_type", "type");
    putScaling(keys, "factor", "factor");
    putScaling(keys, "low_freq_factor", "low_freq_factor");
    putScaling(keys, "high_freq_factor", "high_freq_factor");
    putScaling(keys, "attn_factor", "attention_factor");
    putScaling(keys, "yarn_beta_fast", "beta_fast");
    putScaling(keys, "yarn_beta_slow", "beta_slow");
    putScaling(keys, "mixed_b", "mixed_b");
    putScaling(keys, "mscale", "mscale");
    putScaling(keys, "mscale_all_dim", "mscale_all_dim");
    putScaling(keys, "truncate", "truncate");
    putScaling(keys, "short_factor", "short_factor");
    putScaling(keys, "long_factor", "long_factor");
    putScaling(keys, "original_context_length", "original_max_position_embeddings");
    keys.merge(
        "rope.scaling.original_context_length",
        "original_max_position_embeddings", // goes before the others
        (all, first) -> first + "|" + all);
    return keys;
  }

  private static void putScaling(Map<String, String> keys, String name, String... hubNames) {
    keys.put("rope.scaling." + name, names(OF_ALL, hubNames));
    keys.put("rope.scaling_swa." + name, names(OF_SLIDING, hubNames));
  }

  private static String names(List<String> places, String... names) {
    return places.stream()
        .flatMap(place -> Arrays.stream(names).map(name -> place + name))
        .collect(Collectors.joining("|"));
  }

  /** The one rotary embedding of a model. */
  static RotaryEmbedding of(
      Checkpoint checkpoint, Hyperparameters h, AttentionShape shape, Pairs pairs) {
    return new Rope(checkpoint, h, shape, "", 10_000).embedding(0, pairs);
  }

  /**
   * That of blocks with a sliding window, number 0, and that of all others, number 1.
   *
   * @param slidingBase where the file does not say it
   * @param base of the others, where the file does not say it
   */
  static RotaryEmbedding[] ofTwoKinds(
      Checkpoint checkpoint,
      Hyperparameters h,
      AttentionShape shape,
      Pairs pairs,
      double slidingBase,
      double base) {
    return new RotaryEmbedding[] {
      new Rope(checkpoint, h, shape, "_swa", slidingBase).embedding(0, pairs),
      new Rope(checkpoint, h, shape, "", base).embedding(1, pairs)
    };
  }

  private RotaryEmbedding embedding(int index, Pairs pairs) {
    return new RotaryEmbedding(index, pairs, rotaryDim, base, scaling());
  }

  /** Elements of a head that are rotated. */
  private int rotaryDim(int headDim) {
    int dim =
        h.ofHub()
            ? (int) (headDim * share())
            : h.metadata().integer(h.key("rope.dimension_count"), headDim);
    if (dim < 2 || dim > headDim || dim % 2 != 0) {
      throw h.wrong("rope.dimension_count", dim, "even, from 2 to " + headDim);
    }
    return dim;
  }

  /** What share of a head the hub's files say is rotated. */
  private double share() {
    double share = h.number("rope.partial_factor", 1, 0, 1);
    if (share != 1 && !PARTIAL.contains(h.architecture())) {
      throw h.wrong("rope.partial_factor", share, "1: such models rotate whole heads");
    }
    return share;
  }

  private RotaryScaling scaling() {
    Weights weights = Weights.of(checkpoint);
    if (weights.has("rope_freqs.weight")) {
      return RotaryScaling.of(tensor(weights, "rope_freqs.weight"));
    }
    if (weights.has(LONG_FACTORS)) {
      return new RotaryScaling(
          tensor(weights, SHORT_FACTORS),
          tensor(weights, LONG_FACTORS),
          originalLength(),
          (float) number("attn_factor", 1));
    }
    String type = type();
    return switch (type) {
      case "none", "default" -> RotaryScaling.of(ones());
      // It scales beyond the context that a model states, and nothing runs beyond it here.
      case "dynamic" -> RotaryScaling.of(ones());
      case "linear" -> linear();
      case "llama3" -> llama3();
      case "ntk" -> ntk();
      case "yarn" -> yarn();
      case "longrope", "su" -> longRope();
      default ->
          throw new LanewiseException(
              "%s: %s is '%s'; known here: none, default, dynamic, linear, llama3, longrope, ntk, yarn"
                  .formatted(checkpoint.file(), h.key(scaling + "type"), type));
    };
  }

  /** GGUF's files need not name the linear one, and Phi-3's of old call theirs otherwise. */
  private String type() {
    String type = h.text(scaling + "type", h.ofHub() ? "default" : "linear");
    return type.equals("yarn") && h.architecture().equals("phi3") && h.ofHub() ? "longrope" : type;
  }

  private double number(String name, double fallback) {
    return h.number(scaling + name, fallback, 1e-6, 1e9);
  }

  private int contextLength() {
    return h.size("context_length", Hyperparameters.MAX_CONTEXT);
  }

  private int originalLength() {
    return (int)
        h.number(scaling + "original_context_length", Math.max(2, contextLength()), 2, 1e9);
  }

  private float[] ones() {
    float[] divisors = new float[rotaryDim / 2];
    Arrays.fill(divisors, 1f);
    return divisors;
  }

  private float[] tensor(Weights weights, String name) {
    return checked("tensor " + name, weights.vector(name, rotaryDim / 2));
  }

  private float[] list(String name) {
    String key = h.key(scaling + name);
    return checked(key, h.metadata().floats(key));
  }

  private float[] checked(String what, float[] divisors) {
    if (divisors.length != rotaryDim / 2) {
      throw new LanewiseException(
          "%s: %s holds %d numbers; it must be %d, half of what is rotated of a head"
              .formatted(checkpoint.file(), what, divisors.length, rotaryDim / 2));
    }
    for (float divisor : divisors) {
      if (!(divisor > 0 && divisor < Float.POSITIVE_INFINITY)) {
        throw new LanewiseException(
            "%s: %s holds %s; all must be above 0".formatted(checkpoint.file(), what, divisor));
      }
    }
    return divisors;
  }

  /** All frequencies are divided alike (Chen et al. 2023, arXiv:2306.15595). */
  private RotaryScaling linear() {
    String legacy = "rope.scale_linear"; // GGUF's, of old
    boolean old = !h.ofHub() && !h.has(scaling + "factor");
    float[] divisors = ones();
    Arrays.fill(divisors, (float) (old ? h.number(legacy, 1, 1e-6, 1e9) : number("factor", 1)));
    return RotaryScaling.of(divisors);
  }

  /**
   * All frequencies are divided, long waves' by more: pair j's by factor^(2(j + 1) / rotaryDim).
   * That is a base of so many times as much, and what makes the longest wave so many times as long
   * (Su 2023, kexue.fm/archives/9706). GTE's files have it.
   */
  private RotaryScaling ntk() {
    if (h.has(scaling + "mixed_b")) {
      throw h.wrong(scaling + "mixed_b", number("mixed_b", 1), "null");
    }
    double factor = h.number(scaling + "factor", 1, 1, 1e9);
    float[] divisors = new float[rotaryDim / 2];
    for (int j = 0; j < divisors.length; j++) {
      divisors[j] = (float) Math.pow(factor, 2 * (j + 1.0) / rotaryDim);
    }
    return RotaryScaling.of(divisors);
  }

  /**
   * Frequencies of long waves are divided by a factor, those of short waves left alone, and those
   * between blended (Llama 3.1, arXiv:2407.21783; the blend as in its published code).
   */
  private RotaryScaling llama3() {
    double low = number("low_freq_factor", 1);
    double high = number("high_freq_factor", 4);
    if (high <= low) {
      throw h.wrong(scaling + "high_freq_factor", high, "above the low one, " + low);
    }
    double[] kept = new double[rotaryDim / 2];
    for (int j = 0; j < kept.length; j++) {
      double waves = originalLength() * Math.pow(base, -2.0 * j / rotaryDim) / (2 * Math.PI);
      kept[j] = (waves - low) / (high - low);
    }
    return RotaryScaling.of(blended(kept, number("factor", 1)));
  }

  /**
   * The same blend along the numbers of the pairs, and all products of queries and keys larger
   * (Peng et al. 2023, arXiv:2309.00071: "YaRN").
   */
  private RotaryScaling yarn() {
    double factor = number("factor", (double) contextLength() / originalLength());
    double first = pairThatTurns(number("yarn_beta_fast", 32));
    double last = pairThatTurns(number("yarn_beta_slow", 1));
    if (h.flag(scaling + "truncate", true)) {
      first = Math.floor(first);
      last = Math.ceil(last);
    }
    first = Math.max(first, 0);
    last = Math.min(last, rotaryDim - 1);
    double[] kept = new double[rotaryDim / 2];
    for (int j = 0; j < kept.length; j++) {
      kept[j] = 1 - (j - first) / (first == last ? 1e-3 : last - first);
    }
    float[] divisors = blended(kept, factor);
    return new RotaryScaling(divisors, divisors, Integer.MAX_VALUE, (float) yarnAmplitude(factor));
  }

  /** The pair, or what lies between two, that turns so often within the original length. */
  private double pairThatTurns(double times) {
    return rotaryDim * Math.log(originalLength() / (times * 2 * Math.PI)) / (2 * Math.log(base));
  }

  /** The hub's files state the amplitude, GGUF's a factor of what the paper recommends. */
  private double yarnAmplitude(double factor) {
    String stated = "attn_factor";
    if (h.ofHub() && h.has(scaling + stated)) {
      return number(stated, 1);
    }
    double scale = h.number(scaling + "mscale", 0, 0, 1e9);
    double scaleOfAll = h.number(scaling + "mscale_all_dim", 0, 0, 1e9);
    double recommended =
        scale > 0 && scaleOfAll > 0
            ? amplitude(factor, scale) / amplitude(factor, scaleOfAll)
            : amplitude(factor, 1);
    return h.ofHub() ? recommended : recommended * number(stated, 1);
  }

  private static double amplitude(double factor, double scale) {
    return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
  }

  /**
   * Divisors that were searched for, others for texts longer than those of the first training (Ding
   * et al. 2024, arXiv:2402.13753).
   */
  private RotaryScaling longRope() {
    int original = originalLength();
    double factor = number("factor", (double) contextLength() / original);
    double recommended = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
    return new RotaryScaling(
        list("short_factor"),
        list("long_factor"),
        original,
        (float) number("attn_factor", recommended));
  }

  /** Divisors that leave shares of frequencies alone, and divide the rest by a factor. */
  private static float[] blended(double[] kept, double factor) {
    float[] divisors = new float[kept.length];
    for (int j = 0; j < kept.length; j++) {
      double share = Math.clamp(kept[j], 0, 1);
      divisors[j] = (float) (1 / ((1 - share) / factor + share));
    }
    return divisors;
  }
}
