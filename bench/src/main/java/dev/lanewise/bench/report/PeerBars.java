package dev.lanewise.bench.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One benchmark as several implementations do it: a bar for each, a group for each task. */
final class PeerBars {
  private static final int WIDTH = 860;
  private static final int BAR = 16;
  private static final int HEADING = 26;
  private static final int LEFT = 170;
  private static final int RIGHT = 110;

  private PeerBars() {}

  /**
   * The plot, or nothing if no task was done by two implementations.
   *
   * @param results of one benchmark
   */
  static String of(Report report, List<Result> results) {
    Map<String, List<Result>> groups = new LinkedHashMap<>();
    for (Result result : results) {
      String task =
          result.task() + (result.threads() == 1 ? "" : ", " + result.threads() + " threads");
      groups.computeIfAbsent(task, key -> new ArrayList<>()).add(result);
    }
    groups.values().removeIf(group -> group.size() < 2);
    if (groups.isEmpty()) {
      return "";
    }
    List<Result> shown = groups.values().stream().flatMap(List::stream).toList();
    Report.Unit unit = report.unit(shown);
    double most = shown.stream().mapToDouble(unit::of).max().orElseThrow();
    Set<String> names = new LinkedHashSet<>();
    shown.forEach(result -> names.add(result.implementation()));
    List<String> order = new ArrayList<>(names);
    int height = groups.size() * HEADING + shown.size() * BAR + 10;
    Svg svg = new Svg(WIDTH, height, shown.getFirst().benchmark());
    Scale scale = new Scale(0, most, 0, WIDTH - LEFT - RIGHT, false);
    int y = 0;
    for (Map.Entry<String, List<Result>> group : groups.entrySet()) {
      svg.label(LEFT, y + HEADING - 8.0, "start strong", group.getKey());
      y += HEADING;
      for (Result result : group.getValue()) {
        double value = unit.of(result);
        String speed = Numbers.brief(value) + " " + unit.symbol();
        svg.label(LEFT - 8.0, y + BAR - 5.0, "end", result.implementation());
        svg.bar(
            LEFT,
            y + 2.0,
            scale.at(value),
            BAR - 4.0,
            Svg.colour(order.indexOf(result.implementation())),
            result.implementation() + ": " + speed);
        svg.label(LEFT + scale.at(value) + 6, y + BAR - 5.0, "start", speed);
        y += BAR;
      }
    }
    return svg.end();
  }
}
