package dev.lanewise.model.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Turns tokens into text one by one. A character whose bytes are spread over several tokens comes
 * with the last of them, never in parts. Belongs to one caller; not safe for use by several
 * threads.
 */
public final class TextStream {
  private final Tokenizer tokenizer;
  private byte[] pending = {};
  private boolean dropSpace;

  /** A stream that goes on after a text: a space that the first token begins with is kept. */
  public TextStream(Tokenizer tokenizer) {
    this(tokenizer, false);
  }

  /**
   * A stream.
   *
   * @param dropSpace whether to drop a space that the text begins with, which SentencePiece's
   *     tokenizers put there: true to decode a whole text, false to go on after one
   */
  public TextStream(Tokenizer tokenizer, boolean dropSpace) {
    this.tokenizer = tokenizer;
    this.dropSpace = dropSpace;
  }

  /** Takes one more token; the text that it completes, perhaps empty. */
  public String append(int id) {
    byte[] more = tokenizer.bytes(id);
    if (more.length == 0) {
      return "";
    }
    int from = 0;
    if (dropSpace) {
      dropSpace = false;
      from = more[0] == ' ' ? 1 : 0;
    }
    byte[] all = Arrays.copyOf(pending, pending.length + more.length - from);
    System.arraycopy(more, from, all, pending.length, more.length - from);
    int complete = complete(all);
    pending = Arrays.copyOfRange(all, complete, all.length);
    return new String(all, 0, complete, StandardCharsets.UTF_8);
  }

  /** What is left at the end of the text: U+FFFD if a character stayed incomplete, else nothing. */
  public String flush() {
    String rest = new String(pending, StandardCharsets.UTF_8);
    pending = new byte[0];
    return rest;
  }

  /** How many bytes come before a character that is not complete. */
  private static int complete(byte[] bytes) {
    int from = Math.max(0, bytes.length - 3);
    for (int i = bytes.length - 1; i >= from; i--) {
      if ((bytes[i] & 0xC0) != 0x80) {
        return Utf8.length(bytes[i]) > bytes.length - i ? i : bytes.length;
      }
    }
    return bytes.length;
  }
}
