package dev.lanewise.model.generate;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.GenerationConfig;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;

/**
 * What a caller asks of one generation.
 *
 * @param maxTokens most tokens to generate
 * @param sampler how tokens are chosen
 * @param beams whether an encoder–decoder searches for the likeliest text instead; of the sampler's
 *     options only logit biases count then
 * @param seed of the random numbers; if absent a new one is taken and reported in the result
 * @param stop texts that end the generation; they are not part of its text
 * @param ignoreEndOfGeneration whether to go on after an end-of-generation token
 * @param reusePrefix whether tokens still held from the generation before are kept where the prompt
 *     begins with them. Saves time in a chat; logits then depend, within rounding, on what came
 *     before
 * @param promptSlice most tokens of the prompt that are computed together. With 1 they go by the
 *     way of tokens that are generated: slower, unless only that is compiled yet. Logits depend on
 *     it within rounding
 * @param cancelled asked between tokens, and between slices of the prompt; true ends the generation
 */
public record GenerationOptions(
    int maxTokens,
    SamplerOptions sampler,
    BeamOptions beams,
    OptionalLong seed,
    List<String> stop,
    boolean ignoreEndOfGeneration,
    boolean reusePrefix,
    int promptSlice,
    BooleanSupplier cancelled) {
  /** {@link #promptSlice} where nobody says otherwise. */
  public static final int PROMPT_SLICE = 512;

  /**
   * Checks the options.
   *
   * @throws LanewiseException if {@code maxTokens} is negative, {@code promptSlice} is not
   *     positive, or a stop string is empty or holds half a surrogate pair
   */
  public GenerationOptions {
    Objects.requireNonNull(sampler, "sampler");
    Objects.requireNonNull(beams, "beams");
    Objects.requireNonNull(seed, "seed");
    Objects.requireNonNull(cancelled, "cancelled");
    if (maxTokens < 0) {
      throw new LanewiseException("maxTokens " + maxTokens + ": must be 0 or more");
    }
    if (promptSlice < 1) {
      throw new LanewiseException("promptSlice " + promptSlice + ": must be 1 or more");
    }
    stop = List.copyOf(stop);
    if (stop.contains("")) {
      throw new LanewiseException("stop string: must not be empty");
    }
    for (String text : stop) {
      if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
        throw new LanewiseException("stop string: holds half a surrogate pair, which no text does");
      }
    }
  }

  /** 256 tokens at most, {@linkplain SamplerOptions#standard standard} sampling, no stop string. */
  public static GenerationOptions standard() {
    return builder().build();
  }

  /** Starts from {@link #standard}. */
  public static Builder builder() {
    return new Builder();
  }

  /** The seed given, or a new one below 2³². */
  long seedOrRandom() {
    return seed.isPresent() ? seed.getAsLong() : new SplittableRandom().nextLong(1L << 32);
  }

  /** Collects options; they are checked by {@link #build}. */
  public static final class Builder {
    private int maxTokens = 256;
    private SamplerOptions sampler = SamplerOptions.standard();
    private BeamOptions beams = BeamOptions.NONE;
    private OptionalLong seed = OptionalLong.empty();
    private final List<String> stop = new ArrayList<>();
    private boolean ignoreEndOfGeneration;
    private boolean reusePrefix;
    private int promptSlice = PROMPT_SLICE;
    private BooleanSupplier cancelled = () -> false;

    private Builder() {}

    /** See {@link GenerationOptions#maxTokens}. */
    public Builder maxTokens(int maxTokens) {
      this.maxTokens = maxTokens;
      return this;
    }

    /** See {@link GenerationOptions#sampler}. */
    public Builder sampler(SamplerOptions sampler) {
      this.sampler = sampler;
      return this;
    }

    /** Always the likeliest token. */
    public Builder greedy() {
      return sampler(SamplerOptions.greedy());
    }

    /** See {@link GenerationOptions#beams}. */
    public Builder beams(BeamOptions beams) {
      this.beams = beams;
      return this;
    }

    /**
     * As a checkpoint asks for: the likeliest token or text, the beams, and the most tokens if it
     * says how many.
     */
    public Builder as(GenerationConfig config) {
      if (config.maxLength() > 1) {
        maxTokens(config.maxLength() - 1);
      }
      return greedy().beams(BeamOptions.of(config));
    }

    /** See {@link GenerationOptions#seed}. */
    public Builder seed(long seed) {
      this.seed = OptionalLong.of(seed);
      return this;
    }

    /** Adds stop strings. */
    public Builder stop(String... strings) {
      stop.addAll(Arrays.asList(strings));
      return this;
    }

    /** See {@link GenerationOptions#ignoreEndOfGeneration}. */
    public Builder ignoreEndOfGeneration(boolean ignore) {
      this.ignoreEndOfGeneration = ignore;
      return this;
    }

    /** See {@link GenerationOptions#reusePrefix}. */
    public Builder reusePrefix(boolean reuse) {
      this.reusePrefix = reuse;
      return this;
    }

    /** See {@link GenerationOptions#promptSlice}; {@value #PROMPT_SLICE} by default. */
    public Builder promptSlice(int tokens) {
      promptSlice = tokens;
      return this;
    }

    /** See {@link GenerationOptions#cancelled}. */
    public Builder cancelled(BooleanSupplier cancelled) {
      this.cancelled = cancelled;
      return this;
    }

    /**
     * The options.
     *
     * @throws LanewiseException if a number is out of range or a stop string is empty
     */
    public GenerationOptions build() {
      return new GenerationOptions(
          maxTokens,
          sampler,
          beams,
          seed,
          stop,
          ignoreEndOfGeneration,
          reusePrefix,
          promptSlice,
          cancelled);
    }
  }
}
