package dev.lanewise.model.server;

import dev.lanewise.model.generate.GenerationOptions;
import dev.lanewise.model.generate.SamplerOptions;
import dev.lanewise.model.json.JsonView;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a request says about how a text shall be generated. What it does not say is as {@link
 * SamplerOptions#standard} has it.
 *
 * @param options all but who may cancel it, and how
 * @param stream whether the text is sent as it comes
 * @param includeUsage whether a stream tells in the end how many tokens there were
 */
record GenerationRequest(GenerationOptions.Builder options, boolean stream, boolean includeUsage) {
  private static final Set<String> KEYS =
      Set.of(
          "stream",
          "stream_options",
          "temperature",
          "top_p",
          "top_k",
          "min_p",
          "repeat_penalty",
          "presence_penalty",
          "frequency_penalty",
          "logit_bias",
          "seed",
          "stop",
          "max_tokens");

  /** Each costs time for every token. */
  private static final int MAX_STOPS = 16;

  private static final int MAX_BIAS = 100;

  /**
   * Reads it.
   *
   * @param more keys that the route knows besides
   * @param maxTokens where the request does not say
   * @param vocabSize ids that may be biased
   */
  static GenerationRequest of(JsonView body, Set<String> more, int maxTokens, int vocabSize) {
    Set<String> known = new HashSet<>(KEYS);
    known.addAll(more);
    RequestBody.requireKnown(body, known);
    GenerationOptions.Builder options =
        GenerationOptions.builder()
            .sampler(sampler(body, vocabSize))
            .maxTokens(maxTokens(body, maxTokens))
            .reusePrefix(!body.has("seed"));
    if (body.has("seed")) {
      // Whoever gives one wants the same text again, to the last bit of the logits.
      options.seed(seed(body.at("seed")));
    }
    if (body.has("stop")) {
      options.stop(stops(body.at("stop")));
    }
    return new GenerationRequest(options, body.flag("stream", false), includeUsage(body));
  }

  private static SamplerOptions sampler(JsonView body, int vocabSize) {
    SamplerOptions standard = SamplerOptions.standard();
    SamplerOptions.Builder sampler =
        SamplerOptions.builder()
            .temperature(number(body, "temperature", standard.temperature(), 0, 1e6))
            .topK(Math.max(0, body.integer("top_k", standard.topK()))) // −1 is off, too
            .topP(number(body, "top_p", standard.topP(), 0, 1))
            .minP(number(body, "min_p", standard.minP(), 0, 1))
            .repeatPenalty(number(body, "repeat_penalty", standard.repeatPenalty(), 1e-3, 1e3))
            .presencePenalty(
                number(body, "presence_penalty", standard.presencePenalty(), -100, 100))
            .frequencyPenalty(
                number(body, "frequency_penalty", standard.frequencyPenalty(), -100, 100));
    if (body.has("logit_bias")) {
      JsonView biases = body.at("logit_bias");
      for (String key : biases.keys()) {
        bias(key, biases.at(key), vocabSize, sampler);
      }
    }
    return sampler.build();
  }

  /** A number within the range that {@link SamplerOptions} has for it. */
  private static float number(JsonView body, String key, float fallback, double min, double max) {
    double number = body.number(key, fallback);
    if (number < min || number > max) {
      throw body.at(key).failure("is " + number + ", expected a number from " + min + " to " + max);
    }
    return (float) number;
  }

  private static int maxTokens(JsonView body, int fallback) {
    String key = body.has("max_completion_tokens") ? "max_completion_tokens" : "max_tokens";
    int tokens = body.integer(key, fallback);
    if (tokens < 0) {
      throw body.at(key).failure("is " + tokens + ", expected 0 or more");
    }
    return tokens;
  }

  private static void bias(
      String key, JsonView value, int vocabSize, SamplerOptions.Builder sampler) {
    int id = key.matches("\\d{1,9}") ? Integer.parseInt(key) : vocabSize;
    if (id >= vocabSize) {
      throw value.failure("names no token: ids run from 0 to " + (vocabSize - 1));
    }
    if (Math.abs(value.number()) > MAX_BIAS) {
      throw value.failure("is out of range: from -" + MAX_BIAS + " to " + MAX_BIAS);
    }
    sampler.logitBias(id, (float) value.number());
  }

  private static long seed(JsonView seed) {
    if (!(seed.value() instanceof Long number)) {
      throw seed.failure("must be a whole number of 64 bits");
    }
    return number;
  }

  private static String[] stops(JsonView stop) {
    List<String> stops = RequestBody.texts(stop);
    if (stops.size() > MAX_STOPS) {
      throw stop.failure("has " + stops.size() + " texts, at most " + MAX_STOPS + " are allowed");
    }
    if (stops.contains("")) {
      throw stop.failure("has an empty text, which all texts hold");
    }
    return stops.toArray(String[]::new);
  }

  private static boolean includeUsage(JsonView body) {
    if (!body.has("stream_options")) {
      return false;
    }
    JsonView options = body.at("stream_options");
    RequestBody.requireKnown(options, Set.of("include_usage"));
    return options.flag("include_usage", false);
  }
}
