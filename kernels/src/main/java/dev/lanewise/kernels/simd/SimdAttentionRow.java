package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.GemmMicroKernel.NR;
import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import dev.lanewise.kernels.AttentionShape;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/** Attention of a single query: what generating a token needs. The buffers belong to one thread. */
final class SimdAttentionRow {
  /** Keys whose lanes are added up together. */
  private static final int GROUP = Math.max(LANES, GemvKernel.COLUMNS);

  /** Fewest keys that are met in groups; a short start need not wait for that code. */
  private static final int MANY = 64;

  /** Whether there are registers for the sums of two heads: sixteen, and a few more. */
  private static final boolean PAIRS = GemmMicroKernel.WHOLE;

  private final AttentionOperands o;
  private final float[] lanes = new float[2 * GROUP * LANES];
  private final float[] tops = new float[NR];
  private float[] scores = {};
  private float[] others = {};

  // Of the keys that were weighed last: the first, how many there are, and the largest score.
  private int first;
  private int n;
  private float top;

  SimdAttentionRow(AttentionOperands operands) {
    o = operands;
  }

  /** y = softmax(cap(q · Kᵀ · scale) + bias) · V for one head of one row. */
  void run(int sequence, int row, int head) {
    double sum = weigh(sequence, row, head, o.firstKey(row), o.endKey(sequence, row));
    weightedSum(sequence, head, inverse(sum), o.y, o.outputAt(sequence, row, head));
  }

  /**
   * What all heads of a row leave of a part of its keys, which are read from end to end first: each
   * head would fetch pieces of them, which took a third longer.
   */
  void part(int sequence, int row, int part, AttentionParts parts) {
    if (part >= parts.count(sequence, row)) {
      return;
    }
    AttentionShape shape = o.shape;
    int from = parts.firstKey(sequence, row, part);
    int to = parts.firstKey(sequence, row, part + 1);
    int kAt = o.keyAt(sequence, from, 0);
    int vAt = o.valueAt(sequence, from, 0);
    Prefetch.rows(o.k, kAt, 0, 1, (to - from) * shape.keyWidth(), lanes, 0);
    Prefetch.rows(o.v, vAt, 0, 1, (to - from) * shape.valueWidth(), lanes, 0);
    int group = shape.groupSize();
    boolean pairs = PAIRS && o.mask.bias() == null && to - from >= MANY;
    for (int head = 0; head < shape.nHeads(); head++) {
      if (pairs && head % group < group - 1) {
        first = from;
        n = to - from;
        two(sequence, row, head++, part, parts);
      } else {
        int index = parts.index(sequence, row, head, part);
        parts.sums[index] = weigh(sequence, row, head, from, to);
        parts.tops[index] = top;
        weightedSum(sequence, head, 1f, parts.values, index * shape.valueDim());
      }
    }
  }

  /**
   * A head and the next one, which share the loads of keys and values; the bits are those of each
   * alone. Of 32 heads for 8 of keys a processor of AMD did 1.3 times as many tokens so.
   */
  private void two(int sequence, int row, int head, int part, AttentionParts parts) {
    AttentionShape shape = o.shape;
    int kvHead = head / shape.groupSize();
    int scoreRows = room(n);
    if (others.length < scores.length) {
      others = new float[scores.length];
    }
    dotsOfTwo(
        o.q,
        o.queryAt(sequence, row, head),
        o.queryAt(sequence, row, head + 1),
        o.k,
        o.keyAt(sequence, first, kvHead),
        shape.keyWidth(),
        n,
        shape.headDim(),
        lanes,
        scores,
        others);
    int index = parts.index(sequence, row, head, part);
    int next = parts.index(sequence, row, head + 1, part);
    parts.sums[index] = weights(scores, scoreRows, null, 0);
    parts.tops[index] = top;
    parts.sums[next] = weights(others, scoreRows, null, 0);
    parts.tops[next] = top;
    int valueDim = shape.valueDim();
    int at = o.valueAt(sequence, first, kvHead);
    int width = shape.valueWidth();
    int d = 0;
    for (; d <= valueDim - 4 * LANES; d += 4 * LANES) {
      fourVectorsOfTwo(
          scores,
          others,
          o.v,
          at + d,
          width,
          n,
          parts.values,
          index * valueDim + d,
          next * valueDim + d);
    }
    rest(scores, o.v, at, width, n, d, valueDim, 1f, parts.values, index * valueDim);
    rest(others, o.v, at, width, n, d, valueDim, 1f, parts.values, next * valueDim);
  }

  /** Puts a head of a row together from its parts. */
  void join(int sequence, int row, int head, AttentionParts parts) {
    int count = parts.count(sequence, row);
    int index = parts.index(sequence, row, head, 0);
    int scoreRows = room(count);
    System.arraycopy(parts.tops, index, scores, 0, count);
    Arrays.fill(scores, count, scoreRows * NR, Float.NEGATIVE_INFINITY);
    exponentials(scores, scoreRows);
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += scores[i] * parts.sums[index + i];
    }
    int valueDim = o.shape.valueDim();
    int at = index * valueDim;
    int yo = o.outputAt(sequence, row, head);
    weightedSum(scores, parts.values, at, valueDim, count, valueDim, inverse(sum), o.y, yo);
  }

  private static float inverse(double sum) {
    return sum == 0 ? 0f : (float) (1 / sum);
  }

  /** Makes room for n scores in whole rows, and returns how many. */
  private int room(int n) {
    int scoreRows = Math.ceilDiv(n, NR); // what is behind the last score becomes −∞
    if (scores.length < scoreRows * NR) {
      scores = new float[Math.max(scoreRows * NR, 2 * scores.length)];
    }
    return scoreRows;
  }

  /** The weights of the keys {@code [from, to)} but for those that a bias hides; their sum. */
  private double weigh(int sequence, int row, int head, int from, int to) {
    AttentionShape shape = o.shape;
    first = from;
    n = Math.max(0, to - from);
    float[] bias = o.mask.bias();
    int biasAt = o.mask.biasAt(sequence, head, row);
    if (bias != null) {
      int end = first + n;
      first = AttentionScores.firstSeen(bias, biasAt + first, biasAt + end) - biasAt;
      n = AttentionScores.endSeen(bias, biasAt + first, biasAt + end) - biasAt - first;
    }
    int scoreRows = room(n);
    int query = o.queryAt(sequence, row, head);
    int key = o.keyAt(sequence, first, head / shape.groupSize());
    int width = shape.keyWidth();
    int headDim = shape.headDim();
    if (n < MANY) {
      for (int i = 0; i < n; i++) {
        scores[i] = dot(o.q, query, o.k, key + i * width, headDim, lanes);
      }
    } else {
      dots(o.q, query, o.k, key, width, n, headDim, lanes, scores);
    }
    return weights(scores, scoreRows, bias, biasAt + first);
  }

  /**
   * Turns the products of a query and n keys into weights; their sum.
   *
   * @param bias what is added to the first of them, and on; null for nothing
   */
  private double weights(float[] scores, int scoreRows, float[] bias, int biasAt) {
    AttentionShape shape = o.shape;
    // As AttentionScores wants them: in units of ln 2, unless there is a cap to come.
    float scale = shape.softCap() > 0 ? shape.scale() : shape.scale() * SimdMath.LOG2_E;
    for (int i = 0; i < n; i++) {
      scores[i] *= scale;
    }
    if (shape.softCap() > 0) {
      AttentionScores.cap(scores, 0, scoreRows, shape.softCap());
    }
    if (bias != null) {
      addBias(bias, biasAt, scores, n);
    }
    Arrays.fill(scores, n, scoreRows * NR, Float.NEGATIVE_INFINITY);
    exponentials(scores, scoreRows);
    return sum(scores, scoreRows * NR);
  }

  /** Turns scores into weights, and leaves the largest in {@link #top}. */
  private void exponentials(float[] scores, int scoreRows) {
    // Number by number: the vectors of AttentionScores.maxima became objects in this place.
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < scoreRows * NR; i++) {
      max = scores[i] > max ? scores[i] : max;
    }
    top = max;
    // If all are hidden any other maximum serves: 2^−∞ is the 0 that is wanted.
    Arrays.fill(tops, max == Float.NEGATIVE_INFINITY ? 0f : max);
    AttentionScores.exponentials(scores, 0, scoreRows, tops);
  }

  /** Four sums at once, to hide how long an addition takes. */
  private static double sum(float[] x, int n) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    for (int i = 0; i < n; i += 4) {
      a += x[i];
      b += x[i + 1];
      c += x[i + 2];
      d += x[i + 3];
    }
    return (a + b) + (c + d);
  }

  /**
   * scores[i] = q · key i, for n keys, a group or more: eight at a time share the loads of q, a
   * group of them the sum across lanes. The last group may be partly the one before it once more.
   *
   * @param lanes scratch for the vectors of a group
   */
  private static void dots(
      float[] q,
      int at,
      float[] k,
      int ko,
      int width,
      int n,
      int headDim,
      float[] lanes,
      float[] scores) {
    for (int next = 0; next < n; next += GROUP) {
      int first = Math.min(next, n - GROUP);
      for (int i = 0; i < GROUP; i += GemvKernel.COLUMNS) {
        int key = ko + (first + i) * width;
        GemvKernel.eightColumns(q, at, k, key, width, headDim, lanes, i * LANES);
      }
      LaneSums.of(lanes, 0, GROUP, scores, first);
    }
    int d = headDim / LANES * LANES;
    GemvKernel.addTails(q, at + d, k, ko + d, width, headDim - d, scores, n);
  }

  /** {@link #dots} for two queries, which share the loads of the keys. */
  private static void dotsOfTwo(
      float[] q,
      int at,
      int other,
      float[] k,
      int ko,
      int width,
      int n,
      int headDim,
      float[] lanes,
      float[] scores,
      float[] others) {
    for (int next = 0; next < n; next += GROUP) {
      int first = Math.min(next, n - GROUP);
      for (int i = 0; i < GROUP; i += GemvKernel.COLUMNS) {
        int key = ko + (first + i) * width;
        GemvKernel.eightColumnsOfTwo(
            q, at, other, k, key, width, headDim, lanes, i * LANES, (GROUP + i) * LANES);
      }
      LaneSums.of(lanes, 0, GROUP, scores, first);
      LaneSums.of(lanes, GROUP * LANES, GROUP, others, first);
    }
    int d = headDim / LANES * LANES;
    GemvKernel.addTails(q, at + d, k, ko + d, width, headDim - d, scores, n);
    GemvKernel.addTails(q, other + d, k, ko + d, width, headDim - d, others, n);
  }

  private static float dot(float[] q, int at, float[] k, int ko, int n, float[] lanes) {
    FloatVector acc = FloatVector.fromArray(F, Species.ZEROS, 0);
    int d = 0;
    for (; d <= n - LANES; d += LANES) {
      acc = FloatVector.fromArray(F, q, at + d).fma(FloatVector.fromArray(F, k, ko + d), acc);
    }
    acc.intoArray(lanes, 0);
    float sum = LaneSums.of(lanes, 0);
    for (; d < n; d++) {
      sum = Math.fma(q[at + d], k[ko + d], sum);
    }
    return sum;
  }

  /** As {@link AttentionScores#addBias}, for a bias that lies as the scores do. */
  private static void addBias(float[] bias, int at, float[] scores, int n) {
    for (int i = 0; i < n; i++) {
      float b = bias[at + i];
      float finite = b < AttentionScores.LOWEST_BIAS ? AttentionScores.LOWEST_BIAS : b;
      float score = Math.fma(finite, SimdMath.LOG2_E, scores[i]);
      scores[i] = b == Float.NEGATIVE_INFINITY ? b : score;
    }
  }

  private void weightedSum(int sequence, int head, float scale, float[] y, int yo) {
    AttentionShape shape = o.shape;
    weightedSum(
        scores,
        o.v,
        o.valueAt(sequence, first, head / shape.groupSize()),
        shape.valueWidth(),
        n,
        shape.valueDim(),
        scale,
        y,
        yo);
  }

  /** y = scale · Σ p · v, in columns that are four vectors wide, then one, then one by one. */
  private static void weightedSum(
      float[] p,
      float[] v,
      int at,
      int width,
      int n,
      int valueDim,
      float scale,
      float[] y,
      int yo) {
    int d = 0;
    for (; d <= valueDim - 4 * LANES; d += 4 * LANES) {
      fourVectors(p, v, at + d, width, n, scale, y, yo + d);
    }
    rest(p, v, at, width, n, d, valueDim, scale, y, yo);
  }

  /** The columns from d on. */
  private static void rest(
      float[] p,
      float[] v,
      int at,
      int width,
      int n,
      int d,
      int valueDim,
      float scale,
      float[] y,
      int yo) {
    for (; d <= valueDim - LANES; d += LANES) {
      FloatVector a = FloatVector.fromArray(F, Species.ZEROS, 0);
      for (int i = 0; i < n; i++) {
        FloatVector weight = FloatVector.broadcast(F, p[i]);
        a = weight.fma(FloatVector.fromArray(F, v, at + i * width + d), a);
      }
      a.mul(scale).intoArray(y, yo + d);
    }
    for (; d < valueDim; d++) {
      float sum = 0f;
      for (int i = 0; i < n; i++) {
        sum = Math.fma(p[i], v[at + i * width + d], sum);
      }
      y[yo + d] = sum * scale;
    }
  }

  /** Two rows of v at a time, which makes the method long enough to be compiled on its own. */
  private static void fourVectors(
      float[] p, float[] v, int at, int width, int n, float scale, float[] y, int yo) {
    FloatVector a = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector b = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector d = FloatVector.fromArray(F, Species.ZEROS, 0);
    int i = 0;
    for (; i < n - 1; i += 2) {
      int row = at + i * width;
      FloatVector weight = FloatVector.broadcast(F, p[i]);
      a = weight.fma(FloatVector.fromArray(F, v, row), a);
      b = weight.fma(FloatVector.fromArray(F, v, row + LANES), b);
      c = weight.fma(FloatVector.fromArray(F, v, row + 2 * LANES), c);
      d = weight.fma(FloatVector.fromArray(F, v, row + 3 * LANES), d);
      row += width;
      weight = FloatVector.broadcast(F, p[i + 1]);
      a = weight.fma(FloatVector.fromArray(F, v, row), a);
      b = weight.fma(FloatVector.fromArray(F, v, row + LANES), b);
      c = weight.fma(FloatVector.fromArray(F, v, row + 2 * LANES), c);
      d = weight.fma(FloatVector.fromArray(F, v, row + 3 * LANES), d);
    }
    if (i < n) {
      int row = at + i * width;
      FloatVector weight = FloatVector.broadcast(F, p[i]);
      a = weight.fma(FloatVector.fromArray(F, v, row), a);
      b = weight.fma(FloatVector.fromArray(F, v, row + LANES), b);
      c = weight.fma(FloatVector.fromArray(F, v, row + 2 * LANES), c);
      d = weight.fma(FloatVector.fromArray(F, v, row + 3 * LANES), d);
    }
    a.mul(scale).intoArray(y, yo);
    b.mul(scale).intoArray(y, yo + LANES);
    c.mul(scale).intoArray(y, yo + 2 * LANES);
    d.mul(scale).intoArray(y, yo + 3 * LANES);
  }

  /** {@link #fourVectors} for two rows of weights, which share the loads of v. */
  private static void fourVectorsOfTwo(
      float[] p, float[] r, float[] v, int at, int width, int n, float[] y, int yo, int zo) {
    FloatVector a = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector b = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector c = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector d = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector e = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector f = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector g = FloatVector.fromArray(F, Species.ZEROS, 0);
    FloatVector h = FloatVector.fromArray(F, Species.ZEROS, 0);
    for (int i = 0; i < n; i++) {
      int row = at + i * width;
      FloatVector one = FloatVector.broadcast(F, p[i]);
      FloatVector two = FloatVector.broadcast(F, r[i]);
      FloatVector value = FloatVector.fromArray(F, v, row);
      a = one.fma(value, a);
      e = two.fma(value, e);
      value = FloatVector.fromArray(F, v, row + LANES);
      b = one.fma(value, b);
      f = two.fma(value, f);
      value = FloatVector.fromArray(F, v, row + 2 * LANES);
      c = one.fma(value, c);
      g = two.fma(value, g);
      value = FloatVector.fromArray(F, v, row + 3 * LANES);
      d = one.fma(value, d);
      h = two.fma(value, h);
    }
    a.intoArray(y, yo);
    b.intoArray(y, yo + LANES);
    c.intoArray(y, yo + 2 * LANES);
    d.intoArray(y, yo + 3 * LANES);
    e.intoArray(y, zo);
    f.intoArray(y, zo + LANES);
    g.intoArray(y, zo + 2 * LANES);
    h.intoArray(y, zo + 3 * LANES);
  }
}
