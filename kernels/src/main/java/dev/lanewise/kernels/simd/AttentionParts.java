package dev.lanewise.kernels.simd;

import dev.lanewise.kernels.AttentionShape;

/**
 * Attention of a few queries to many keys, part by part (Dao et al. 2023, "Flash-Decoding for
 * long-context inference"): all heads read a part of the keys and values while it is in the cache,
 * and what they leave is put together at the end. So threads share the work even of a single head,
 * and query heads that share keys fetch them from memory once.
 *
 * <p>How the keys are cut follows from how many a query sees, and from nothing else: neither from
 * the threads nor from what is computed beside it.
 */
final class AttentionParts {
  /**
   * Floats of the keys and values of a part: 256 KiB of a second-level cache. With half as many a
   * processor of AMD took a tenth longer, with twice as many as long.
   */
  private static final int FLOATS = 1 << 16;

  /** Fewest keys that are worth a part. */
  private static final int MIN_KEYS = 128;

  private static final int MAX_KEYS = 1024;

  /** Parts come in fours, so that two threads end together, or four. */
  private static final int FOUR = 4;

  /** Parts begin with a multiple of so many keys. */
  private static final int GROUP = 16;

  /** Floats that may wait to be put together, unless a single query has more: 16 MiB. */
  private static final int MAX_WAITING = 1 << 22;

  /** Longest array. */
  private static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

  /** The largest score of each part, for every head of every query. */
  float[] tops = {};

  /** The sums of the weights relative to it. */
  double[] sums = {};

  /** The values times these weights. */
  float[] values = {};

  private final AttentionOperands o;
  private int keys; // most of a part
  private int stride; // from the first part of one head to that of the next
  private int first; // number of the first query, among those of all sequences

  AttentionParts(AttentionOperands operands) {
    o = operands;
  }

  /**
   * Decides how keys are cut.
   *
   * @return how many parts a query has at most; 1 if it is to be computed as a whole
   */
  int prepare() {
    AttentionShape shape = o.shape;
    keys = Math.clamp(FLOATS / (shape.keyWidth() + shape.valueWidth()), MIN_KEYS, MAX_KEYS);
    int seen = shape.endKey(o.position + o.rows - 1, o.keys) - o.firstKey(0);
    stride = count(seen);
    if ((long) shape.nHeads() * stride * shape.valueDim() > MAX_ARRAY) {
      stride = 1;
    }
    return stride;
  }

  /**
   * Makes room for the parts of queries, of as many as may wait at a time.
   *
   * @param first number of the first of them
   * @param queries from there on
   * @return of how many
   */
  int reserve(int first, int queries) {
    this.first = first;
    AttentionShape shape = o.shape;
    int ofQuery = shape.nHeads() * stride;
    int n = Math.clamp(MAX_WAITING / ((long) ofQuery * shape.valueDim()), 1, queries);
    if (sums.length < n * ofQuery) {
      tops = new float[n * ofQuery];
      sums = new double[n * ofQuery];
    }
    if (values.length < n * ofQuery * shape.valueDim()) {
      values = new float[n * ofQuery * shape.valueDim()];
    }
    return n;
  }

  /** Parts of so many keys. */
  private int count(int n) {
    return n <= 2 * keys ? 1 : Math.ceilDiv(n, FOUR * keys) * FOUR;
  }

  /** Parts of the keys that a row sees. */
  int count(int sequence, int row) {
    return count(o.endKey(sequence, row) - o.firstKey(row));
  }

  /** The first key of a part, or where they end. */
  int firstKey(int sequence, int row, int part) {
    int first = o.firstKey(row);
    int end = Math.max(first, o.endKey(sequence, row));
    int even = Math.ceilDiv(end - first, count(end - first));
    return Math.min(end, first + part * (Math.ceilDiv(even, GROUP) * GROUP));
  }

  /** The number of a part, among those of all heads of all queries. */
  int index(int sequence, int row, int head, int part) {
    return ((sequence * o.rows + row - first) * o.shape.nHeads() + head) * stride + part;
  }
}
