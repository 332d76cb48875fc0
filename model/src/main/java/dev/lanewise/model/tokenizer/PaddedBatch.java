package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import java.util.Arrays;
import java.util.List;

/**
 * Sequences of any lengths as rows of one, the shorter ones filled with padding: what models that
 * take rectangles of ids ask for. Arrays are row-major, rows × length.
 *
 * @param rows how many sequences there are
 * @param length tokens of each row, padding included
 * @param ids of the tokens
 * @param types of the tokens, as in {@link TokenSequence}; 0 for padding
 * @param mask 1 for tokens, 0 for padding
 */
public record PaddedBatch(int rows, int length, int[] ids, int[] types, int[] mask) {
  /** Checks the sizes. */
  public PaddedBatch {
    long size = (long) rows * length;
    if (rows < 0
        || length < 0
        || ids.length != size
        || types.length != size
        || mask.length != size) {
      throw new LanewiseException(
          "a batch of %d rows of %d tokens: there are %d ids, %d types and %d marks"
              .formatted(rows, length, ids.length, types.length, mask.length));
    }
  }

  /** Where a row's padding goes. */
  public enum Side {
    /** Before the tokens, as models want it that go on with a text. */
    LEFT,
    /** Behind the tokens. */
    RIGHT
  }

  /** Rows as long as the longest sequence, padded behind. */
  public static PaddedBatch of(List<TokenSequence> sequences, int padding) {
    return of(sequences, padding, Side.RIGHT, 1);
  }

  /**
   * Rows of a length.
   *
   * @param padding id of the padding
   * @param side where it goes
   * @param multiple the rows' length is the least multiple of this that the longest sequence fits
   * @throws LanewiseException if the multiple is less than 1, or the batch is beyond an array
   */
  public static PaddedBatch of(
      List<TokenSequence> sequences, int padding, Side side, int multiple) {
    if (multiple < 1) {
      throw new LanewiseException("rows of a multiple of " + multiple + " tokens: at least 1");
    }
    int rows = sequences.size();
    long longest = sequences.stream().mapToInt(TokenSequence::size).max().orElse(0);
    long length = (longest + multiple - 1) / multiple * multiple;
    if (length * rows > Integer.MAX_VALUE - 8) {
      throw new LanewiseException(
          "%d rows of %d tokens are too many for a batch".formatted(rows, length));
    }
    int width = (int) length;
    int[] ids = new int[rows * width];
    int[] types = new int[ids.length];
    int[] mask = new int[ids.length];
    Arrays.fill(ids, padding);
    for (int row = 0; row < rows; row++) {
      TokenSequence sequence = sequences.get(row);
      int size = sequence.size();
      int at = row * width + (side == Side.LEFT ? width - size : 0);
      System.arraycopy(sequence.ids(), 0, ids, at, size);
      System.arraycopy(sequence.types(), 0, types, at, size);
      Arrays.fill(mask, at, at + size, 1);
    }
    return new PaddedBatch(rows, width, ids, types, mask);
  }
}
