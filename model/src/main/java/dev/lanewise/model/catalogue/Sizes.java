package dev.lanewise.model.catalogue;

import java.time.Duration;
import java.util.Locale;

/** Amounts as people read them. */
public final class Sizes {
  private Sizes() {}

  /**
   * Bytes in the largest decimal unit that leaves at least one before the point: 98.4 MB. Without
   * {@link String#format}, which costs more time to load than a first token.
   */
  public static String text(long bytes) {
    if (bytes < 1000) {
      return bytes + " bytes";
    }
    double tenths = bytes / 100.0;
    int unit = 0;
    while (Math.round(tenths) >= 10_000 && unit < 3) {
      tenths /= 1000;
      unit++;
    }
    long rounded = Math.round(tenths);
    return rounded / 10 + "." + rounded % 10 + " " + "kMGT".charAt(unit) + "B";
  }

  /** A duration in seconds: 5 s, 0.2 s. */
  static String text(Duration duration) {
    double seconds = duration.toMillis() / 1000.0;
    return seconds == Math.rint(seconds)
        ? String.format(Locale.ROOT, "%.0f s", seconds)
        : String.format(Locale.ROOT, "%.1f s", seconds);
  }
}
