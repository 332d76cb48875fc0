package dev.lanewise.model.task;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A class and how well it fits.
 *
 * @param label the name of the class
 * @param score the higher the better; what it measures is up to {@link Scoring}
 */
public record LabelScore(String label, float score) {
  /**
   * The classes that fit best, the best first; of equal ones the first comes first.
   *
   * @param labels names of the classes
   * @param scores [labels]
   * @param top how many at most
   */
  static List<LabelScore> best(List<String> labels, float[] scores, int top) {
    return IntStream.range(0, labels.size())
        .mapToObj(i -> new LabelScore(labels.get(i), scores[i]))
        .sorted(Comparator.comparingDouble(each -> -each.score()))
        .limit(top)
        .toList();
  }
}
