package dev.lanewise.model.nn;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.Matrix;

/** What is added to a score for the distance of key and query alone. */
public final class RelativePositions {
  /** What is added to the scores of a head. */
  @FunctionalInterface
  interface Bias {
    /**
     * The bias of a distance.
     *
     * @param distance of a key from its query; negative if the key comes before it
     */
    float of(int head, int distance);
  }

  private final int nHeads;
  private final Bias bias;

  RelativePositions(int nHeads, Bias bias) {
    this.nHeads = nHeads;
    this.bias = bias;
  }

  /**
   * Learned biases of T5's buckets, which lie in a matrix.
   *
   * @param weights [at least buckets × nHeads]
   * @param maxDistance distances from here on share the last bucket
   * @param bidirectional whether keys behind the query have buckets of their own: half of them
   */
  public static RelativePositions of(
      Matrix weights, int buckets, int maxDistance, boolean bidirectional) {
    int nHeads = weights.cols();
    float[] values = new float[buckets * nHeads];
    for (int i = 0; i < buckets; i++) {
      weights.row(i, values, i * nHeads);
    }
    Buckets learned = new Buckets(values, nHeads, buckets, maxDistance, bidirectional);
    return new RelativePositions(nHeads, learned);
  }

  /**
   * ALiBi on both sides of a query: −slope · distance (Press et al. 2021, arXiv:2108.12409). The
   * slopes are powers of 2^(−8/n) for n heads, if n is a power of two. Else those of the next lower
   * power of two come first, and then every second one of twice as many heads, as in the paper's
   * code.
   */
  public static RelativePositions alibi(int nHeads) {
    int power = Integer.highestOneBit(nHeads);
    float[] slopes = new float[nHeads];
    for (int h = 0; h < nHeads; h++) {
      double exponent = h < power ? 8.0 * (h + 1) : 4.0 * (2 * (h - power) + 1);
      slopes[h] = (float) Math.pow(2, -exponent / power);
    }
    return new RelativePositions(nHeads, (head, distance) -> -slopes[head] * Math.abs(distance));
  }

  /**
   * T5's learned biases (Raffel et al. 2019, arXiv:1910.10683), by buckets of distances that grow
   * wider.
   *
   * @param weights [buckets × nHeads]
   * @param maxDistance distances from here on share the last bucket
   * @param bidirectional whether keys behind the query have buckets of their own: half of them
   */
  record Buckets(float[] weights, int nHeads, int buckets, int maxDistance, boolean bidirectional)
      implements Bias {
    @Override
    public float of(int head, int distance) {
      return weights[bucket(distance) * nHeads + head];
    }

    /** The bucket of a distance. */
    int bucket(int distance) {
      int n = bidirectional ? buckets / 2 : buckets;
      int first = bidirectional && distance > 0 ? n : 0;
      int far = bidirectional ? Math.abs(distance) : Math.max(-distance, 0);
      int exact = n / 2; // buckets of one distance each
      if (far < exact) {
        return first + far;
      }
      // In float32 throughout, as models were trained: a distance on the border of two buckets
      // falls to the same side.
      float log =
          (float) Math.log((float) far / exact) / (float) Math.log((double) maxDistance / exact);
      return first + Math.min(exact + (int) (log * (n - exact)), n - 1);
    }
  }

  /** Masks for one caller, who asks for longer and longer ones. */
  public Masks newMasks() {
    return new Masks();
  }

  /**
   * The biases by distance, and the masks that show each position its part of them. Both are made
   * once, and anew only when a sequence outgrows them.
   */
  public final class Masks {
    private int length; // tokens that the table is for
    private float[] table; // [nHeads × (2 · length − 1)], distance 0 at length − 1
    private AttentionMask[] byPosition;

    private Masks() {}

    /**
     * The mask for queries at consecutive positions and all keys from the first on.
     *
     * @param position of the first query
     * @param rows queries
     */
    public AttentionMask at(int position, int rows) {
      if (position + rows > length) {
        grow(Math.max(position + rows, 2 * length));
      }
      if (byPosition[position] == null) {
        byPosition[position] =
            new AttentionMask(null, table, length - 1 - position, 0, 2 * length - 1, -1);
      }
      return byPosition[position];
    }

    private void grow(int length) {
      int width = 2 * length - 1;
      float[] table = new float[nHeads * width];
      AttentionMask[] byPosition = new AttentionMask[length];
      for (int h = 0; h < nHeads; h++) {
        for (int d = 0; d < width; d++) {
          table[h * width + d] = bias.of(h, d - (length - 1));
        }
      }
      this.table = table; // once there is memory for both
      this.byPosition = byPosition;
      this.length = length;
    }
  }
}
