package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.GemmMicroKernel.MR;
import static dev.lanewise.kernels.simd.GemmMicroKernel.NR;
import static dev.lanewise.kernels.simd.GemmMicroKernel.ZEROS;
import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import dev.lanewise.kernels.AttentionShape;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Attention of a tile of queries: rows of one sequence, times the heads that share a key/value
 * head. The buffers belong to one thread.
 *
 * <p>Queries, scores and outputs lie in panels of {@link GemmMicroKernel#NR} lanes. The lane of a
 * query is {@code head within the group · rows + row within the tile}.
 */
final class AttentionTile {
  /**
   * Most keys of one step: KEYS · NR scores, 16 KiB, stay in the first-level cache. Steps end at
   * multiples of it, wherever the first key of a tile lies, so that what a query adds up by itself
   * does not depend on the queries beside it.
   */
  private static final int KEYS = 128;

  private final AttentionOperands o;
  private final GemmMicroKernel microKernel = new GemmMicroKernel();
  private final float[] scores = new float[KEYS * NR]; // [KEYS][NR]
  private final float[] tops = new float[NR]; // [NR]: what to subtract from scores
  private final float[] factors = new float[NR]; // [NR]: what to multiply sums and outputs by
  private final float[] bias = new float[KEYS * NR]; // [KEYS][NR]
  private float[] queries = {}; // [panels][headDim][NR]
  private float[] keys = {}; // [KEYS / MR][headDim][MR]
  private float[] values = {}; // [valueDim / MR][KEYS][MR]
  private float[] outputs = {}; // [panels][paddedDim][NR]
  private float[] max = {}; // [panels][NR]
  private float[] sum = {}; // [panels][NR]
  private float[] firstKeys = {}; // [panels][NR]: first key that a lane sees, less firstBase
  private float[] endKeys = {}; // [panels][NR]: one more than the last, less endBase

  // The tile in progress.
  private int sequence;
  private int kvHead;
  private int firstRow;
  private int lastRow;
  private int rows;
  private int lanes;
  private int panels;
  private int paddedDim;
  private int firstBase;
  private int endBase;

  AttentionTile(AttentionOperands operands) {
    o = operands;
  }

  /**
   * Computes the tile that begins at {@code firstRow}, unless a value that some of its rows must
   * not see is not finite: it would reach them as 0 · ∞, since they share the tile with others.
   *
   * @return whether the tile is done; if not, its outputs are untouched
   */
  boolean run(int sequence, int kvHead, int firstRow, int rows) {
    AttentionShape shape = o.shape;
    this.sequence = sequence;
    this.kvHead = kvHead;
    this.firstRow = firstRow;
    this.rows = rows;
    lanes = shape.groupSize() * rows;
    panels = Math.ceilDiv(lanes, NR);
    paddedDim = Math.ceilDiv(shape.valueDim(), MR) * MR;
    lastRow = firstRow + rows - 1;
    reserve();
    packQueries();
    limits();
    Arrays.fill(max, Float.NEGATIVE_INFINITY);
    Arrays.fill(sum, 0f);
    Arrays.fill(outputs, 0, panels * paddedDim * NR, 0f);
    int end = o.endKey(sequence, lastRow);
    for (int key = o.firstKey(firstRow), n; key < end; key += n) {
      n = length(key, end);
      if (!step(key, n)) {
        return false;
      }
    }
    normalise();
    unpack();
    return true;
  }

  /** Keys of the step that begins with {@code key}. */
  private static int length(int key, int end) {
    return Math.min(KEYS - key % KEYS, end - key);
  }

  private void reserve() {
    int headDim = o.shape.headDim();
    queries = atLeast(queries, panels * headDim * NR);
    keys = atLeast(keys, KEYS * headDim);
    values = atLeast(values, KEYS * paddedDim);
    outputs = atLeast(outputs, panels * paddedDim * NR);
    max = atLeast(max, panels * NR);
    sum = atLeast(sum, panels * NR);
    firstKeys = atLeast(firstKeys, panels * NR);
    endKeys = atLeast(endKeys, panels * NR);
  }

  private static float[] atLeast(float[] buffer, int length) {
    return buffer.length >= length ? buffer : new float[length];
  }

  /** The row of a lane; those behind the last query have one too. */
  private int row(int lane) {
    return firstRow + lane % rows;
  }

  private int head(int lane) {
    return kvHead * o.shape.groupSize() + lane / rows;
  }

  /** Queries from one lane on that are of the same head and in the same panel. */
  private int queriesFrom(int lane) {
    return Math.min(rows - lane % rows, NR - lane % NR);
  }

  private void packQueries() {
    AttentionShape shape = o.shape;
    int headDim = shape.headDim();
    int used = panels * headDim * NR;
    if (lanes < panels * NR) {
      Arrays.fill(queries, 0, used, 0f);
    }
    for (int lane = 0; lane < lanes; lane += queriesFrom(lane)) {
      int at = o.queryAt(sequence, row(lane), head(lane));
      int to = lane / NR * headDim * NR + lane % NR;
      Transposition.run(o.q, at, shape.queryWidth(), queriesFrom(lane), headDim, queries, to, NR);
    }
    // Exponentials are powers of two, but a cap applies to the score itself.
    float scale = shape.softCap() > 0 ? shape.scale() : shape.scale() * SimdMath.LOG2_E;
    for (int i = 0; i < used; i += LANES) {
      FloatVector.fromArray(F, queries, i).mul(scale).intoArray(queries, i);
    }
  }

  /**
   * The keys that each lane sees, counted from those of the first row. Two rows' limits are no
   * further apart than the rows, so a float holds them exactly, however many keys there are. Where
   * all rows see the same keys nothing is hidden, and nobody asks.
   */
  private void limits() {
    firstBase = o.firstKey(firstRow);
    endBase = o.endKey(sequence, firstRow);
    if (o.firstKey(lastRow) == firstBase && o.endKey(sequence, lastRow) == endBase) {
      return;
    }
    for (int lane = 0; lane < panels * NR; lane++) {
      firstKeys[lane] = o.firstKey(row(lane)) - firstBase;
      endKeys[lane] = o.endKey(sequence, row(lane)) - endBase;
    }
  }

  /** Takes n keys into account; false if a value that not all may see is not finite. */
  private boolean step(int key, int n) {
    AttentionShape shape = o.shape;
    int valueDim = shape.valueDim();
    int keyAt = o.keyAt(sequence, key, kvHead);
    int valueAt = o.valueAt(sequence, key, kvHead);
    AttentionPacking.keys(o.k, keyAt, shape.keyWidth(), n, shape.headDim(), keys);
    AttentionPacking.values(o.v, valueAt, shape.valueWidth(), n, valueDim, values, KEYS);
    boolean hidden = key < o.firstKey(lastRow) || key + n > o.endKey(sequence, firstRow);
    if (hidden && !AttentionPacking.finite(values, n * MR, paddedDim / MR, KEYS * MR)) {
      return false;
    }
    readAhead(key + n);
    for (int p = 0; p < panels; p++) {
      panel(p, key, n);
    }
    return true;
  }

  /** Has the keys and values of a step come from memory while the one before it is computed. */
  private void readAhead(int key) {
    int n = length(key, o.endKey(sequence, lastRow));
    int keyAt = o.keyAt(sequence, key, kvHead);
    int valueAt = o.valueAt(sequence, key, kvHead);
    Prefetch.rows(o.k, keyAt, o.shape.keyWidth(), n, o.shape.headDim(), factors, 0);
    Prefetch.rows(o.v, valueAt, o.shape.valueWidth(), n, o.shape.valueDim(), factors, 0);
  }

  /**
   * Keys {@code key} to {@code key + n} for one panel of queries, from the first to the last seen.
   */
  private void panel(int p, int key, int n) {
    int lane = p * NR;
    boolean oneHead = lane / rows == (lane + NR - 1) / rows;
    int low = oneHead ? row(lane) : firstRow;
    int high = oneHead ? row(lane + NR - 1) : lastRow;
    int begin = Math.max(0, o.firstKey(low) - key) / MR * MR;
    int end = Math.min(n, o.endKey(sequence, high) - key);
    if (begin < end && o.mask.bias() != null) {
      begin = firstSeen(p, key, begin, end) / MR * MR;
      end = endSeen(p, key, begin, end);
    }
    if (begin < end) {
      for (int i = begin; i < end; i += MR) {
        scores(p, i);
      }
      adjust(p, key, begin, end);
      hide(p, key, begin, end, low, high);
      weights(p, begin, end);
      for (int d = 0; d < paddedDim; d += MR) {
        addValues(p, d, begin, end - begin);
      }
    }
  }

  /** The first of keys {@code [begin, end)} of a step that the bias leaves to a panel, or end. */
  private int firstSeen(int p, int key, int begin, int end) {
    int first = end;
    for (int lane = p * NR; lane < Math.min(lanes, (p + 1) * NR) && first > begin; lane++) {
      int at = o.mask.biasAt(sequence, head(lane), row(lane)) + key;
      first = AttentionScores.firstSeen(o.mask.bias(), at + begin, at + first) - at;
    }
    return first;
  }

  /** One more than the last key that {@link #firstSeen} could find, or begin. */
  private int endSeen(int p, int key, int begin, int end) {
    int last = begin;
    for (int lane = p * NR; lane < Math.min(lanes, (p + 1) * NR) && last < end; lane++) {
      int at = o.mask.biasAt(sequence, head(lane), row(lane)) + key;
      last = AttentionScores.endSeen(o.mask.bias(), at + last, at + end) - at;
    }
    return last;
  }

  /** Applies the cap and the bias to the scores of keys {@code [begin, end)} of a step. */
  private void adjust(int p, int key, int begin, int end) {
    int n = end - begin;
    if (o.shape.softCap() > 0) {
      AttentionScores.cap(scores, begin * NR, n, o.shape.softCap());
    }
    if (o.mask.bias() != null) {
      packBias(p, key + begin, n);
      AttentionScores.addBias(scores, begin * NR, n, bias);
    }
  }

  /** Hides the keys that some rows from {@code low} to {@code high} see and others do not. */
  private void hide(int p, int key, int begin, int end, int low, int high) {
    int unseen = Math.min(end, o.firstKey(high) - key);
    if (begin < unseen) {
      int n = unseen - begin;
      int number = key + begin - firstBase;
      AttentionScores.hideBefore(scores, begin * NR, n, firstKeys, p * NR, number);
    }
    int seen = Math.max(begin, o.endKey(sequence, low) - key);
    if (seen < end) {
      int number = key + seen - endBase;
      AttentionScores.hideFrom(scores, seen * NR, end - seen, endKeys, p * NR, number);
    }
  }

  /** Turns the scores of keys {@code [begin, end)} of a step into weights. */
  private void weights(int p, int begin, int end) {
    int at = begin * NR;
    int n = end - begin;
    AttentionScores.maxima(scores, at, n, tops);
    if (AttentionScores.raise(max, p * NR, tops, factors)) {
      AttentionScores.exponentials(factors, 0, 1, ZEROS);
      AttentionScores.multiply(sum, p * NR, 1, factors);
      AttentionScores.multiply(outputs, p * paddedDim * NR, paddedDim, factors);
    }
    AttentionScores.exponentials(scores, at, n, tops);
    AttentionScores.addUp(scores, at, n, sum, p * NR);
  }

  /** MR rows of K · Qᵀ for one panel of queries. */
  private void scores(int p, int key) {
    int n = o.shape.headDim();
    microKernel.from(ZEROS, 0, 0);
    microKernel.to(scores, key * NR, NR);
    microKernel.run(keys, key * n, queries, p * n * NR, n);
  }

  /** The bias of a panel, a row for each key as the scores have it. */
  private void packBias(int p, int key, int n) {
    int end = Math.min(lanes, (p + 1) * NR);
    for (int lane = p * NR; lane < end; lane += queriesFrom(lane)) {
      int at = o.mask.biasAt(sequence, head(lane), row(lane)) + key;
      int to = lane % NR;
      Transposition.run(o.mask.bias(), at, o.mask.rowStride(), queriesFrom(lane), n, bias, to, NR);
    }
  }

  /** Rows d to d + MR of Vᵀ · P for one panel of queries. */
  private void addValues(int p, int d, int begin, int n) {
    int at = (p * paddedDim + d) * NR;
    int from = (d * KEYS) + begin * MR;
    microKernel.from(outputs, at, NR);
    microKernel.to(outputs, at, NR);
    microKernel.run(values, from, scores, begin * NR, n);
  }

  /** Divides by the sum of the weights; nothing seen, nothing heard: 0 / 1. */
  private void normalise() {
    for (int p = 0; p < panels; p++) {
      AttentionScores.inverse(sum, p * NR, factors);
      AttentionScores.multiply(outputs, p * paddedDim * NR, paddedDim, factors);
    }
  }

  private void unpack() {
    int valueDim = o.shape.valueDim();
    for (int lane = 0; lane < lanes; lane += queriesFrom(lane)) {
      int at = lane / NR * paddedDim * NR + lane % NR;
      int to = o.outputAt(sequence, row(lane), head(lane));
      Transposition.run(
          outputs, at, NR, valueDim, queriesFrom(lane), o.y, to, o.shape.outputWidth());
    }
  }
}
