package dev.lanewise.model.task;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.SingleCaller;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Finds the passages of an index whose vectors are nearest to one: a product with all of them, and
 * the largest of the sums.
 *
 * {@snippet :
 * try (SearchIndex index = SearchIndex.open(file);
 *     Embedder embedder = new Embedder(model, 2);
 *     Searcher searcher = new Searcher(index, 2)) {
 *   List<Hit> hits = searcher.nearest(embedder.embed(index.queryPrefix() + "how to build"), 10);
 * }
 * }
 *
 * <p>Owns threads and buffers and serves one caller at a time.
 */
public final class Searcher implements AutoCloseable {
  private final SearchIndex index;
  private final Parallel team;
  private final Kernels kernels;
  private final float[] scores;
  private final SingleCaller caller = new SingleCaller("this searcher");

  /**
   * A searcher with threads of its own.
   *
   * @param threads threads that compute, the caller's included
   * @throws IllegalArgumentException if they are not between 1 and 1024
   */
  public Searcher(SearchIndex index, int threads) {
    this.index = index;
    scores = new float[index.size()];
    team = Parallel.of(threads);
    kernels = team.closedUnless(() -> Kernels.best(team));
  }

  /**
   * The passages nearest to a vector, the best first. To a vector of length 0 all are as near, with
   * a score of 0, and come in the order of the index.
   *
   * @param vector [dim], of any length
   * @param k most passages to find; fewer if there are not as many
   * @throws LanewiseException if the vector is not as wide as those of the index, or a number of it
   *     is NaN or infinite
   * @throws IllegalArgumentException if k is negative
   * @throws IllegalStateException if the searcher or the index is closed, or the searcher at work
   */
  public List<Hit> nearest(float[] vector, int k) {
    Counts.requireNotNegative("k", k);
    return alone(
        () -> {
          score(vector);
          return best(k, null);
        });
  }

  /**
   * What is most like something that is in the index itself: of each other source the passage that
   * is nearest to the mean of this one's, the best first. Content-based recommendation.
   *
   * @param source of one or more passages
   * @param k most sources to find
   * @throws LanewiseException if no passage comes from there
   * @throws IllegalArgumentException if k is negative
   * @throws IllegalStateException if the searcher or the index is closed, or the searcher at work
   */
  public List<Hit> like(String source, int k) {
    Counts.requireNotNegative("k", k);
    return alone(
        () -> {
          score(mean(source));
          return best(k, source);
        });
  }

  private List<Hit> alone(Supplier<List<Hit>> search) {
    caller.enter();
    try {
      return index.memory().guarded(search);
    } finally {
      caller.leave();
    }
  }

  private float[] mean(String source) {
    byte[] name = source.getBytes(StandardCharsets.UTF_8);
    float[] sum = new float[index.dim()];
    float[] row = new float[index.dim()];
    int found = 0;
    for (int i = 0; i < index.size(); i++) {
      if (index.isFrom(i, name)) {
        index.vectors().row(i, row, 0);
        kernels.add(row, sum, row.length);
        found++;
      }
    }
    if (found == 0) {
      throw new LanewiseException(
          "%s: holds nothing from '%s'; it would be found as, for example, '%s'"
              .formatted(index.file(), source, index.passage(0).source()));
    }
    for (int i = 0; i < sum.length; i++) {
      sum[i] /= found;
    }
    return sum;
  }

  private void score(float[] vector) {
    float[] comparable = Vectors.comparable(vector, index.dim(), index.similarity());
    kernels.gemm(comparable, new Matrix[] {index.vectors()}, new float[][] {scores}, 1);
  }

  /**
   * The passages with the highest scores.
   *
   * @param other null for all; otherwise the best of each source, but for this one
   */
  private List<Hit> best(int k, String other) {
    List<Hit> hits = new ArrayList<>();
    int looked = 0;
    for (int n = Math.min(k, scores.length); hits.size() < k && looked < n; ) {
      int[] numbers = new int[n];
      kernels.topK(scores, scores.length, numbers);
      Set<String> seen = new HashSet<>();
      hits.clear();
      for (int i = 0; i < n && hits.size() < k; i++) {
        Passage passage = index.passage(numbers[i]);
        String source = passage.source();
        if (other == null || (!source.equals(other) && seen.add(source))) {
          hits.add(new Hit(scores[numbers[i]], passage));
        }
      }
      looked = n;
      n = (int) Math.min(4L * n, scores.length);
    }
    return hits;
  }

  /** Ends the threads. */
  @Override
  public void close() {
    caller.close();
    team.close();
  }
}
