package dev.lanewise.model.arch;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.RotaryEmbedding;
import dev.lanewise.model.nn.RotaryEmbedding.Pairs;
import java.util.Arrays;

/** Rotary positions as checkpoints describe them: width, base and scaling. */
final class Rope {
  private Rope() {}

  /** Elements of a head that are rotated. */
  static int rotaryDim(DecoderConfig config) {
    Hyperparameters h = config.parameters();
    int headDim = config.attention().headDim();
    int rotaryDim =
        h.ofHub()
            ? (int) (headDim * h.number("rope.partial_factor", 1, 0, 1))
            : h.metadata().integer(h.key("rope.dimension_count"), headDim);
    if (rotaryDim < 2 || rotaryDim > headDim || rotaryDim % 2 != 0) {
      throw h.wrong("rope.dimension_count", rotaryDim, "even, from 2 to " + headDim);
    }
    return rotaryDim;
  }

  /** The one rotary embedding of a model. */
  static RotaryEmbedding of(Checkpoint checkpoint, DecoderConfig config, Pairs pairs) {
    int rotaryDim = rotaryDim(config);
    double base = config.parameters().number("rope.freq_base", 10_000, 1, 1e12);
    return new RotaryEmbedding(0, pairs, rotaryDim, base, divisors(checkpoint, config, rotaryDim));
  }

  /** Scaling {@code linear} divides all frequencies alike; {@code llama3} each by its own. */
  private static float[] divisors(Checkpoint checkpoint, DecoderConfig config, int rotaryDim) {
    Hyperparameters h = config.parameters();
    Weights weights = Weights.of(checkpoint);
    if (weights.has("rope_freqs.weight")) {
      float[] divisors = weights.vector("rope_freqs.weight", rotaryDim / 2);
      for (float divisor : divisors) {
        if (!(divisor > 0 && divisor < Float.POSITIVE_INFINITY)) {
          throw new LanewiseException(
              checkpoint.file()
                  + ": tensor rope_freqs.weight holds "
                  + divisor
                  + "; all must be above 0");
        }
      }
      return divisors;
    }
    float[] divisors = new float[rotaryDim / 2];
    Arrays.fill(divisors, 1f);
    String legacy = "rope.scale_linear"; // GGUF's, of old
    String type = h.text("rope.scaling.type", h.has(legacy) ? "linear" : "none");
    switch (type) {
      case "none", "default" -> {}
      case "linear" -> {
        String name = h.has("rope.scaling.factor") ? "rope.scaling.factor" : legacy;
        Arrays.fill(divisors, (float) h.number(name, 1, 1e-6, 1e6));
      }
      case "llama3" -> llama3(config, divisors, rotaryDim);
      default ->
          throw new LanewiseException(
              "%s: %s is '%s'; known here: none, default, linear, llama3"
                  .formatted(checkpoint.file(), h.key("rope.scaling.type"), type));
    }
    return divisors;
  }

  /**
   * Frequencies of long waves are divided by a factor, those of short waves left alone, and those
   * between blended (Llama 3.1, arXiv:2407.21783; the blend as in its published code).
   */
  private static void llama3(DecoderConfig config, float[] divisors, int rotaryDim) {
    Hyperparameters h = config.parameters();
    double base = h.number("rope.freq_base", 10_000, 1, 1e12);
    double factor = h.number("rope.scaling.factor", 1, 1e-6, 1e6);
    double low = h.number("rope.scaling.low_freq_factor", 1, 1e-6, 1e6);
    double high = h.number("rope.scaling.high_freq_factor", 4, 1e-6, 1e6);
    double context = h.number("rope.scaling.original_context_length", 8192, 1, 1e9);
    if (high <= low) {
      throw h.wrong("rope.scaling.high_freq_factor", high, "above the low one, " + low);
    }
    for (int j = 0; j < divisors.length; j++) {
      double waves = context * Math.pow(base, -2.0 * j / rotaryDim) / (2 * Math.PI);
      double share = Math.clamp((waves - low) / (high - low), 0, 1);
      divisors[j] = (float) (1 / ((1 - share) / factor + share));
    }
  }
}
