package dev.lanewise.model.nn;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.Matrix;

/**
 * T5's relative positions (Raffel et al. 2019, arXiv:1910.10683): what is added to a score depends
 * on the distance of key and query alone, through buckets that grow wider with it.
 */
public final class RelativePositions {
  private final float[] weights;
  private final int nHeads;
  private final int buckets;
  private final int maxDistance;
  private final boolean bidirectional;

  /**
   * Learned biases.
   *
   * @param weights [buckets × nHeads]
   * @param maxDistance distances from here on share the last bucket
   * @param bidirectional whether keys behind the query have buckets of their own: half of them
   */
  public RelativePositions(
      float[] weights, int nHeads, int buckets, int maxDistance, boolean bidirectional) {
    this.weights = weights;
    this.nHeads = nHeads;
    this.buckets = buckets;
    this.maxDistance = maxDistance;
    this.bidirectional = bidirectional;
  }

  /**
   * Learned biases that lie in a matrix.
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
    return new RelativePositions(values, nHeads, buckets, maxDistance, bidirectional);
  }

  /** Masks for one caller, who asks for longer and longer ones. */
  public Masks newMasks() {
    return new Masks();
  }

  /**
   * The bucket of a distance.
   *
   * @param distance of a key from its query; negative if the key comes before it
   */
  int bucket(int distance) {
    int n = bidirectional ? buckets / 2 : buckets;
    int first = bidirectional && distance > 0 ? n : 0;
    int far = bidirectional ? Math.abs(distance) : Math.max(-distance, 0);
    int exact = n / 2; // buckets of one distance each
    if (far < exact) {
      return first + far;
    }
    // In float32 throughout, as models were trained: a distance on the border of two buckets falls
    // to the same side.
    float log =
        (float) Math.log((float) far / exact) / (float) Math.log((double) maxDistance / exact);
    return first + Math.min(exact + (int) (log * (n - exact)), n - 1);
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
      for (int d = 0; d < width; d++) {
        int bucket = bucket(d - (length - 1));
        for (int h = 0; h < nHeads; h++) {
          table[h * width + d] = weights[bucket * nHeads + h];
        }
      }
      this.table = table; // once there is memory for both
      this.byPosition = byPosition;
      this.length = length;
    }
  }
}
