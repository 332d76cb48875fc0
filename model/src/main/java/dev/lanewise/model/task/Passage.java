package dev.lanewise.model.task;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

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

  /** A passage of so few is not cut again, whatever a model takes in. */
  private static final int FEW_CHARACTERS = 16;

  /** Where a text may be cut: the earlier in the list the better. */
  private static final List<String> CUTS = List.of("\n\n", "\r\n\r\n", "\n", ". ", "。", " ");

  /** Checks that source and text are there. */
  public Passage {
    Objects.requireNonNull(source, "source");
    Objects.requireNonNull(text, "text");
  }

  /** Cuts a text into passages, between paragraphs where it can. White space alone is none. */
  public static List<Passage> split(String source, String text) {
    return split(source, text, _ -> true);
  }

  /**
   * Cuts a text into passages, between paragraphs where it can. White space alone is none.
   *
   * @param fits whether a passage is short enough, such as {@link Embedder#takesWhole}: scripts and
   *     models differ in how many tokens they make of a text
   */
  public static List<Passage> split(String source, String text, Predicate<String> fits) {
    List<Passage> passages = new ArrayList<>();
    for (int from = 0, to; from < text.length(); from = to) {
      int most = MAX_CHARACTERS;
      to = cut(text, from, most);
      while (most > FEW_CHARACTERS && !fits.test(text.substring(from, to))) {
        most /= 2;
        to = cut(text, from, most);
      }
      String stretch = text.substring(from, to);
      String stripped = stretch.stripTrailing();
      int blank = stripped.length() - stripped.stripLeading().length();
      if (!stripped.isEmpty()) {
        passages.add(new Passage(source, from + blank, stripped.substring(blank)));
      }
    }
    return passages;
  }

  /**
   * Where the passage from {@code from} on ends.
   *
   * @param most characters; one that would have less than a quarter of them goes on to the next
   *     place where it may be cut
   */
  private static int cut(String text, int from, int most) {
    int end = from + most;
    if (end >= text.length()) {
      return text.length();
    }
    String stretch = text.substring(from, end);
    for (String mark : CUTS) {
      int at = stretch.lastIndexOf(mark);
      if (at >= most / 4) {
        return from + at + mark.length();
      }
    }
    return Character.isLowSurrogate(text.charAt(end)) ? end - 1 : end;
  }
}
