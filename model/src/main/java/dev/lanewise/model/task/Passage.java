package dev.lanewise.model.task;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A stretch of a text that can be found.
 *
 * @param source where it comes from: a path, or an identifier; several may come from one
 * @param offset where it begins there, in characters of a Java string
 * @param text what it says
 */
public record Passage(String source, int offset, String text) {
  /** About two hundred tokens: models of sentences take in some hundreds, and blur more. */
  private static final int MAX_CHARACTERS = 1000;

  /** A passage that would be shorter goes on to the next place where it may be cut. */
  private static final int MIN_CHARACTERS = 250;

  /** Where a text may be cut: the earlier in the list the better. */
  private static final List<String> CUTS = List.of("\n\n", "\n", ". ", " ");

  /** Checks that source and text are there. */
  public Passage {
    Objects.requireNonNull(source, "source");
    Objects.requireNonNull(text, "text");
  }

  /** Cuts a text into passages, between paragraphs where it can. White space alone is none. */
  public static List<Passage> split(String source, String text) {
    List<Passage> passages = new ArrayList<>();
    for (int from = 0, to; from < text.length(); from = to) {
      to = cut(text, from);
      String stretch = text.substring(from, to);
      String stripped = stretch.stripTrailing();
      int blank = stripped.length() - stripped.stripLeading().length();
      if (!stripped.isEmpty()) {
        passages.add(new Passage(source, from + blank, stripped.substring(blank)));
      }
    }
    return passages;
  }

  /** Where the passage from {@code from} on ends. */
  private static int cut(String text, int from) {
    int end = from + MAX_CHARACTERS;
    if (end >= text.length()) {
      return text.length();
    }
    for (String mark : CUTS) {
      int at = text.lastIndexOf(mark, end - mark.length());
      if (at >= from + MIN_CHARACTERS) {
        return at + mark.length();
      }
    }
    return Character.isLowSurrogate(text.charAt(end)) ? end - 1 : end;
  }
}
