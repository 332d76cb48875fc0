package dev.lanewise.model.arch;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.ConvertedCheckpoint;
import dev.lanewise.model.checkpoint.GgufBuilder;

/**
 * Rotary positions of the hub's models as GGUF files describe them; {@link Rope} reads both.
 *
 * <p>Source of keys and formulas: llama.cpp's converter.
 */
final class RopeConversion {
  private static final String SCALING = "rope.scaling.";
  private static final double USUAL_BASE = 10_000;

  private final Checkpoint file;
  private final Hyperparameters h;
  private final DecoderConfig config;
  private final String name; // GGUF's of the architecture
  private final ConvertedCheckpoint converted;
  private final GgufBuilder keys;

  RopeConversion(
      Checkpoint file, DecoderConfig config, String name, ConvertedCheckpoint converted) {
    this.file = file;
    this.config = config;
    this.name = name;
    this.converted = converted;
    h = config.parameters();
    keys = converted.keys();
  }

  /** Adds keys and tensors, unless the architecture knows positions otherwise. */
  void convert() {
    if (name.equals("gpt2")) {
      return;
    }
    double base = h.number("rope.freq_base", name.equals("gemma3") ? 1e6 : USUAL_BASE, 1, 1e12);
    boolean unsaid = name.equals("gemma") || name.equals("gemma2");
    if (!unsaid || base != USUAL_BASE) {
      number("rope.freq_base", base);
    }
    if (h.has("rope.freq_base_swa")) {
      number("rope.freq_base_swa", h.number("rope.freq_base_swa", USUAL_BASE, 1, 1e12));
    }
    dimensions();
    scaling(base);
  }

  private void number(String key, double value) {
    keys.float32(name + "." + key, (float) value);
  }

  private boolean isLlama() {
    return name.equals("llama") || name.equals("smollm3") || name.equals("granite");
  }

  private void dimensions() {
    double share = h.number("rope.partial_factor", 1, 0, 1);
    boolean isPhi = name.equals("phi3");
    if (share != 1 && !isPhi) {
      throw refused("rope.partial_factor", "is " + share);
    }
    if (isPhi || isLlama()) {
      int dim = (int) (config.attention().headDim() * share);
      keys.uint32(name + ".rope.dimension_count", dim);
    }
  }

  private LanewiseException refused(String key, String what) {
    return new LanewiseException(
        "%s: %s %s, which is not converted to GGUF here"
            .formatted(file.metadata().file(), h.key(key), what));
  }

  private void scaling(double base) {
    boolean isPhi = name.equals("phi3");
    String type = h.text(SCALING + "type", "default");
    String meant = isPhi && type.equals("yarn") ? "longrope" : type; // in old files
    if (isPhi) {
      keys.uint32(name + "." + SCALING + "original_context_length", originalLength());
    }
    switch (meant) {
      case "none", "default", "dynamic" -> {} // dynamic scales beyond the context that is stated
      case "linear" -> {
        keys.string(name + "." + SCALING + "type", "linear");
        number(SCALING + "factor", h.number(SCALING + "factor", 1, 1e-6, 1e9));
      }
      case "yarn" -> yarn();
      case "llama3" -> {
        if (!name.equals("llama") && !name.equals("granite")) {
          throw refused(SCALING + "type", "is 'llama3' in a model of type " + name);
        }
        converted.add("rope_freqs.weight", llama3(base));
      }
      case "longrope", "su" -> {
        if (!isPhi) {
          throw refused(SCALING + "type", "is '" + type + "' in a model of type " + name);
        }
        longRope();
      }
      default -> throw refused(SCALING + "type", "is '" + type + "'");
    }
  }

  private int contextLength() {
    return h.size("context_length", Hyperparameters.MAX_CONTEXT);
  }

  private int originalLength() {
    return (int)
        h.number(SCALING + "original_context_length", Math.max(2, contextLength()), 2, 1e9);
  }

  private void yarn() {
    int original = originalLength();
    double factor = h.number(SCALING + "factor", (double) contextLength() / original, 1e-6, 1e9);
    for (String key : new String[] {"mscale", "mscale_all_dim"}) {
      if (h.number(SCALING + key, 0, 0, 1e9) != 0) {
        throw refused(SCALING + key, "is set");
      }
    }
    if (!h.flag(SCALING + "truncate", true)) {
      throw refused(SCALING + "truncate", "is false");
    }
    keys.string(name + "." + SCALING + "type", "yarn");
    number(SCALING + "factor", factor);
    keys.uint32(name + "." + SCALING + "original_context_length", original);
    if (h.has(SCALING + "attn_factor")) {
      double usual = factor <= 1 ? 1 : 0.1 * Math.log(factor) + 1;
      double stated = h.number(SCALING + "attn_factor", usual, 1e-6, 1e9);
      if (Math.abs(stated - usual) > 1e-5) {
        throw refused(SCALING + "attn_factor", "is " + stated + ", not " + usual);
      }
      number(SCALING + "yarn_attn_factor", stated);
    }
    for (String key : new String[] {"yarn_beta_fast", "yarn_beta_slow"}) {
      if (h.has(SCALING + key)) {
        number(SCALING + key, h.number(SCALING + key, 1, 1e-6, 1e9));
      }
    }
  }

  /** What Llama 3.1 divides frequencies by, in the float32 arithmetic of the converter. */
  private float[] llama3(double base) {
    int dim = config.attention().headDim();
    float factor = (float) h.number(SCALING + "factor", 8, 1e-6, 1e9);
    float low = (float) h.number(SCALING + "low_freq_factor", 1, 1e-6, 1e9);
    float high = (float) h.number(SCALING + "high_freq_factor", 4, 1e-6, 1e9);
    if (high <= low) {
      throw h.wrong(SCALING + "high_freq_factor", high, "above the low one, " + low);
    }
    double original = h.number(SCALING + "original_context_length", 8192, 2, 1e9);
    float[] divisors = new float[dim / 2];
    for (int j = 0; j < divisors.length; j++) {
      float exponent = (float) (2 * j) / dim;
      float frequency = 1 / (float) Math.pow(base, exponent);
      float wave = (float) (2 * Math.PI) * (1 / frequency);
      if (wave < original / high) {
        divisors[j] = 1;
      } else if (wave > original / low) {
        divisors[j] = factor;
      } else {
        float smooth = ((float) original * (1 / wave) - low) / (high - low);
        divisors[j] = 1 / ((1 - smooth) / factor + smooth);
      }
    }
    return divisors;
  }

  private void longRope() {
    double original = originalLength();
    double factor = contextLength() / original;
    double usual = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
    number(SCALING + "attn_factor", h.number(SCALING + "attn_factor", usual, 1e-6, 1e9));
    converted.add("rope_factors_long.weight", factors("long_factor"));
    converted.add("rope_factors_short.weight", factors("short_factor"));
  }

  private float[] factors(String list) {
    String key = h.key(SCALING + list);
    float[] factors = h.metadata().floats(key);
    int wanted = (int) (config.attention().headDim() * h.number("rope.partial_factor", 1, 0, 1));
    if (factors.length != wanted / 2) {
      throw h.wrong(SCALING + list, "a list of " + factors.length, "one of " + wanted / 2);
    }
    return factors;
  }
}
