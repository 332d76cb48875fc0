package dev.lanewise.model.arch;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.StringTable;
import dev.lanewise.model.checkpoint.Metadata;
import java.util.ArrayList;
import java.util.List;

/** The names of the classes that a head scores. */
final class Labels {
  private static final String HUB_PREFIX = "id2label.";
  private static final String GGUF_KEY = "classifier.output_labels";

  private Labels() {}

  /**
   * The names in a file, or {@code LABEL_0} and so on if it has none.
   *
   * @param classes how many there must be
   */
  static List<String> of(Hyperparameters h, int classes) {
    List<String> labels = h.ofHub() ? ofHub(h.metadata()) : ofGguf(h);
    if (labels.isEmpty()) {
      for (int i = 0; i < classes; i++) {
        labels.add("LABEL_" + i);
      }
    }
    if (labels.size() != classes) {
      throw new LanewiseException(
          "%s: %s names %d classes, but the head scores %d"
              .formatted(
                  h.metadata().file(),
                  h.ofHub() ? "id2label" : h.key(GGUF_KEY),
                  labels.size(),
                  classes));
    }
    return List.copyOf(labels);
  }

  private static List<String> ofHub(Metadata metadata) {
    long named = metadata.keys().stream().filter(key -> key.startsWith(HUB_PREFIX)).count();
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < named; i++) {
      labels.add(metadata.string(HUB_PREFIX + i));
    }
    return labels;
  }

  private static List<String> ofGguf(Hyperparameters h) {
    List<String> labels = new ArrayList<>();
    if (h.has(GGUF_KEY)) {
      StringTable table = h.metadata().strings(h.key(GGUF_KEY));
      for (int i = 0; i < table.size(); i++) {
        labels.add(table.get(i));
      }
    }
    return labels;
  }
}
