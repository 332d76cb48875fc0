package dev.lanewise.bench.report;

import java.util.Locale;

/** Draws a picture, element by element, for a page that holds its {@link #STYLE}. */
final class Svg {
  /** What the classes of elements look like. */
  static final String STYLE =
      """
      svg { font: 12px system-ui, sans-serif; }
      .grid { stroke: #e9ecef; } .axis { stroke: #495057; }
      .start { text-anchor: start; } .middle { text-anchor: middle; } .end { text-anchor: end; }
      .strong { font-weight: 600; }
      """;

  /** As many as there are benchmarks: the most that one plot shows. */
  private static final String[] COLOURS = {
    "#0b6e99", "#d9480f", "#2b8a3e", "#862e9c", "#c92a2a", "#5c940d", "#1864ab", "#e67700",
    "#495057", "#a61e4d", "#22b8cf", "#ffa94d", "#69db7c", "#cc5de8", "#ff8787", "#a9e34b",
    "#74c0fc", "#ffd43b", "#adb5bd", "#f783ac", "#0ca678", "#5f3dc4", "#8d6e4a", "#212529",
    "#364fc7", "#087f5b", "#d0bfff", "#96f2d7", "#ffc078", "#9c36b5", "#66a80f", "#845ef7"
  };

  private final StringBuilder text = new StringBuilder();

  Svg(int width, int height, String title) {
    text.append(
        String.format(
            Locale.ROOT,
            "<svg viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\">",
            width,
            height,
            width,
            height));
    text.append("<title>").append(escape(title)).append("</title>");
  }

  /** The colour of the n-th thing of a kind. */
  static String colour(int n) {
    return COLOURS[n % COLOURS.length];
  }

  /** Text with what would be markup in HTML and XML replaced. */
  static String escape(String text) {
    StringBuilder escaped = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> escaped.append("&amp;");
        case '<' -> escaped.append("&lt;");
        case '>' -> escaped.append("&gt;");
        case '"' -> escaped.append("&quot;");
        default -> escaped.append(c < ' ' ? ' ' : c); // XML has no control characters
      }
    }
    return escaped.toString();
  }

  Svg line(double x1, double y1, double x2, double y2, String style) {
    text.append(
        String.format(
            Locale.ROOT,
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>",
            x1,
            y1,
            x2,
            y2,
            style));
    return this;
  }

  /** A line through points, given as x and y in turn. */
  Svg path(double[] points, String colour) {
    StringBuilder list = new StringBuilder();
    for (int i = 0; i < points.length; i += 2) {
      list.append(String.format(Locale.ROOT, "%.1f,%.1f ", points[i], points[i + 1]));
    }
    text.append(
        String.format(
            Locale.ROOT,
            "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>",
            list.toString().strip(),
            colour));
    return this;
  }

  /** How a point looks. */
  enum Mark {
    DOT,
    RING
  }

  /** A point that says what it is when pointed at. */
  Svg mark(Mark mark, double x, double y, String colour, String title) {
    text.append(
        String.format(
            Locale.ROOT,
            "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%s\" fill=\"%s\" stroke=\"%s\">"
                + "<title>%s</title></circle>",
            x,
            y,
            mark == Mark.RING ? "3.5" : "4",
            mark == Mark.RING ? "#fff" : colour,
            mark == Mark.RING ? colour : "none",
            escape(title)));
    return this;
  }

  /** A bar that says what it is when pointed at. */
  Svg bar(double x, double y, double width, double height, String colour, String title) {
    text.append(
        String.format(
            Locale.ROOT,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\">"
                + "<title>%s</title></rect>",
            x,
            y,
            width,
            height,
            colour,
            escape(title)));
    return this;
  }

  /** A text; its class says how it is anchored. */
  Svg label(double x, double y, String style, String label) {
    text.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">%s</text>",
            x,
            y,
            style,
            escape(label)));
    return this;
  }

  /** The names of colours, one below the other. */
  Svg legend(double x, double y, Iterable<String> names) {
    int n = 0;
    for (String name : names) {
      bar(x, y + 18 * n - 9, 10, 10, colour(n), name);
      label(x + 16, y + 18 * n, "start", name);
      n++;
    }
    return this;
  }

  /** Two axes with grid lines, and what they measure. */
  Svg axes(Scale x, Scale y, String xName, String yName) {
    for (double tick : x.ticks()) {
      line(x.at(tick), y.start(), x.at(tick), y.end(), "grid");
      label(x.at(tick), y.start() + 16, "middle", tick(tick));
    }
    for (double tick : y.ticks()) {
      line(x.start(), y.at(tick), x.end(), y.at(tick), "grid");
      label(x.start() - 6, y.at(tick) + 4, "end", tick(tick));
    }
    line(x.start(), y.start(), x.end(), y.start(), "axis");
    line(x.start(), y.start(), x.start(), y.end(), "axis");
    label((x.start() + x.end()) / 2, y.start() + 36, "middle", xName);
    label(x.start(), y.end() - 10, "start", yName);
    return this;
  }

  /** With prefixes, as sizes go to billions. */
  private static String tick(double value) {
    if (value >= 1e9) {
      return trimmed(value / 1e9) + " G";
    }
    if (value >= 1e6) {
      return trimmed(value / 1e6) + " M";
    }
    return value >= 1e3 ? trimmed(value / 1e3) + " k" : trimmed(value);
  }

  private static String trimmed(double value) {
    String digits = Numbers.brief(value);
    return digits.contains(".") ? digits.replaceAll("0+$", "").replaceAll("\\.$", "") : digits;
  }

  /** The finished picture. */
  String end() {
    return text + "</svg>\n";
  }

  /** A finished picture as a file of its own. */
  static String file(String picture) {
    return picture
        .replaceFirst("<svg ", "<svg xmlns=\"http://www.w3.org/2000/svg\" ")
        .replaceFirst(
            "</title>",
            "</title><style>"
                + STYLE.replace("\n", " ")
                + "</style><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>");
  }
}
