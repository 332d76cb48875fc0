package dev.lanewise.model.arch;

import dev.lanewise.model.LanewiseException;
import java.util.Arrays;

/**
 * Token ids of one or more sequences, padded at their ends to one length.
 *
 * @param ids [sequences × length]; what stands behind a sequence's tokens is never looked at
 * @param types [sequences × length] to which of two texts a token belongs; null for all to the
 *     first
 * @param lengths [sequences] tokens of each
 * @param length of the longest, or more
 */
public record TokenBatch(int[] ids, int[] types, int[] lengths, int length) {
  /**
   * From this length on, padding included, the hidden states of a sequence have the same bits
   * whatever else is in the batch: kernels take shorter ways for a few rows alone. Experts of a
   * mixture may get few rows of any batch, so their last bits may differ.
   */
  public static final int STEADY_LENGTH = 8;

  /**
   * Checks the sizes.
   *
   * @throws LanewiseException if there is no sequence, one is empty or longer than the length, or
   *     the arrays do not fit
   */
  public TokenBatch {
    if (lengths.length == 0) {
      throw new LanewiseException("there are no sequences to encode; give at least one");
    }
    long elements = (long) lengths.length * length;
    if (ids.length != elements || (types != null && types.length != elements)) {
      throw new LanewiseException(
          "%d sequences of %d tokens need %d ids and as many types, not %d and %s"
              .formatted(
                  lengths.length,
                  length,
                  elements,
                  ids.length,
                  types == null ? "none" : String.valueOf(types.length)));
    }
    for (int i = 0; i < lengths.length; i++) {
      if (lengths[i] < 1 || lengths[i] > length) {
        throw new LanewiseException(
            "sequence %d has %d tokens; it must have 1 to %d".formatted(i, lengths[i], length));
      }
    }
  }

  /**
   * Sequences of any lengths.
   *
   * @throws LanewiseException if there is none, or one is empty
   */
  public static TokenBatch of(int[]... sequences) {
    return of(sequences, null);
  }

  /**
   * Sequences of any lengths.
   *
   * @param types of their tokens, or null
   * @throws LanewiseException if there is none, one is empty, or has another number of types
   */
  public static TokenBatch of(int[][] sequences, int[][] types) {
    int[] lengths = new int[sequences.length];
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = sequences[i].length;
      if (types != null && types[i].length != lengths[i]) {
        throw new LanewiseException(
            "sequence %d has %d tokens, but %d types of them"
                .formatted(i, lengths[i], types[i].length));
      }
    }
    int length = Arrays.stream(lengths).max().orElse(0);
    return new TokenBatch(
        padded(sequences, length), types == null ? null : padded(types, length), lengths, length);
  }

  /**
   * Sequences with an attention mask.
   *
   * @param mask [sequences × length] 1 for the tokens and 0 for the padding behind them
   * @throws LanewiseException if padding stands before tokens or between them, or the arrays do not
   *     fit
   */
  public static TokenBatch masked(int[] ids, int[] types, int[] mask, int length) {
    if (length < 1 || mask.length % length != 0) {
      throw new LanewiseException(
          "a mask of %d numbers does not fit sequences of %d tokens"
              .formatted(mask.length, length));
    }
    int[] lengths = new int[mask.length / length];
    for (int i = 0; i < mask.length; i++) {
      int sequence = i / length;
      int token = i % length;
      if (mask[i] != 0 && mask[i] != 1) {
        throw new LanewiseException(
            "the mask of token %d of sequence %d is %d; it must be 0 or 1"
                .formatted(token, sequence, mask[i]));
      }
      if (mask[i] == 1 && lengths[sequence] < token) {
        throw new LanewiseException(
            "sequence %d is masked before token %d; only padding at the end can be encoded"
                .formatted(sequence, token));
      }
      lengths[sequence] += mask[i];
    }
    return new TokenBatch(ids, types, lengths, length);
  }

  /** The same sequences, padded to at least {@link #STEADY_LENGTH}. */
  public TokenBatch steady() {
    return length >= STEADY_LENGTH
        ? this
        : new TokenBatch(
            padded(ids, STEADY_LENGTH),
            types == null ? null : padded(types, STEADY_LENGTH),
            lengths,
            STEADY_LENGTH);
  }

  private int[] padded(int[] rows, int longer) {
    int[] all = new int[Math.multiplyExact(sequences(), longer)];
    for (int i = 0; i < sequences(); i++) {
      System.arraycopy(rows, i * length, all, i * longer, length);
    }
    return all;
  }

  private static int[] padded(int[][] rows, int length) {
    int[] all = new int[Math.multiplyExact(rows.length, length)];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(rows[i], 0, all, i * length, rows[i].length);
    }
    return all;
  }

  /** How many sequences there are. */
  public int sequences() {
    return lengths.length;
  }
}
