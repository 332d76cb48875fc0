package dev.lanewise.model.task;

import dev.lanewise.model.tokenizer.TokenSequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A stretch of a text that may be longer than a model takes in, as the model reads it.
 *
 * @param text the number of the text
 * @param from which of the text's tokens is the stretch's first
 * @param count how many tokens it has
 * @param at where they begin in the sequence
 * @param shared tokens that it shares with the stretch before, and with the one behind
 * @param sequence the stretch with what belongs around it
 */
record Window(int text, int from, int count, int at, int shared, TokenSequence sequence) {
  /**
   * Most tokens that neighbours share: as in BERT's own program for questions, and in
   * transformers'.
   */
  static final int SHARED = 128;

  /**
   * The windows of a text.
   *
   * @param sequences that together cover it, each but the first with so many tokens of the one
   *     before
   * @param part which of a sequence's texts is meant, 0 or 1
   */
  static List<Window> of(int text, List<TokenSequence> sequences, int part, int shared) {
    List<Window> windows = new ArrayList<>();
    int from = 0;
    for (TokenSequence sequence : sequences) {
      int[] texts = sequence.texts();
      int count = (int) Arrays.stream(texts).filter(each -> each == part).count();
      int at = 0;
      while (at < texts.length && texts[at] != part) {
        at++;
      }
      windows.add(new Window(text, from, count, at, shared, sequence));
      from += count - shared;
    }
    return windows;
  }

  /**
   * Encodes windows of any texts.
   *
   * @param texts how many there are, in which the progress counts
   */
  static void encode(
      List<Window> windows,
      int texts,
      BatchEncoder encoder,
      BatchProgress progress,
      BatchEncoder.Sink sink) {
    List<TokenSequence> sequences = windows.stream().map(Window::sequence).toList();
    encoder.encode(sequences, new TextCount(progress, texts), sink);
  }

  /** The first of the text's tokens that lies more centrally here than in the window before. */
  int centralFrom() {
    return from == 0 ? 0 : from + shared / 2;
  }

  /**
   * Behind the last of the text's tokens that lies more centrally here than in the next window.
   *
   * @param size of the text in tokens
   */
  int centralTo(int size) {
    return from + count == size ? size : from + count - shared + shared / 2;
  }
}
