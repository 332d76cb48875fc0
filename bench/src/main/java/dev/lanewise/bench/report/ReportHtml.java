package dev.lanewise.bench.report;

import dev.lanewise.kernels.Roofline;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A report as one page: plots drawn in the page itself, no scripts, nothing to load. */
public final class ReportHtml {
  private static final String STYLE =
      """
      :root { color-scheme: only light; }
      body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 960px;
             padding: 0 1em; color: #212529; background: #fff; }
      h1 { margin-bottom: 0; }
      table { border-collapse: collapse; font-size: 13px; }
      th, td { padding: 2px 10px; border-bottom: 1px solid #dee2e6; text-align: right; }
      th.name, td.name { text-align: left; }
      svg { max-width: 100%; height: auto; display: block; }
      """
          + Svg.STYLE;

  private final Report report;
  private final StringBuilder page = new StringBuilder();

  private ReportHtml(Report report) {
    this.report = report;
  }

  /** The page as text: HTML that is well-formed XML, too. */
  public static String write(Report report) {
    return new ReportHtml(report).write();
  }

  private String write() {
    String title = "Lanewise: " + report.suite();
    page.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n");
    page.append("<title>").append(Svg.escape(title)).append("</title>\n");
    page.append("<style>\n").append(STYLE).append("</style>\n</head>\n<body>\n");
    element("h1", title);
    element("p", report.circumstances());
    rooflines();
    Map<String, List<Result>> benchmarks = new LinkedHashMap<>();
    for (Result result : report.results()) {
      benchmarks.computeIfAbsent(result.benchmark(), key -> new ArrayList<>()).add(result);
    }
    StringBuilder bars = new StringBuilder();
    StringBuilder sizes = new StringBuilder();
    benchmarks.forEach(
        (name, results) -> {
          plot(bars, name, PeerBars.of(report, results));
          plot(sizes, name, SizePlot.of(report, results));
        });
    section("Implementations side by side", bars);
    section("Speed over size", sizes);
    ReportTable.of(report).forEach(this::table);
    failures();
    return page.append("</body>\n</html>\n").toString();
  }

  private void rooflines() {
    for (Roofline roofline : report.rooflines()) {
      String plot = RooflinePlot.of(report, roofline);
      if (!plot.isEmpty()) {
        element("h2", RooflinePlot.title(roofline));
        page.append(plot);
      }
    }
  }

  private static void plot(StringBuilder section, String name, String plot) {
    if (!plot.isEmpty()) {
      section.append("<h3>").append(Svg.escape(name)).append("</h3>\n").append(plot);
    }
  }

  private void section(String heading, StringBuilder content) {
    if (!content.isEmpty()) {
      element("h2", heading);
      page.append(content);
    }
  }

  private void table(ReportTable table) {
    int names = table.names().size();
    element("h2", table.heading());
    page.append("<table>\n<tr>");
    cells("th class=\"name\"", "th", table.names());
    cells("th", "th", table.numbers());
    page.append("</tr>\n");
    for (List<String> row : table.rows()) {
      page.append("<tr>");
      cells("td class=\"name\"", "td", row.subList(0, names));
      cells("td", "td", row.subList(names, row.size()));
      page.append("</tr>\n");
    }
    page.append("</table>\n");
    element("p", table.note());
  }

  private void cells(String open, String close, List<String> contents) {
    for (String content : contents) {
      page.append('<').append(open).append('>').append(Svg.escape(content));
      page.append("</").append(close).append('>');
    }
  }

  private void failures() {
    if (!report.failures().isEmpty()) {
      element("h2", "Without a result");
      report.failures().forEach(failure -> element("p", failure));
    }
  }

  private void element(String name, String content) {
    page.append('<').append(name).append('>').append(Svg.escape(content));
    page.append("</").append(name).append(">\n");
  }
}
