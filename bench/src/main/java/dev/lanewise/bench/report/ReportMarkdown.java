package dev.lanewise.bench.report;

import dev.lanewise.kernels.Roofline;
import java.util.List;
import java.util.stream.Stream;

/** A report as a table in Markdown. */
public final class ReportMarkdown {
  private ReportMarkdown() {}

  /** The report as text. */
  public static String write(Report report) {
    StringBuilder text = new StringBuilder("# Lanewise: ").append(report.suite()).append("\n\n");
    Machine machine = report.machine();
    text.append(machine.cpu()).append(", ").append(machine.cores()).append(" cores, ");
    text.append(machine.system()).append(". Java ").append(machine.java()).append(" (");
    text.append(machine.vm()).append("), `").append(String.join(" ", machine.flags()));
    text.append("`. Commit ").append(machine.commit()).append(", ").append(report.date());
    text.append(", profile ").append(report.profile()).append(".\n\n");
    text.append("| threads | GFLOP/s at most | GB/s at most |\n|--:|--:|--:|\n");
    for (Roofline roofline : report.rooflines()) {
      row(
          text,
          List.of(
              Integer.toString(roofline.threads()),
              Numbers.brief(roofline.gflops()),
              Numbers.brief(roofline.gbytesPerSecond())));
    }
    text.append('\n');
    row(text, concat(ReportTable.NAMES, ReportTable.NUMBERS));
    text.append("|---|---|---|--:|--:|--:|--:|--:|--:|\n");
    for (Result result : report.results()) {
      row(text, concat(ReportTable.names(result), ReportTable.numbers(report, result)));
    }
    text.append('\n').append(ReportTable.NOTE).append('\n');
    if (!report.failures().isEmpty()) {
      text.append("\nWithout a result:\n\n");
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
