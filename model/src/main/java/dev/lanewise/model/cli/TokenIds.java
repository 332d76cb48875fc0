package dev.lanewise.model.cli;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Lists of token ids on the command line, and where tokens lie in their text. */
final class TokenIds {
  private TokenIds() {}

  /**
   * Ids separated by commas or white space.
   *
   * @throws UsageException if one is no whole number
   * @throws LanewiseException if one is not in the vocabulary
   */
  static int[] parse(String option, String text, Tokenizer tokenizer) {
    int[] ids = new int[text.length() / 2 + 1];
    int count = 0;
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      boolean separator =
          i == text.length() || text.charAt(i) == ',' || Character.isWhitespace(text.charAt(i));
      if (separator) {
        if (i > start) {
          ids[count++] = parseOne(option, text.substring(start, i), tokenizer);
        }
        start = i + 1;
      }
    }
    return Arrays.copyOf(ids, count);
  }

  private static int parseOne(String option, String text, Tokenizer tokenizer) {
    int id;
    try {
      id = Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new UsageException("option " + option + ": '" + text + "' is no token id");
    }
    if (id < 0 || id >= tokenizer.vocabSize()) {
      throw new LanewiseException(
          "token id " + id + ": ids run from 0 to " + (tokenizer.vocabSize() - 1));
    }
    return id;
  }

  /**
   * Start and end of every token in the text's UTF-8 bytes. Tokens that add nothing, such as
   * begin-of-sequence, are empty.
   *
   * @return [2 × tokens]: start, end, start, end …
   * @throws LanewiseException if the tokens do not spell the text, for then they lie nowhere in it
   */
  static int[] offsets(int[] ids, String text, Tokenizer tokenizer) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    int[] offsets = new int[2 * ids.length];
    int at = 0;
    // SentencePiece puts a space before the text; one space too many is forgiven at its start.
    boolean atStart = true;
    for (int i = 0; i < ids.length; i++) {
      byte[] bytes = bytes(ids[i], tokenizer, utf8, at);
      int from = 0;
      if (!startsWith(utf8, at, bytes, 0)) {
        if (!atStart || bytes[0] != ' ' || !startsWith(utf8, at, bytes, 1)) {
          throw lossy(tokenizer, ids[i]);
        }
        from = 1;
        atStart = false;
      }
      offsets[2 * i] = at;
      at += bytes.length - from;
      offsets[2 * i + 1] = at;
      atStart &= at == 0 || isSpace(utf8, at);
    }
    if (at != utf8.length) {
      throw new LanewiseException(
          "--offsets: this tokenizer leaves parts of the text out, so that offsets are not known");
    }
    return offsets;
  }

  private static boolean startsWith(byte[] text, int at, byte[] bytes, int from) {
    int end = at + bytes.length - from;
    return end <= text.length && Arrays.equals(text, at, end, bytes, from, bytes.length);
  }

  private static boolean isSpace(byte[] text, int end) {
    for (int i = 0; i < end; i++) {
      if (text[i] != ' ') {
        return false;
      }
    }
    return true;
  }

  /** What a token adds to the text; a special token written in the text stands for its spelling. */
  private static byte[] bytes(int id, Tokenizer tokenizer, byte[] text, int at) {
    byte[] bytes = tokenizer.bytes(id);
    if (bytes.length == 0) {
      byte[] piece = tokenizer.piece(id).getBytes(StandardCharsets.UTF_8);
      return startsWith(text, at, piece, 0) ? piece : bytes;
    }
    return bytes;
  }

  private static LanewiseException lossy(Tokenizer tokenizer, int id) {
    return new LanewiseException(
        "--offsets: this tokenizer changes the text (at token "
            + id
            + ", "
            + tokenizer.piece(id)
            + "), so that offsets are not known");
  }
}
