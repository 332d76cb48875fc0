package dev.lanewise.model.train;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.WholeFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * A text as tokens: its bytes, of which those that occur make the vocabulary. The last tenth is
 * held out, to measure how well the model predicts what it has not learnt from. A token takes a
 * byte of memory.
 */
public final class TrainingText {
  private static final int HELD_OUT_PART = 10;
  private static final int MAX_BYTES = Integer.MAX_VALUE - 8; // of an array

  private final Object source;
  private final byte[] tokens;
  private final byte[] alphabet;
  private final int learnt;

  private TrainingText(Object source, byte[] bytes) {
    this.source = source;
    tokens = bytes;
    alphabet = alphabet(bytes);
    learnt = bytes.length - bytes.length / HELD_OUT_PART;
    byte[] ids = new byte[256];
    for (int id = 0; id < alphabet.length; id++) {
      ids[alphabet[id] & 0xFF] = (byte) id;
    }
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = ids[bytes[i] & 0xFF];
    }
  }

  /** The bytes that occur, in order. */
  private byte[] alphabet(byte[] bytes) {
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
    return tokens.length;
  }

  /** How many different ones. */
  public int vocabSize() {
    return alphabet.length;
  }

  /** The byte that a token stands for, 0 to 255. */
  int value(int token) {
    return alphabet[token] & 0xFF;
  }

  /**
   * Insists on enough text for windows of so many tokens and the one behind each.
   *
   * @throws LanewiseException if what is held out is shorter
   */
  void requireWindows(int context) {
    long needed = HELD_OUT_PART * (context + 1L);
    if (tokens.length < needed) {
      throw new LanewiseException(
          "%s: has %d bytes; windows of %d tokens need %d at least: give a longer text, or a smaller context"
              .formatted(source, tokens.length, context, needed));
    }
  }

  /** How many windows the text held out has side by side. */
  int heldOutWindows(int context) {
    return (tokens.length - learnt - 1) / context;
  }

  /**
   * Fills in a window at random of the text to learn from.
   *
   * @param ids receives its tokens, from {@code at} on
   * @param targets receives the token behind each of them
   */
  void randomWindow(RandomGenerator random, int[] ids, int[] targets, int at, int context) {
    window(random.nextInt(learnt - context), ids, targets, at, context);
  }

  /**
   * Fills in one of {@code count} windows of the text held out, which lie evenly over it.
   *
   * @param number 0 to count − 1
   */
  void heldOutWindow(int number, int count, int[] ids, int[] targets, int at, int context) {
    int room = tokens.length - learnt - context - 1;
    window(
        learnt + (int) ((long) room * number / Math.max(1, count - 1)), ids, targets, at, context);
  }

  private void window(int from, int[] ids, int[] targets, int at, int context) {
    for (int i = 0; i < context; i++) {
      ids[at + i] = tokens[from + i] & 0xFF;
      targets[at + i] = tokens[from + i + 1] & 0xFF;
    }
  }
}
