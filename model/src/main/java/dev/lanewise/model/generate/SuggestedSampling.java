package dev.lanewise.model.generate;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.GgufBuilder;
import dev.lanewise.model.checkpoint.Metadata;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * How the makers of a language model suggest to choose its tokens: by {@code
 * generation_config.json}, as Hugging Face's transformers reads it, or by a GGUF file's {@code
 * general.sampling}, as llama.cpp does.
 */
final class SuggestedSampling {
  private static final String HUB = "generation_config.";
  private static final String GGUF = "general.sampling.";
  private static final List<String> HUB_NAMES =
      List.of("do_sample", "temperature", "top_k", "top_p", "min_p", "repetition_penalty");
  private static final List<String> GGUF_NAMES =
      List.of("temp", "top_k", "top_p", "min_p", "penalty_repeat", "penalty_last_n");

  /** Where a hub's file wants tokens drawn and does not say from how many. */
  private static final int HUB_TOP_K = 50;

  /** All tokens, where a penalty is not said to look at fewer. */
  private static final int ALL = SamplerOptions.MAX_WINDOW;

  private final Metadata metadata;
  private final String prefix;

  private SuggestedSampling(Metadata metadata, String prefix) {
    this.metadata = metadata;
    this.prefix = prefix;
  }

  /**
   * What a checkpoint suggests, if it does.
   *
   * @throws LanewiseException if a number is out of range
   */
  static Optional<SamplerOptions> of(Metadata metadata) {
    if (hasAny(metadata, HUB, HUB_NAMES)) {
      return Optional.of(new SuggestedSampling(metadata, HUB).hub());
    }
    return hasAny(metadata, GGUF, GGUF_NAMES)
        ? Optional.of(new SuggestedSampling(metadata, GGUF).gguf())
        : Optional.empty();
  }

  /** The same for later, when nobody may ever ask: an exception waits until then. */
  static Supplier<Optional<SamplerOptions>> later(Metadata metadata) {
    try {
      Optional<SamplerOptions> suggested = of(metadata);
      return () -> suggested;
    } catch (LanewiseException e) {
      String message = metadata.file() + ": suggested sampling: " + e.getMessage();
      return () -> {
        throw new LanewiseException(message);
      };
    }
  }

  /** Puts what a hub's file suggests as a GGUF file says it. */
  static void convert(Metadata hub, GgufBuilder keys) {
    if (hub.has(HUB + "top_k")) {
      keys.int32(GGUF + "top_k", hub.integer(HUB + "top_k"));
    }
    convert(hub, "top_p", keys, "top_p");
    convert(hub, "min_p", keys, "min_p");
    convert(hub, "temperature", keys, "temp");
    convert(hub, "repetition_penalty", keys, "penalty_repeat");
  }

  private static void convert(Metadata hub, String from, GgufBuilder keys, String to) {
    if (hub.has(HUB + from)) {
      keys.float32(GGUF + to, (float) hub.number(HUB + from));
    }
  }

  private static boolean hasAny(Metadata metadata, String prefix, List<String> names) {
    return names.stream().anyMatch(name -> metadata.has(prefix + name));
  }

  private SamplerOptions hub() {
    boolean drawn = metadata.flag(prefix + "do_sample", false);
    return SamplerOptions.builder()
        .temperature(drawn ? number("temperature", 1) : 0)
        .topK(topK(HUB_TOP_K))
        .topP(number("top_p", 1))
        .minP(number("min_p", 0))
        .repeatPenalty(number("repetition_penalty", 1))
        .penaltyWindow(ALL)
        .build();
  }

  private SamplerOptions gguf() {
    SamplerOptions standard = SamplerOptions.standard();
    int window = metadata.integer(prefix + "penalty_last_n", standard.penaltyWindow());
    return SamplerOptions.builder()
        .temperature(number("temp", standard.temperature()))
        .topK(topK(standard.topK()))
        .topP(number("top_p", standard.topP()))
        .minP(number("min_p", standard.minP()))
        .repeatPenalty(number("penalty_repeat", 1))
        .penaltyWindow(window < 0 ? ALL : window)
        .build();
  }

  /** Below 0 it is off as well. */
  private int topK(int fallback) {
    return Math.max(0, metadata.integer(prefix + "top_k", fallback));
  }

  private float number(String name, float fallback) {
    return (float) metadata.number(prefix + name, fallback);
  }
}
