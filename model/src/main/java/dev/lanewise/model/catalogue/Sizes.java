package dev.lanewise.model.catalogue;

import java.time.Duration;
import java.util.Locale;

/** Amounts as people read them. */
final class Sizes {
  private Sizes() {}

  /** Bytes in the largest decimal unit that leaves at least one before the point: 98.4 MB. */
  static String text(long bytes) {
    if (bytes < 1000) {
      return bytes + " bytes";
    }
    double amount = bytes / 1000.0;
    int unit = 0;
    while (amount >= 1000 && unit < 3) {
      amount /= 1000;
      unit++;
    }
    return String.format(Locale.ROOT, "%.1f %sB", amount, "kMGT".charAt(unit));
  }

  /** A duration in seconds: 5 s, 0.2 s. */
  static String text(Duration duration) {
    double seconds = duration.toMillis() / 1000.0;
    return seconds == Math.rint(seconds)
        ? String.format(Locale.ROOT, "%.0f s", seconds)
        : String.format(Locale.ROOT, "%.1f s", seconds);
  }
}
