package dev.lanewise.bench.report;

import java.util.Locale;

/** Numbers for people, with a point whatever the locale. */
final class Numbers {
  private Numbers() {}

  /** About three digits that count, and no exponent. */
  static String brief(double value) {
    double size = Math.abs(value);
    int decimals = 0;
    for (double limit = 100; decimals < 4 && size < limit && size > 0; limit /= 10) {
      decimals++;
    }
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  /** A time in the unit that suits its size. */
  static String time(double nanoseconds) {
    if (nanoseconds < 1e3) {
      return brief(nanoseconds) + " ns";
    }
    if (nanoseconds < 1e6) {
      return brief(nanoseconds / 1e3) + " µs";
    }
    return nanoseconds < 1e9 ? brief(nanoseconds / 1e6) + " ms" : brief(nanoseconds / 1e9) + " s";
  }
}
