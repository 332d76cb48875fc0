package dev.lanewise.model.generate;

import dev.lanewise.model.LanewiseException;
import java.util.Arrays;

/**
 * The tokens that may come next, with their scores (logits): what the steps of a {@link Sampler}
 * narrow down.
 *
 * <p>Memory is allocated once. Steps keep a part of the candidates by partial selection in place,
 * so that no step sorts a whole vocabulary. Of equal scores the lower id counts as the better one.
 */
public final class Candidates {
  private final int[] identity;
  private final int[] ids;
  private final float[] scores;
  private int size;

  /** Room for a vocabulary of the given size. */
  Candidates(int vocabSize) {
    identity = new int[vocabSize];
    for (int i = 0; i < vocabSize; i++) {
      identity[i] = i;
    }
    ids = new int[vocabSize];
    scores = new float[vocabSize];
  }

  /**
   * The ids of the k largest logits, the largest first.
   *
   * @throws LanewiseException if a logit is NaN or +∞
   */
  public static int[] best(float[] logits, int k) {
    Candidates candidates = new Candidates(logits.length);
    candidates.load(logits, 0);
    candidates.keepBest(k);
    candidates.sort();
    return Arrays.copyOf(candidates.ids, candidates.size);
  }

  /** Takes over a row of logits; candidate i is then token i. */
  void load(float[] logits, int offset) {
    System.arraycopy(logits, offset, scores, 0, scores.length);
    System.arraycopy(identity, 0, ids, 0, ids.length);
    size = ids.length;
    for (int i = 0; i < size; i++) {
      float score = scores[i];
      if (!(score < Float.POSITIVE_INFINITY)) {
        throw new LanewiseException(
            "the model gave token "
                + i
                + " the logit "
                + score
                + ", which cannot be sampled: the model file is damaged or its numbers overflow");
      }
    }
  }

  /** Size of the vocabulary; ids are below it. */
  public int vocabSize() {
    return identity.length;
  }

  /** Candidates left; at least one. */
  public int size() {
    return size;
  }

  /** Token id of a candidate. */
  public int id(int candidate) {
    return ids[candidate];
  }

  /** Score of a candidate. */
  public float score(int candidate) {
    return scores[candidate];
  }

  /** Gives a candidate another score. NaN counts as −∞: never chosen. */
  public void setScore(int candidate, float score) {
    scores[candidate] = Float.isNaN(score) ? Float.NEGATIVE_INFINITY : score;
  }

  /** The best score. */
  public float max() {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < size; i++) {
      max = Math.max(max, scores[i]);
    }
    return max;
  }

  /** Keeps the {@code k} best, all if there are fewer; at least one. O(n log k), usually O(n). */
  public void keepBest(int k) {
    int kept = Math.max(1, k);
    if (kept >= size) {
      return;
    }
    if (kept == 1) {
      keepFirstBest();
      return;
    }
    // A heap of the k best so far, the worst of them on top: most tokens fail against the top.
    for (int i = kept / 2 - 1; i >= 0; i--) {
      siftDown(i, kept, false);
    }
    for (int i = kept; i < size; i++) {
      if (better(i, 0)) {
        ids[0] = ids[i];
        scores[0] = scores[i];
        siftDown(0, kept, false);
      }
    }
    size = kept;
  }

  private void keepFirstBest() {
    int best = 0;
    for (int i = 1; i < size; i++) {
      if (better(i, best)) {
        best = i;
      }
    }
    ids[0] = ids[best];
    scores[0] = scores[best];
    size = 1;
  }

  /**
   * Keeps what scores at least {@code threshold}, in the same order; the best stays in any case.
   */
  public void keepAtLeast(float threshold) {
    float limit = Math.min(threshold, max());
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (scores[i] >= limit) {
        ids[kept] = ids[i];
        scores[kept++] = scores[i];
      }
    }
    size = kept;
  }

  /**
   * Keeps the nucleus: the fewest best candidates whose probabilities (the softmax of the scores)
   * add up to at least {@code p}.
   */
  public void keepNucleus(double p) {
    float max = max();
    if (max == Float.NEGATIVE_INFINITY) {
      return;
    }
    double total = 0;
    for (int i = 0; i < size; i++) {
      total += Math.exp((double) scores[i] - max);
    }
    // All candidates below (1 - p) / n of the mass hold less than 1 - p together, so the nucleus is
    // full before it reaches them. Half of that leaves room for rounding.
    double floor = 0.5 * (1 - p) * total / size;
    keepAtLeast((float) (max + Math.log(floor)));
    for (int i = size / 2 - 1; i >= 0; i--) {
      siftDown(i, size, true);
    }
    double sum = 0;
    int left = size;
    do {
      left--;
      swap(0, left);
      sum += Math.exp((double) scores[left] - max);
      siftDown(0, left, true);
    } while (left > 0 && sum < p * total);
    // The nucleus lies at the end, its best last.
    int kept = size - left;
    System.arraycopy(ids, left, ids, 0, kept);
    System.arraycopy(scores, left, scores, 0, kept);
    size = kept;
  }

  /** Puts the best first. */
  void sort() {
    for (int i = size / 2 - 1; i >= 0; i--) {
      siftDown(i, size, false);
    }
    for (int end = size - 1; end > 0; end--) {
      swap(0, end);
      siftDown(0, end, false);
    }
  }

  /**
   * Draws one by its probability.
   *
   * @param uniform a number in [0, 1)
   */
  int draw(double uniform) {
    float max = max();
    if (max == Float.NEGATIVE_INFINITY) {
      throw new LanewiseException(
          "no token is left to choose from: every logit is -infinity; check the logit biases");
    }
    if (size == 1) {
      return ids[0];
    }
    double total = 0;
    for (int i = 0; i < size; i++) {
      // The logits are not needed any more; their places hold the weights.
      float weight = (float) Math.exp((double) scores[i] - max);
      scores[i] = weight;
      total += weight;
    }
    double left = uniform * total;
    int chosen = 0;
    for (int i = 0; i < size; i++) {
      if (scores[i] > 0) {
        chosen = i;
        left -= scores[i];
        if (left < 0) {
          break;
        }
      }
    }
    return ids[chosen];
  }

  private boolean better(int i, int j) {
    return scores[i] > scores[j] || (scores[i] == scores[j] && ids[i] < ids[j]);
  }

  /** Restores a heap on [0, n) below {@code i}, with the best or the worst on top. */
  private void siftDown(int i, int n, boolean bestOnTop) {
    int parent = i;
    while (true) {
      int child = 2 * parent + 1;
      if (child >= n) {
        return;
      }
      if (child + 1 < n && better(child + 1, child) == bestOnTop) {
        child++;
      }
      if (better(child, parent) != bestOnTop) {
        return;
      }
      swap(child, parent);
      parent = child;
    }
  }

  private void swap(int i, int j) {
    int id = ids[i];
    ids[i] = ids[j];
    ids[j] = id;
    float score = scores[i];
    scores[i] = scores[j];
    scores[j] = score;
  }
}
