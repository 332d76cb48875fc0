package dev.lanewise.model.nn;

import dev.lanewise.kernels.Kernels;
import java.util.Arrays;
import java.util.List;

/**
 * A sparse mixture of experts (Shazeer et al. 2017, arXiv:1701.06538): of many feed-forward layers
 * every token passes through the few that a router prefers for it. Σₑ wₑ · expertₑ(x) over the
 * largest weights of w = softmax(router(x)), which may be divided by their sum.
 *
 * <p>Rows are grouped by expert, so that each reads its weights once. What experts make of a row is
 * added in their own order, whatever the other rows are.
 */
public final class MixtureOfExperts implements FeedForward {
  private static final float NOT_CHOSEN = -1;

  // Which of the workspace's spare buffers hold what.
  private static final int WEIGHTS = 0;
  private static final int TAKEN = 1;
  private static final int SUMS = 2;
  private static final int ONE_ROW = 3;

  private final Projections router;
  private final List<FeedForward> experts;
  private final int used;
  private final boolean normalised;

  /**
   * A layer of these experts.
   *
   * @param router [experts × dim]
   * @param used experts for each token
   * @param normalised whether the weights of those are divided by their sum
   */
  public MixtureOfExperts(Linear router, List<FeedForward> experts, int used, boolean normalised) {
    this.router = Projections.of(router);
    this.experts = List.copyOf(experts);
    this.used = used;
    this.normalised = normalised;
  }

  @Override
  public void forward(Kernels kernels, float[] x, Workspace ws, int rows) {
    int n = rows * ws.dim;
    float[] weights = route(kernels, x, ws, rows);
    float[] taken = ws.spare(TAKEN, n);
    float[] sums = ws.spare(SUMS, n);
    Arrays.fill(sums, 0, n, 0);
    for (int e = 0; e < experts.size(); e++) {
      int count = take(x, weights, e, taken, rows, ws.dim);
      if (count > 0) {
        experts.get(e).forward(kernels, taken, ws, count);
        add(ws.out, weights, e, sums, rows, ws.dim);
      }
    }
    System.arraycopy(sums, 0, ws.out, 0, n);
  }

  /** [rows × experts] the weights of the experts that each row is to pass through. */
  private float[] route(Kernels kernels, float[] x, Workspace ws, int rows) {
    int n = experts.size();
    float[][] toWeights = ws.toSpare(WEIGHTS, rows * n);
    router.forward(kernels, x, toWeights, rows);
    float[] weights = toWeights[0];
    kernels.softmax(weights, weights, rows, n);
    float[] row = ws.spare(ONE_ROW, n);
    int[] chosen = ws.chosen(used);
    for (int at = 0; at < rows * n; at += n) {
      System.arraycopy(weights, at, row, 0, n);
      kernels.topK(row, n, chosen);
      float sum = 0;
      for (int e : chosen) {
        sum += row[e];
      }
      Arrays.fill(weights, at, at + n, NOT_CHOSEN);
      for (int e : chosen) {
        weights[at + e] = normalised ? row[e] / sum : row[e];
      }
    }
    return weights;
  }

  /** Copies the rows that pass through an expert one behind the other, and returns their number. */
  private int take(float[] x, float[] weights, int expert, float[] taken, int rows, int dim) {
    int count = 0;
    for (int r = 0; r < rows; r++) {
      if (isChosen(weights[r * experts.size() + expert])) {
        System.arraycopy(x, r * dim, taken, count * dim, dim);
        count++;
      }
    }
    return count;
  }

  /** Adds what an expert made of its rows, weighted, each to the sum of its row. */
  private void add(float[] out, float[] weights, int expert, float[] sums, int rows, int dim) {
    int from = 0;
    for (int r = 0; r < rows; r++) {
      float weight = weights[r * experts.size() + expert];
      if (isChosen(weight)) {
        addRow(weight, out, from, sums, r * dim, dim);
        from += dim;
      }
    }
  }

  private static void addRow(float weight, float[] x, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i++) {
      y[to + i] += weight * x[from + i];
    }
  }

  /** What is no number is chosen too: it must not get lost. */
  private static boolean isChosen(float weight) {
    return !(weight < 0);
  }
}
