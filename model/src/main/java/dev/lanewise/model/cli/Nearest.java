package dev.lanewise.model.cli;

import java.util.List;

/** Guesses which known name a misspelt one was meant to be. */
final class Nearest {
  private Nearest() {}

  /** {@code " (did you mean NAME?)"} for the nearest known name, or nothing if none is near. */
  static String suggestion(String name, List<String> known) {
    String nearest = null;
    int least = Math.max(2, name.length() / 2);
    for (String candidate : known) {
      int distance = distance(name, candidate);
      if (distance < least) {
        least = distance;
        nearest = candidate;
      }
    }
    return nearest == null ? "" : " (did you mean " + nearest + "?)";
  }

  /** Levenshtein's distance: insertions, deletions and replacements from one text to the other. */
  static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
