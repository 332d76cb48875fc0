package dev.lanewise.model.arch;

import dev.lanewise.model.LanewiseException;

/**
 * What a language model remembers of a text.
 *
 * @param contextLength most tokens that the model was made for; 0 if it is no language model
 * @param bytesPerToken of keys and values in all blocks
 */
public record ContextCost(int contextLength, long bytesPerToken) {
  /** A model that remembers nothing from one text to the next. */
  static final ContextCost NONE = new ContextCost(0, 0);

  /** Bytes of the keys and values of so many tokens. */
  public long bytes(int tokens) {
    return tokens * bytesPerToken;
  }

  /**
   * Refuses a context that a model cannot hold.
   *
   * @param tokens that are asked for
   * @param file of the model, for the message
   * @param most tokens that it can hold
   * @throws LanewiseException if there are more, or none
   */
  public static void require(int tokens, Object file, int most) {
    if (tokens < 1 || tokens > most) {
      throw new LanewiseException(
          "a context of %d tokens is not possible: %s holds 1 to %d".formatted(tokens, file, most));
    }
  }
}
