package dev.lanewise.model.generate;

import java.util.Arrays;
import java.util.List;

/**
 * A finished generation and what it took. Two are equal if all of it is, the ids one by one.
 *
 * @param text what was generated, without stop string and control tokens
 * @param ids the tokens generated, without the end-of-generation token; those of a stop string are
 *     among them
 * @param finishReason why it ended
 * @param seed of the random numbers
 * @param promptTokens length of the prompt
 * @param reusedTokens of these, how many were still held from the generation before
 * @param prefillSeconds time for the prompt
 * @param decodeSeconds time from there to the end
 */
public record Generation(
    String text,
    int[] ids,
    FinishReason finishReason,
    long seed,
    int promptTokens,
    int reusedTokens,
    double prefillSeconds,
    double decodeSeconds) {
  /** Tokens generated. */
  public int generatedTokens() {
    return ids.length;
  }

  /** Prompt tokens computed per second; 0 if none were. */
  public double prefillTokensPerSecond() {
    return rate(promptTokens - reusedTokens, prefillSeconds);
  }

  /**
   * Tokens decoded per second; 0 if none were. The first token generated comes from the prompt's
   * logits, so it does not count.
   */
  public double decodeTokensPerSecond() {
    return rate(ids.length - 1, decodeSeconds);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Generation that
        && Arrays.equals(ids, that.ids)
        && members().equals(that.members());
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(ids) + members().hashCode();
  }

  @Override
  public String toString() {
    return ("Generation[text=%s, ids=%s, finishReason=%s, seed=%s, promptTokens=%s,"
            + " reusedTokens=%s, prefillSeconds=%s, decodeSeconds=%s]")
        .formatted(
            text,
            Arrays.toString(ids),
            finishReason,
            seed,
            promptTokens,
            reusedTokens,
            prefillSeconds,
            decodeSeconds);
  }

  /** All but the ids, which a list would compare as an object. */
  private List<Object> members() {
    return Arrays.asList(
        text, finishReason, seed, promptTokens, reusedTokens, prefillSeconds, decodeSeconds);
  }

  private static double rate(int tokens, double seconds) {
    return tokens > 0 && seconds > 0 ? tokens / seconds : 0;
  }
}
