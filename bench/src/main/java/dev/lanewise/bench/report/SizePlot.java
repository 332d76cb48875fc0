package dev.lanewise.bench.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How speed depends on size: one line for each implementation and type, over the bytes touched. */
final class SizePlot {
  private static final int WIDTH = 920;
  private static final int HEIGHT = 340;

  /** What the legend takes on the right. */
  private static final int LEGEND = 240;

  /** Fewer points are no line. */
  private static final int FEWEST_SIZES = 3;

  private SizePlot() {}

  /**
   * The plot, or nothing if nothing was measured in several sizes.
   *
   * @param results of one benchmark
   */
  static String of(Report report, List<Result> results) {
    Map<String, List<Result>> series = new LinkedHashMap<>();
    for (Result result : results) {
      series.computeIfAbsent(result.series(), key -> new ArrayList<>()).add(result);
    }
    series.values().removeIf(SizePlot::tooFew);
    if (series.isEmpty()) {
      return "";
    }
    List<Result> shown = series.values().stream().flatMap(List::stream).toList();
    Report.Unit unit = report.unit(shown);
    double least = shown.stream().mapToDouble(result -> result.work().bytes()).min().orElseThrow();
    double most = shown.stream().mapToDouble(result -> result.work().bytes()).max().orElseThrow();
    double top = shown.stream().mapToDouble(unit::of).max().orElseThrow();
    Scale x = new Scale(least / 1.2, most * 1.2, 60, WIDTH - LEGEND - 15, true);
    Scale y = new Scale(0, top * 1.1, HEIGHT - 50, 30, false);
    Svg svg = new Svg(WIDTH, HEIGHT, shown.getFirst().benchmark() + " over size");
    svg.axes(x, y, "bytes touched", unit.symbol());
    int n = 0;
    for (List<Result> line : series.values()) {
      line.sort(Comparator.comparingDouble(result -> result.work().bytes()));
      double[] points = new double[2 * line.size()];
      for (int i = 0; i < line.size(); i++) {
        points[2 * i] = x.at(line.get(i).work().bytes());
        points[2 * i + 1] = y.at(unit.of(line.get(i)));
      }
      svg.path(points, Svg.colour(n));
      for (int i = 0; i < line.size(); i++) {
        Result result = line.get(i);
        String title =
            "%s, %s: %s %s"
                .formatted(
                    result.task(),
                    result.contender(),
                    Numbers.brief(unit.of(result)),
                    unit.symbol());
        svg.mark(Svg.Mark.DOT, points[2 * i], points[2 * i + 1], Svg.colour(n), title);
      }
      n++;
    }
    return svg.legend(WIDTH - LEGEND, 40, series.keySet()).end();
  }

  private static boolean tooFew(List<Result> line) {
    return line.stream().map(Result::shape).distinct().count() < FEWEST_SIZES;
  }
}
