package dev.lanewise.model.cli;

/**
 * Numbers for people. {@link String#format} would do, but loading it costs more time than a first
 * token.
 */
final class Decimals {
  private Decimals() {}

  /** The number with a fixed number of decimals (at most 6) and a point, whatever the locale. */
  static String fixed(double value, int decimals) {
    if (!(Math.abs(value) < 1e12)) {
      return Double.toString(value);
    }
    long scale = 1;
    for (int i = 0; i < decimals; i++) {
      scale *= 10;
    }
    long scaled = Math.round(Math.abs(value) * scale);
    StringBuilder text = new StringBuilder();
    if (value < 0 && scaled != 0) {
      text.append('-');
    }
    text.append(scaled / scale);
    if (decimals > 0) {
      String fraction = Long.toString(scaled % scale);
      text.append('.').repeat('0', decimals - fraction.length()).append(fraction);
    }
    return text.toString();
  }
}
