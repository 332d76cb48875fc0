package dev.lanewise.bench.report;

import dev.lanewise.kernels.Roofline;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Every result under the machine's roof: operations per byte against operations per second, both
 * logarithmic; those of other libraries are rings. Williams, Waterman and Patterson 2009,
 * doi:10.1145/1498765.1498785.
 */
final class RooflinePlot {
  private static final int WIDTH = 920;

  /** What the legend takes on the right. */
  private static final int LEGEND = 225;

  private static final int HEIGHT = 460;

  private RooflinePlot() {}

  /** A picture of a report's results on its fewest threads, as a file in SVG. */
  static String file(Report report) {
    Roofline roofline = report.rooflines().getFirst();
    return Svg.file(of(roofline, results(report, roofline)));
  }

  /** The plot of the results with this roofline's number of threads, or nothing if none has it. */
  static String of(Report report, Roofline roofline) {
    List<Result> results = results(report, roofline);
    return results.isEmpty() ? "" : of(roofline, results);
  }

  private static List<Result> results(Report report, Roofline roofline) {
    return report.results().stream()
        .filter(result -> result.threads() == roofline.threads())
        .filter(result -> result.work().flops() > 0) // a copy has no place on the plot
        .toList();
  }

  private static String of(Roofline roofline, List<Result> results) {
    double ridge = roofline.gflops() / roofline.gbytesPerSecond();
    double left = ridge / 4;
    double right = ridge * 4;
    double bottom = roofline.gflops() / 100;
    double top = roofline.gflops() * 1.5;
    for (Result result : results) {
      left = Math.min(left, result.intensity() / 1.5);
      right = Math.max(right, result.intensity() * 1.5);
      bottom = Math.min(bottom, result.gflops() / 1.5);
      top = Math.max(top, result.gflops() * 1.5);
    }
    Scale x = new Scale(left, right, 60, WIDTH - LEGEND - 15, true);
    Scale y = new Scale(bottom, top, HEIGHT - 50, 30, true);
    Svg svg = new Svg(WIDTH, HEIGHT, title(roofline)).axes(x, y, "operations per byte", "GFLOP/s");
    // The slanted part of the roof begins where it crosses the left or the lower edge.
    double start = Math.max(left, bottom / roofline.gbytesPerSecond());
    double[] roof = {
      x.at(start), y.at(start * roofline.gbytesPerSecond()),
      x.at(ridge), y.at(roofline.gflops()),
      x.at(right), y.at(roofline.gflops())
    };
    svg.path(roof, "#111");
    svg.label(
        x.at(right),
        y.at(roofline.gflops()) - 6,
        "end",
        Numbers.brief(roofline.gflops()) + " GFLOP/s");
    double middle = Math.sqrt(start * ridge);
    svg.label(
        x.at(middle) - 8,
        y.at(middle * roofline.gbytesPerSecond()) - 4,
        "end",
        Numbers.brief(roofline.gbytesPerSecond()) + " GB/s");
    Set<String> kinds = new LinkedHashSet<>();
    results.forEach(result -> kinds.add(kind(result)));
    List<String> order = new ArrayList<>(kinds);
    List<Result> peersFirst =
        results.stream().sorted(Comparator.comparing(result -> !result.isPeer())).toList();
    for (Result result : peersFirst) {
      svg.mark(
          result.isPeer() ? Svg.Mark.RING : Svg.Mark.DOT,
          x.at(result.intensity()),
          y.at(result.gflops()),
          Svg.colour(order.indexOf(kind(result))),
          "%s %s, %s: %s GFLOP/s"
              .formatted(
                  result.benchmark(),
                  result.task(),
                  result.implementation(),
                  Numbers.brief(result.gflops())));
    }
    svg.legend(WIDTH - LEGEND, 40, order);
    if (results.stream().anyMatch(Result::isPeer)) {
      int under = 40 + 18 * order.size() + 10;
      marked(svg, under, Svg.Mark.DOT, "Lanewise");
      marked(svg, under + 18, Svg.Mark.RING, "other libraries");
    }
    return svg.end();
  }

  private static void marked(Svg svg, int y, Svg.Mark mark, String name) {
    svg.mark(mark, WIDTH - LEGEND + 5, y - 4, "#495057", name);
    svg.label(WIDTH - LEGEND + 16, y, "start", name);
  }

  /** What the plot is called. */
  static String title(Roofline roofline) {
    return "Roofline, "
        + (roofline.threads() == 1 ? "one thread" : roofline.threads() + " threads");
  }

  /** What shares a colour. */
  private static String kind(Result result) {
    return result.benchmark();
  }
}
