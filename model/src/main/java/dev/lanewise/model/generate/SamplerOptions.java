package dev.lanewise.model.generate;

import dev.lanewise.model.LanewiseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How tokens are chosen. The steps run in the order logit bias, penalties, temperature, topK, topP,
 * minP.
 *
 * @param temperature 0 takes the likeliest token (the lowest id of several); 1 leaves the model's
 *     probabilities as they are
 * @param topK keep that many likeliest tokens; 0 keeps all
 * @param topP keep the fewest tokens whose probabilities reach it; 1 keeps all
 * @param minP keep tokens at least that many times as likely as the likeliest; 0 keeps all
 * @param repeatPenalty factor against tokens seen lately; 1 is off
 * @param presencePenalty taken from the logit of tokens seen lately; 0 is off
 * @param frequencyPenalty taken from the logit for each time seen lately; 0 is off
 * @param penaltyWindow how many of the last tokens the penalties look at
 * @param logitBias added to the logits, by token id; −∞ bans a token
 */
public record SamplerOptions(
    float temperature,
    int topK,
    float topP,
    float minP,
    float repeatPenalty,
    float presencePenalty,
    float frequencyPenalty,
    int penaltyWindow,
    Map<Integer, Float> logitBias) {
  /** The greatest {@link #penaltyWindow}: more than texts have tokens. */
  static final int MAX_WINDOW = 1 << 20;

  /**
   * Checks the ranges.
   *
   * @throws LanewiseException if a number is NaN or out of range
   */
  public SamplerOptions {
    requireRange("temperature", temperature, 0, 1e6f);
    requireRange("topK", topK, 0, Integer.MAX_VALUE);
    requireRange("topP", topP, 0, 1);
    requireRange("minP", minP, 0, 1);
    requireRange("repeatPenalty", repeatPenalty, 1e-3f, 1e3f);
    requireRange("presencePenalty", presencePenalty, -100, 100);
    requireRange("frequencyPenalty", frequencyPenalty, -100, 100);
    requireRange("penaltyWindow", penaltyWindow, 0, MAX_WINDOW);
    logitBias = Map.copyOf(logitBias);
    for (Map.Entry<Integer, Float> entry : logitBias.entrySet()) {
      if (!(entry.getValue() < Float.POSITIVE_INFINITY)) {
        throw new LanewiseException(
            "logit bias "
                + entry.getValue()
                + " for token "
                + entry.getKey()
                + ": must be a number or -infinity");
      }
    }
  }

  /**
   * Options that suit most chat models: temperature 0.7, topK 40, topP 0.95, minP 0.05, no penalty.
   */
  public static SamplerOptions standard() {
    return builder().temperature(0.7f).topK(40).topP(0.95f).minP(0.05f).build();
  }

  /** Always the likeliest token. */
  public static SamplerOptions greedy() {
    return builder().temperature(0).build();
  }

  /** Temperature 1 and every filter and penalty off. */
  public static Builder builder() {
    return new Builder();
  }

  /** A fresh sampler with these options. */
  public Sampler newSampler(int vocabSize, long seed) {
    List<SamplingStep> steps = new ArrayList<>();
    if (!logitBias.isEmpty()) {
      steps.add(new LogitBias(logitBias, vocabSize));
    }
    boolean penalises = repeatPenalty != 1 || presencePenalty != 0 || frequencyPenalty != 0;
    if (penalises && penaltyWindow > 0) {
      steps.add(
          new Penalties(
              repeatPenalty, presencePenalty, frequencyPenalty, penaltyWindow, vocabSize));
    }
    if (temperature != 1) {
      steps.add(SamplingStep.temperature(temperature));
    }
    if (temperature != 0) {
      if (topK > 0) {
        steps.add(SamplingStep.topK(topK));
      }
      if (topP < 1) {
        steps.add(SamplingStep.topP(topP));
      }
      if (minP > 0) {
        steps.add(SamplingStep.minP(minP));
      }
    }
    return new Sampler(vocabSize, seed, steps);
  }

  private static void requireRange(String name, float value, float min, float max) {
    if (!(value >= min && value <= max)) {
      throw new LanewiseException(
          name + " " + value + ": must be a number from " + min + " to " + max);
    }
  }

  private static void requireRange(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw new LanewiseException(name + " " + value + ": must be from " + min + " to " + max);
    }
  }

  /** Collects options; each is checked by {@link #build}. */
  public static final class Builder {
    private float temperature = 1;
    private int topK;
    private float topP = 1;
    private float minP;
    private float repeatPenalty = 1;
    private float presencePenalty;
    private float frequencyPenalty;
    private int penaltyWindow = 64;
    private final Map<Integer, Float> logitBias = new TreeMap<>();

    private Builder() {}

    /** See {@link SamplerOptions#temperature}. */
    public Builder temperature(float temperature) {
      this.temperature = temperature;
      return this;
    }

    /** See {@link SamplerOptions#topK}. */
    public Builder topK(int topK) {
      this.topK = topK;
      return this;
    }

    /** See {@link SamplerOptions#topP}. */
    public Builder topP(float topP) {
      this.topP = topP;
      return this;
    }

    /** See {@link SamplerOptions#minP}. */
    public Builder minP(float minP) {
      this.minP = minP;
      return this;
    }

    /** See {@link SamplerOptions#repeatPenalty}. */
    public Builder repeatPenalty(float repeatPenalty) {
      this.repeatPenalty = repeatPenalty;
      return this;
    }

    /** See {@link SamplerOptions#presencePenalty}. */
    public Builder presencePenalty(float presencePenalty) {
      this.presencePenalty = presencePenalty;
      return this;
    }

    /** See {@link SamplerOptions#frequencyPenalty}. */
    public Builder frequencyPenalty(float frequencyPenalty) {
      this.frequencyPenalty = frequencyPenalty;
      return this;
    }

    /** See {@link SamplerOptions#penaltyWindow}. */
    public Builder penaltyWindow(int penaltyWindow) {
      this.penaltyWindow = penaltyWindow;
      return this;
    }

    /** Adds {@code bias} to the logit of a token; −∞ bans it. */
    public Builder logitBias(int id, float bias) {
      logitBias.put(id, bias);
      return this;
    }

    /**
     * The options.
     *
     * @throws LanewiseException if a number is NaN or out of range
     */
    public SamplerOptions build() {
      return new SamplerOptions(
          temperature,
          topK,
          topP,
          minP,
          repeatPenalty,
          presencePenalty,
          frequencyPenalty,
          penaltyWindow,
          logitBias);
    }
  }
}
