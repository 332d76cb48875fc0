package dev.lanewise.model.train;

import dev.lanewise.model.LanewiseException;
import java.util.function.IntUnaryOperator;
import java.util.random.RandomGenerator;

/**
 * A text as tokens. The last tenth is held out, to measure how well the model predicts what it has
 * not learnt from.
 */
final class TrainingTokens {
  private static final int HELD_OUT_PART = 10;

  private final Object source;
  private final int length;
  private final long bytes;
  private final IntUnaryOperator ids;
  private final int learnt;

  /**
   * @param source what messages call the text
   * @param length how many tokens it has
   * @param bytes that they take, besides the text
   * @param ids the id of each
   */
  TrainingTokens(Object source, int length, long bytes, IntUnaryOperator ids) {
    this.source = source;
    this.bytes = bytes;
    this.length = length;
    this.ids = ids;
    learnt = length - length / HELD_OUT_PART;
  }

  int length() {
    return length;
  }

  /** Bytes of the heap that the tokens take, besides the text. */
  long bytes() {
    return bytes;
  }

  /**
   * Insists on enough text for windows of so many tokens and the one behind each.
   *
   * @throws LanewiseException if what is held out is shorter
   */
  void requireWindows(int context) {
    long needed = HELD_OUT_PART * (context + 1L);
    if (length < needed) {
      throw new LanewiseException(
          ("%s: has %d tokens; windows of %d tokens need %d at least: give a longer"
                  + " text, or a smaller context")
              .formatted(source, length, context, needed));
    }
  }

  /** How many windows the text held out has side by side. */
  int heldOutWindows(int context) {
    return (length - learnt - 1) / context;
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
    int room = length - learnt - context - 1;
    window(
        learnt + (int) ((long) room * number / Math.max(1, count - 1)), ids, targets, at, context);
  }

  private void window(int from, int[] window, int[] targets, int at, int context) {
    for (int i = 0; i < context; i++) {
      window[at + i] = ids.applyAsInt(from + i);
      targets[at + i] = ids.applyAsInt(from + i + 1);
    }
  }
}
