package dev.lanewise.model.train;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.WholeFile;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A text to learn from. To a model from nothing every byte is a token; one that has learnt before
 * has a tokenizer of its own, to which special tokens that are written out in the text, such as
 * {@code <|endoftext|>} between documents, are those tokens.
 */
public final class TrainingText {
  /** Bytes of the heap for each of a text while a tokenizer is at work; English took 15 to 17. */
  private static final long TOKENS_BYTES = 20;

  private static final int MAX_BYTES = Integer.MAX_VALUE - 8; // of an array

  private final Object source;
  private final byte[] bytes;
  private final byte[] alphabet;

  private TrainingText(Object source, byte[] bytes) {
    this.source = source;
    this.bytes = bytes;
    alphabet = alphabet();
  }

  /** The bytes that occur, in order. */
  private byte[] alphabet() {
    boolean[] occurs = new boolean[256];
    for (byte value : bytes) {
      occurs[value & 0xFF] = true;
    }
    byte[] found = new byte[256];
    int n = 0;
    for (int value = 0; value < occurs.length; value++) {
      if (occurs[value]) {
        found[n++] = (byte) value;
      }
    }
    if (n < 2) {
      throw new LanewiseException(
          source
              + (n == 0 ? ": is empty" : ": has one byte alone, over and over")
              + "; give a text from which there is something to learn");
    }
    return Arrays.copyOf(found, n);
  }

  /**
   * Reads a file.
   *
   * @throws LanewiseException if it cannot be read, has 2 GiB or more, or has not two bytes that
   *     differ
   */
  public static TrainingText read(Path file) {
    return new TrainingText(file, WholeFile.read(file, MAX_BYTES));
  }

  /**
   * A text that is in memory already.
   *
   * @param source what it is called in messages
   * @throws LanewiseException if it has not two bytes that differ
   */
  public static TrainingText of(String source, byte[] bytes) {
    return new TrainingText(source, bytes.clone());
  }

  /** How many bytes the text has. */
  public int length() {
    return bytes.length;
  }

  /** What messages call the text. */
  Object source() {
    return source;
  }

  /** The bytes that occur, in order; not to be changed. */
  byte[] bytesThatOccur() {
    return alphabet;
  }

  /** All bytes as tokens, numbered in the order of {@link #bytesThatOccur}. */
  TrainingTokens bytes() {
    byte[] ids = new byte[256];
    for (int id = 0; id < alphabet.length; id++) {
      ids[alphabet[id] & 0xFF] = (byte) id;
    }
    return new TrainingTokens(source, bytes.length, 0, i -> ids[bytes[i] & 0xFF] & 0xFF);
  }

  /**
   * Insists on a heap in which a tokenizer can make tokens of the text.
   *
   * @param heap bytes that it may have
   * @throws LanewiseException if it is too small; the message says what would help
   */
  void requireMemoryForTokens(long heap) {
    long needed = TOKENS_BYTES * bytes.length;
    if (needed > heap) {
      throw new LanewiseException(
          ("%s: to make tokens of its %d bytes takes %d MB of the Java heap, whose"
                  + " limit is %d MB; raise it (LANEWISE_JAVA_OPTS=-Xmx%dg), or give a shorter"
                  + " text")
              .formatted(
                  source,
                  bytes.length,
                  needed / 1_000_000,
                  heap / 1_000_000,
                  Math.ceilDiv(needed, 1L << 30)));
    }
  }

  /**
   * The text itself.
   *
   * @throws LanewiseException if it is not in UTF-8
   */
  String characters() {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new LanewiseException(
          source + ": is not in UTF-8, which the model's tokenizer takes; convert it first", e);
    }
  }
}
