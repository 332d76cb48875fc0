package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;

/**
 * What a model reads: the tokens of one text or of two, with the sequence's own tokens around them.
 *
 * @param ids of the tokens
 * @param types 0 or 1, to which part of the sequence a token belongs (BERT's segments)
 * @param texts the text that a token comes from, 0 or 1; −1 for the sequence's own tokens
 * @param starts where a token begins in its text, as in {@link Tokens}; 0 for the sequence's own
 * @param ends where it ends; 0 for the sequence's own
 */
public record TokenSequence(int[] ids, int[] types, int[] texts, int[] starts, int[] ends) {
  /**
   * Checks the sizes.
   *
   * @throws LanewiseException if they differ
   */
  public TokenSequence {
    int size = ids.length;
    if (types.length != size
        || texts.length != size
        || starts.length != size
        || ends.length != size) {
      throw new LanewiseException(
          "%d tokens need as many types, texts, starts and ends, not %d, %d, %d and %d"
              .formatted(size, types.length, texts.length, starts.length, ends.length));
    }
  }

  /** How many tokens there are. */
  public int size() {
    return ids.length;
  }
}
