package dev.lanewise.model.tokenizer;

import java.util.Objects;

/**
 * A stretch of a text that is laid out from parts of different trust.
 *
 * @param text the stretch
 * @param special whether special tokens written out in it count; if not, they are text like any
 *     other
 */
public record Segment(String text, boolean special) {
  /** Checks that there is a text. */
  public Segment {
    Objects.requireNonNull(text, "text");
  }
}
