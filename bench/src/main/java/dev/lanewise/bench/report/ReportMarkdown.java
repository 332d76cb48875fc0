package dev.lanewise.bench.report;

import java.util.List;
import java.util.stream.Stream;

/** A report as tables in Markdown. */
public final class ReportMarkdown {
  private ReportMarkdown() {}

  /** The report as text. */
  public static String write(Report report) {
    StringBuilder text = new StringBuilder("# Lanewise: ").append(report.suite()).append("\n\n");
    text.append(escape(report.circumstances())).append("\n\n");
    for (ReportTable table : ReportTable.of(report)) {
      text.append("## ").append(table.heading()).append("\n\n");
      row(text, concat(table.names(), table.numbers()));
      text.append("|---".repeat(table.names().size()));
      text.append("|--:".repeat(table.numbers().size())).append("|\n");
      table.rows().forEach(cells -> row(text, cells));
      text.append('\n').append(table.note()).append("\n\n");
    }
    if (!report.failures().isEmpty()) {
      text.append("## Without a result\n\n");
      for (String failure : report.failures()) {
        text.append("- ").append(escape(failure)).append('\n');
      }
    }
    return text.toString();
  }

  private static List<String> concat(List<String> names, List<String> numbers) {
    return Stream.concat(names.stream(), numbers.stream()).toList();
  }

  private static void row(StringBuilder text, List<String> cells) {
    for (String cell : cells) {
      text.append("| ").append(escape(cell)).append(' ');
    }
    text.append("|\n");
  }

  /** What would end a cell or begin markup. */
  private static String escape(String text) {
    StringBuilder escaped = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ("\\`*_|<>[]".indexOf(c) >= 0) {
        escaped.append('\\');
      }
      escaped.append(c < ' ' ? ' ' : c);
    }
    return escaped.toString();
  }
}
