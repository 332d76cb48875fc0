package dev.lanewise.model.cli;

import dev.lanewise.model.LanewiseException;
import java.util.Arrays;

/** Lists of token ids on the command line, and ranges of tokens as it shows them. */
final class TokenIds {
  private TokenIds() {}

  /**
   * Ids separated by commas or white space.
   *
   * @param vocabSize above all ids
   * @throws UsageException if one is no whole number
   * @throws LanewiseException if one is not in the vocabulary
   */
  static int[] parse(String option, String text, int vocabSize) {
    int[] ids = new int[text.length() / 2 + 1];
    int count = 0;
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      boolean separator =
          i == text.length() || text.charAt(i) == ',' || Character.isWhitespace(text.charAt(i));
      if (separator) {
        if (i > start) {
          ids[count++] = parseOne(option, text.substring(start, i), vocabSize);
        }
        start = i + 1;
      }
    }
    return Arrays.copyOf(ids, count);
  }

  private static int parseOne(String option, String text, int vocabSize) {
    int id;
    try {
      id = Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new UsageException("option " + option + ": '" + text + "' is no token id");
    }
    if (id < 0 || id >= vocabSize) {
      throw new LanewiseException("token id " + id + ": ids run from 0 to " + (vocabSize - 1));
    }
    return id;
  }

  /**
   * Ranges in a text's code points.
   *
   * @param starts in UTF-16 code units
   * @param ends in UTF-16 code units
   * @return [2 × tokens]: start, end, start, end …
   */
  static int[] codePoints(String text, int[] starts, int[] ends) {
    int[] before = new int[text.length() + 1];
    for (int i = 0; i < text.length(); i++) {
      boolean inside =
          Character.isHighSurrogate(text.charAt(i))
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1));
      before[i + 1] = before[i] + (inside ? 0 : 1);
    }
    int[] ranges = new int[2 * starts.length];
    for (int i = 0; i < starts.length; i++) {
      ranges[2 * i] = before[starts[i]];
      ranges[2 * i + 1] = before[ends[i]];
    }
    return ranges;
  }
}
