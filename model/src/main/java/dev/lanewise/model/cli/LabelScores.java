package dev.lanewise.model.cli;

import dev.lanewise.model.json.Json;
import dev.lanewise.model.task.LabelScore;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Classes with their scores, as commands print them. */
final class LabelScores {
  private LabelScores() {}

  /**
   * A line.
   *
   * @param scored what they are the classes of, such as a text
   */
  static String line(List<LabelScore> labels, String scored) {
    String scores =
        labels.stream()
            .map(each -> each.label() + " " + Decimals.fixed(each.score(), 4))
            .collect(Collectors.joining(", "));
    return scores + "  " + scored + "\n";
  }

  /**
   * An object on a line.
   *
   * @param scored what they are the classes of, such as a text under the key {@code "text"}
   */
  static String object(Map<String, String> scored, List<LabelScore> labels) {
    Map<String, Object> map = new LinkedHashMap<>(scored);
    map.put("labels", labels.stream().map(LabelScores::entry).toList());
    return Json.write(map) + "\n";
  }

  private static Map<String, Object> entry(LabelScore each) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("label", each.label());
    entry.put("score", each.score());
    return entry;
  }
}
