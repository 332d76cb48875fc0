package dev.lanewise.model.cli;

import dev.lanewise.model.json.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A stretch of a text that was found, as commands print it.
 *
 * @param label what it is; null where all are the same
 * @param start where it begins, in UTF-16 code units; printed in code points
 * @param end where it ends
 */
record Stretch(String label, float score, int start, int end, String text) {
  /**
   * A line for each stretch, or a line that there is none.
   *
   * @param whole the text that they are of
   * @param none what to say if there are none
   */
  static String lines(String whole, List<Stretch> stretches, String none) {
    if (stretches.isEmpty()) {
      return none + "\n";
    }
    int[] ranges = ranges(whole, stretches);
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < stretches.size(); i++) {
      Stretch each = stretches.get(i);
      lines.append(Decimals.fixed(each.score(), 4)).append("  ");
      lines.append(ranges[2 * i]).append('-').append(ranges[2 * i + 1]).append("  ");
      lines.append(each.label() == null ? "" : each.label() + "  ");
      lines.append(each.text().isEmpty() ? none : each.text().replaceAll("\\s+", " "));
      lines.append('\n');
    }
    return lines.toString();
  }

  /**
   * An object on a line.
   *
   * @param map what it begins with
   * @param key under which the stretches are listed
   */
  static String object(Map<String, Object> map, String whole, String key, List<Stretch> stretches) {
    int[] ranges = ranges(whole, stretches);
    Object[] list = new Object[stretches.size()];
    for (int i = 0; i < list.length; i++) {
      Stretch each = stretches.get(i);
      Map<String, Object> entry = new LinkedHashMap<>();
      if (each.label() != null) {
        entry.put("label", each.label());
      }
      entry.put("score", each.score());
      entry.put("start", ranges[2 * i]);
      entry.put("end", ranges[2 * i + 1]);
      entry.put("text", each.text());
      list[i] = entry;
    }
    Map<String, Object> all = new LinkedHashMap<>(map);
    all.put(key, List.of(list));
    return Json.write(all) + "\n";
  }

  private static int[] ranges(String whole, List<Stretch> stretches) {
    return TokenIds.codePoints(
        whole,
        stretches.stream().mapToInt(Stretch::start).toArray(),
        stretches.stream().mapToInt(Stretch::end).toArray());
  }
}
