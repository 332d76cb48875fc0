package dev.lanewise.model.generate;

import java.util.List;

/**
 * Looks for stop strings in a text that arrives in pieces, and holds back what may be the beginning
 * of one until the next piece decides. Of several the one that is complete first counts, so that
 * the result does not depend on the pieces.
 */
final class StopStrings {
  private final List<String> stops;
  private final StringBuilder pending = new StringBuilder();
  private boolean found;

  /**
   * @param stops none of them empty
   */
  StopStrings(List<String> stops) {
    this.stops = stops;
  }

  /** Whether a stop string has turned up. */
  boolean found() {
    return found;
  }

  /**
   * Adds a piece and returns the text that is now sure to come before any stop string; once one is
   * found, this is the text before it and the rest is dropped.
   */
  String append(String piece) {
    if (stops.isEmpty()) {
      return piece;
    }
    pending.append(piece);
    int start = 0;
    int end = Integer.MAX_VALUE;
    for (String stop : stops) {
      int at = pending.indexOf(stop);
      if (at >= 0 && (at + stop.length() < end || (at + stop.length() == end && at < start))) {
        start = at;
        end = at + stop.length();
        found = true;
      }
    }
    return take(found ? start : pending.length() - heldBack());
  }

  /** The text still held back, when nothing follows. */
  String flush() {
    return found ? "" : take(pending.length());
  }

  /** Length of the longest end of the text that begins a stop string. */
  private int heldBack() {
    int longest = 0;
    for (String stop : stops) {
      int length = Math.min(stop.length() - 1, pending.length());
      while (length > longest && !endsWithStartOf(stop, length)) {
        length--;
      }
      longest = Math.max(longest, length);
    }
    return longest;
  }

  private boolean endsWithStartOf(String stop, int length) {
    int start = pending.length() - length;
    for (int i = 0; i < length; i++) {
      if (pending.charAt(start + i) != stop.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private String take(int length) {
    String taken = pending.substring(0, length);
    pending.delete(0, length);
    return taken;
  }
}
