package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import java.util.Arrays;

/**
 * The tokens of one text, and where they lie in it: token i is what the text's characters from
 * {@code starts[i]} to before {@code ends[i]} became. Characters are those of a Java string (UTF-16
 * code units), so that {@code text.substring(starts[i], ends[i])} shows them.
 *
 * <p>Ranges ascend, but need not touch: white space may belong to no token. They may overlap: of a
 * character that takes several tokens each has the whole.
 *
 * @param ids of the tokens
 * @param starts where each begins
 * @param ends where each ends
 * @param words the number of the word that each is part of, ascending, as the tokenizer cuts texts
 *     before it looks for pieces; a special token is a word of its own
 */
public record Tokens(int[] ids, int[] starts, int[] ends, int[] words) {
  /**
   * Checks the sizes.
   *
   * @throws LanewiseException if there are not as many ranges and words as tokens
   */
  public Tokens {
    if (starts.length != ids.length || ends.length != ids.length || words.length != ids.length) {
      throw new LanewiseException(
          "%d tokens need as many ranges and words, not %d starts, %d ends and %d words"
              .formatted(ids.length, starts.length, ends.length, words.length));
    }
  }

  /** How many tokens there are. */
  public int size() {
    return ids.length;
  }

  /** The first n tokens, or all if there are fewer. */
  public Tokens first(int n) {
    return n >= ids.length ? this : range(0, n);
  }

  /**
   * The tokens from an index to before another.
   *
   * @throws LanewiseException if there are no such tokens
   */
  public Tokens range(int from, int to) {
    if (from < 0 || to < from || to > ids.length) {
      throw new LanewiseException(
          "tokens %d to %d of %d: there are no such tokens".formatted(from, to, ids.length));
    }
    return new Tokens(
        Arrays.copyOfRange(ids, from, to),
        Arrays.copyOfRange(starts, from, to),
        Arrays.copyOfRange(ends, from, to),
        Arrays.copyOfRange(words, from, to));
  }
}
