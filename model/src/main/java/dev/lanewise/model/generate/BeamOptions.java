package dev.lanewise.model.generate;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.GenerationConfig;

/**
 * What a caller asks of beam search, which follows the likeliest texts side by side.
 *
 * @param beams texts that are followed at a time; 1 is no beam search
 * @param lengthPenalty a text is as good as its log-probability / length^lengthPenalty: above 0
 *     favours long texts, below 0 short ones
 * @param stopping when the search ends
 */
public record BeamOptions(int beams, float lengthPenalty, GenerationConfig.Stopping stopping) {
  /** No beam search. */
  public static final BeamOptions NONE =
      new BeamOptions(1, 1, GenerationConfig.Stopping.WHEN_UNLIKELY);

  /**
   * Checks the options.
   *
   * @throws LanewiseException if there are fewer than 1 or more than 1024 beams, or the penalty is
   *     not a number from −100 to 100
   */
  public BeamOptions {
    if (beams < 1 || beams > 1024) {
      throw new LanewiseException("beams " + beams + ": must be from 1 to 1024");
    }
    if (!(lengthPenalty >= -100 && lengthPenalty <= 100)) {
      throw new LanewiseException(
          "lengthPenalty " + lengthPenalty + ": must be a number from -100 to 100");
    }
  }

  /** What a checkpoint asks for. */
  public static BeamOptions of(GenerationConfig config) {
    return new BeamOptions(config.beams(), config.lengthPenalty(), config.stopping());
  }
}
