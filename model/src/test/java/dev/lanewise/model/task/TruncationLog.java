package dev.lanewise.model.task;

import java.util.ArrayList;
import java.util.List;

/** Notes which texts were cut off. */
final class TruncationLog implements BatchProgress {
  /**
   * A text that was too long.
   *
   * @param text its number
   * @param tokens that it has
   * @param kept that were read
   */
  record Cut(int text, int tokens, int kept) {}

  /** In the order in which they were told. */
  final List<Cut> cuts = new ArrayList<>();

  @Override
  public void truncated(int text, int tokens, int kept) {
    cuts.add(new Cut(text, tokens, kept));
  }
}
