package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.GemmMicroKernel.MR;
import static dev.lanewise.kernels.simd.GemmMicroKernel.NR;
import static dev.lanewise.kernels.simd.GemmMicroKernel.ZEROS;
import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.Parallel;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Causal attention over a key/value cache.
 *
 * <p>Many rows: tiles of queries against tiles of keys with a running maximum and sum (online
 * softmax, Milakov and Gimelshein 2018, arXiv:1805.02867; Dao et al. 2022, arXiv:2205.14135), so
 * that scores never leave the cache and tiles that the mask hides are not computed. Both products
 * run transposed, with a query in every lane: S = K · Qᵀ and Oᵀ = Vᵀ · P. The softmax then works
 * lane by lane without shuffles, and the scores that the first product writes are already the
 * micropanel that the second one reads.
 *
 * <p>Few rows: {@link SimdAttentionRow}.
 */
final class SimdAttention {
  /**
   * Lanes of a tile: query rows times the query heads that share its keys. Keys are packed once for
   * all of them, which costs about as much as one lane in ten.
   */
  private static final int TILE_LANES = 192;

  /** Keys of one tile: KEYS · NR scores, 8 KiB, stay in the first-level cache. */
  private static final int KEYS = 64;

  /** Fewer rows than this leave most lanes empty. */
  private static final int MIN_ROWS = 8;

  private static final float MINUS_INFINITY = Float.NEGATIVE_INFINITY;

  private final Parallel team;
  private final Scratch[] scratch;
  private final float[][] scores;
  private final float[][] lanes;
  private final Parallel.Task tilePiece = this::tiles;
  private final Parallel.Task rowPiece = this::rows;

  // The operation in progress.
  private float[] q;
  private float[] k;
  private float[] v;
  private float[] y;
  private AttentionShape shape;
  private int rows;
  private int position;
  private int queriesPerTile;
  private int total;
  private int perPiece;

  SimdAttention(Parallel team) {
    this.team = team;
    scratch = new Scratch[team.threads()];
    scores = new float[team.threads()][0];
    lanes = new float[team.threads()][LANES];
  }

  void run(
      float[] q, float[] k, float[] v, float[] y, AttentionShape shape, int rows, int position) {
    this.q = q;
    this.k = k;
    this.v = v;
    this.y = y;
    this.shape = shape;
    this.rows = rows;
    this.position = position;
    if (rows >= MIN_ROWS && shape.headDim() % MR == 0) {
      int even = Math.ceilDiv(TILE_LANES, shape.groupSize() * NR) * NR;
      queriesPerTile = Math.min(even, Math.ceilDiv(rows, Transposition.SIZE) * Transposition.SIZE);
      run(Math.ceilDiv(rows, queriesPerTile) * shape.nKvHeads(), tilePiece);
    } else {
      run(rows * shape.nHeads(), rowPiece);
    }
    this.q = null;
    this.k = null;
    this.v = null;
    this.y = null;
  }

  /** Shares out {@code total} tiles or rows. */
  private void run(int total, Parallel.Task piece) {
    this.total = total;
    perPiece = Math.ceilDiv(total, Parallel.MAX_COUNT);
    team.run(total == 0 ? 0 : Math.ceilDiv(total, perPiece), piece);
  }

  private void rows(int piece, int worker) {
    for (int i = piece * perPiece; i < Math.min(total, (piece + 1) * perPiece); i++) {
      row(i, worker);
    }
  }

  private void tiles(int piece, int worker) {
    for (int i = piece * perPiece; i < Math.min(total, (piece + 1) * perPiece); i++) {
      tile(i, worker);
    }
  }

  private void row(int index, int worker) {
    int keys = position + index / shape.nHeads() + 1;
    int needed = SimdAttentionRow.paddedLength(keys);
    if (scores[worker].length < needed) {
      scores[worker] = new float[Math.max(needed, 2 * scores[worker].length)];
    }
    int head = index % shape.nHeads();
    int kv = head / shape.groupSize() * shape.headDim();
    int at = index * shape.headDim(); // rows of heads lie one after the other
    SimdAttentionRow.run(
        q,
        at,
        k,
        v,
        kv,
        shape.keyWidth(),
        keys,
        shape.headDim(),
        shape.scale(),
        scores[worker],
        lanes[worker],
        y);
  }

  /** The buffers of one thread. Queries, scores and outputs lie in micropanels of NR lanes. */
  private static final class Scratch {
    final int panels;
    final int headDim;
    final float[] queries; // [panels][headDim][NR]
    final float[] keys; // [KEYS / MR][headDim][MR]
    final float[] values; // [KEYS][headDim]
    final float[] scores = new float[(KEYS + 2) * NR]; // [KEYS][NR], factor, maximum
    final float[] outputs; // [panels][headDim][NR]
    final float[] max; // [panels][NR]
    final float[] sum; // [panels][NR]
    final float[] lastKey; // [panels][NR]: the last key that the query sees
    final int[] firstMasked; // [panels]: the first key that not all of the panel see
    final int[] seen; // [panels]: keys that some of the panel see

    Scratch(int panels, int headDim) {
      this.panels = panels;
      this.headDim = headDim;
      queries = new float[panels * headDim * NR];
      keys = new float[KEYS * headDim];
      values = new float[KEYS * headDim];
      outputs = new float[panels * headDim * NR];
      max = new float[panels * NR];
      sum = new float[panels * NR];
      lastKey = new float[panels * NR];
      firstMasked = new int[panels];
      seen = new int[panels];
    }
  }

  private Scratch scratch(int worker, int panels) {
    Scratch s = scratch[worker];
    if (s == null || s.panels < panels || s.headDim != shape.headDim()) {
      s = new Scratch(panels, shape.headDim());
      scratch[worker] = s;
    }
    return s;
  }

  private void tile(int index, int worker) {
    int group = shape.groupSize();
    int kvHead = index % shape.nKvHeads();
    // The last block sees the most keys: it comes first, so that the threads end together.
    int blocks = Math.ceilDiv(rows, queriesPerTile);
    int first = (blocks - 1 - index / shape.nKvHeads()) * queriesPerTile;
    int queries = Math.min(queriesPerTile, rows - first);
    if (!finite(v, (position + first + 1) * shape.keyWidth(), (queries - 1) * shape.keyWidth())) {
      // What a query must not see would reach it as 0 · ∞, since it shares the tile with others.
      for (int i = first; i < first + queries; i++) {
        for (int h = kvHead * group; h < (kvHead + 1) * group; h++) {
          row(i * shape.nHeads() + h, worker);
        }
      }
      return;
    }
    int panels = Math.ceilDiv(group * queriesPerTile, NR);
    Scratch s = scratch(worker, panels);
    packQueries(s, first, queries, kvHead, panels);
    Arrays.fill(s.max, MINUS_INFINITY);
    Arrays.fill(s.sum, 0f);
    Arrays.fill(s.outputs, 0f);
    int keys = position + first + queries;
    for (int key = 0; key < keys; key += KEYS) {
      int packed = Math.min(KEYS, keys - key);
      packKeys(s.keys, key, packed, kvHead);
      packValues(s.values, key, packed, kvHead);
      for (int p = 0; p < panels; p++) {
        int n = Math.min(packed, s.seen[p] - key);
        if (n <= 0) {
          continue;
        }
        for (int i = 0; i < n; i += MR) {
          scores(s, p, i);
        }
        if (key + n > s.firstMasked[p]) {
          mask(s.scores, s.lastKey, p * NR, key, n);
        }
        softmax(s.scores, n, s.max, s.sum, p * NR);
        addValues(s, p, n);
      }
    }
    unpack(s, first, queries, kvHead, panels);
  }

  /** Are all numbers finite? 0 · x is 0 for those alone. */
  private static boolean finite(float[] x, int from, int n) {
    FloatVector sum = FloatVector.zero(F);
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      sum = sum.add(FloatVector.fromArray(F, x, from + i).mul(0f));
    }
    float rest = Species.sum(sum);
    for (; i < n; i++) {
      rest += 0f * x[from + i];
    }
    return rest == 0f;
  }

  /** Lane of a query: head within the group · queriesPerTile + row within the tile. */
  private void packQueries(Scratch s, int first, int queries, int kvHead, int panels) {
    int headDim = shape.headDim();
    int lanes = shape.groupSize() * queriesPerTile;
    if (queries < queriesPerTile || lanes < panels * NR) {
      Arrays.fill(s.queries, 0f);
    }
    Arrays.fill(s.firstMasked, Integer.MAX_VALUE);
    Arrays.fill(s.seen, 0);
    for (int lane = 0; lane < panels * NR; lane++) {
      int last = position + first + Math.min(lane % queriesPerTile, queries - 1);
      s.lastKey[lane] = last;
      s.firstMasked[lane / NR] = Math.min(s.firstMasked[lane / NR], last + 1);
      s.seen[lane / NR] = Math.max(s.seen[lane / NR], last + 1);
    }
    for (int lane = 0; lane < lanes; lane += Transposition.SIZE) {
      int row = lane % queriesPerTile;
      int n = Math.clamp(queries - row, 0, Transposition.SIZE);
      int to = lane / NR * headDim * NR + lane % NR;
      int from = query(first + row, kvHead, lane);
      Transposition.run(q, from, shape.queryWidth(), n, headDim, s.queries, to, NR);
    }
    for (int i = 0; i < panels * headDim * NR; i += LANES) {
      FloatVector.fromArray(F, s.queries, i).mul(shape.scale()).intoArray(s.queries, i);
    }
  }

  /** Where the head that a lane belongs to begins in a row of queries or outputs. */
  private int query(int row, int kvHead, int lane) {
    int head = kvHead * shape.groupSize() + lane / queriesPerTile;
    return row * shape.queryWidth() + head * shape.headDim();
  }

  /** Keys in micropanels of MR; those missing in the last one are 0 and stay out of the softmax. */
  private void packKeys(float[] panel, int key, int n, int kvHead) {
    int headDim = shape.headDim();
    int width = shape.keyWidth();
    for (int i = 0; i < n; i += MR) {
      int rows = Math.min(MR, n - i);
      if (rows < MR) {
        Arrays.fill(panel, i * headDim, (i + MR) * headDim, 0f);
      }
      int from = (key + i) * width + kvHead * headDim;
      Transposition.run(k, from, width, rows, headDim, panel, i * headDim, MR);
    }
  }

  /** Values side by side: rows of a wide cache would contend for the same lines of ours. */
  private void packValues(float[] values, int key, int n, int kvHead) {
    int headDim = shape.headDim();
    for (int i = 0; i < n; i++) {
      int from = (key + i) * shape.keyWidth() + kvHead * headDim;
      System.arraycopy(v, from, values, i * headDim, headDim);
    }
  }

  private static void mask(float[] scores, float[] lastKey, int lane, int key, int n) {
    for (int j = 0; j < NR; j += LANES) {
      FloatVector last = FloatVector.fromArray(F, lastKey, lane + j);
      for (int i = 0; i < n; i++) {
        FloatVector score = FloatVector.fromArray(F, scores, i * NR + j);
        score.blend(MINUS_INFINITY, last.lt(key + i)).intoArray(scores, i * NR + j);
      }
    }
  }

  /**
   * Turns n scores per lane into e^(score − max), and brings the running maximum and sum up to
   * date. Row n of the scores receives e^(old max − new max), by which earlier sums and outputs
   * shrink.
   */
  private static void softmax(float[] scores, int n, float[] max, float[] sum, int lane) {
    maxima(scores, n, max, lane);
    exponentials(scores, n, 0);
    exponentials(scores, n, LANES);
    FloatVector a = FloatVector.fromArray(F, sum, lane);
    FloatVector b = FloatVector.fromArray(F, sum, lane + LANES);
    a = a.mul(FloatVector.fromArray(F, scores, n * NR));
    b = b.mul(FloatVector.fromArray(F, scores, n * NR + LANES));
    for (int i = 0; i < n; i++) {
      a = a.add(FloatVector.fromArray(F, scores, i * NR));
      b = b.add(FloatVector.fromArray(F, scores, i * NR + LANES));
    }
    a.intoArray(sum, lane);
    b.intoArray(sum, lane + LANES);
  }

  /**
   * Brings the maxima up to date. Row n of the scores receives the old ones and row n + 1 what to
   * subtract. Four comparisons are under way at once, to hide how long each takes.
   */
  private static void maxima(float[] scores, int n, float[] max, int lane) {
    FloatVector a = FloatVector.fromArray(F, max, lane);
    FloatVector b = FloatVector.fromArray(F, max, lane + LANES);
    a.intoArray(scores, n * NR);
    b.intoArray(scores, n * NR + LANES);
    FloatVector c = a;
    FloatVector d = b;
    for (int i = 0; i < n; i += 2) {
      FloatVector score = FloatVector.fromArray(F, scores, i * NR);
      a = a.blend(score, a.lt(score));
      score = FloatVector.fromArray(F, scores, i * NR + LANES);
      b = b.blend(score, b.lt(score));
      int next = Math.min(i + 1, n - 1) * NR;
      score = FloatVector.fromArray(F, scores, next);
      c = c.blend(score, c.lt(score));
      score = FloatVector.fromArray(F, scores, next + LANES);
      d = d.blend(score, d.lt(score));
    }
    a = a.blend(c, a.lt(c));
    b = b.blend(d, b.lt(d));
    a.intoArray(max, lane);
    b.intoArray(max, lane + LANES);
    // While all scores are −∞ any other maximum serves: e^−∞ is the 0 that is wanted.
    a.blend(0f, a.eq(MINUS_INFINITY)).intoArray(scores, (n + 1) * NR);
    b.blend(0f, b.eq(MINUS_INFINITY)).intoArray(scores, (n + 1) * NR + LANES);
  }

  /** Rows 0 to n of the scores become e^(row − row n + 1), in the lanes from {@code j} on. */
  private static void exponentials(float[] scores, int n, int j) {
    FloatVector top = FloatVector.fromArray(F, scores, (n + 1) * NR + j);
    for (int i = 0; i <= n; i++) {
      FloatVector score = FloatVector.fromArray(F, scores, i * NR + j);
      SimdMath.expNonPositive(score.sub(top)).intoArray(scores, i * NR + j);
    }
  }

  /** MR rows of K · Qᵀ for one panel of queries. */
  private void scores(Scratch s, int panel, int key) {
    int n = shape.headDim();
    int to = key * NR;
    float[] scores = s.scores;
    GemmMicroKernel.run(
        s.keys, key * n, MR, s.queries, panel * n * NR, NR, n, ZEROS, 0, 0, scores, to, NR);
  }

  /** outputs = outputs · factor + Vᵀ · P for one panel of queries. */
  private void addValues(Scratch s, int panel, int n) {
    int headDim = shape.headDim();
    int to = panel * headDim * NR;
    float[] outputs = s.outputs;
    for (int j = 0; j < NR; j += LANES) {
      FloatVector factor = FloatVector.fromArray(F, s.scores, n * NR + j);
      if (factor.compare(VectorOperators.NE, 1f).anyTrue()) {
        for (int i = to + j; i < to + headDim * NR; i += NR) {
          FloatVector.fromArray(F, outputs, i).mul(factor).intoArray(outputs, i);
        }
      }
    }
    for (int d = 0; d < headDim; d += MR) {
      int at = to + d * NR;
      GemmMicroKernel.run(
          s.values, d, headDim, s.scores, 0, NR, n, outputs, at, NR, outputs, at, NR);
    }
  }

  private void unpack(Scratch s, int first, int queries, int kvHead, int panels) {
    int headDim = shape.headDim();
    for (int p = 0; p < panels; p++) {
      for (int j = 0; j < NR; j += LANES) {
        FloatVector sum = FloatVector.fromArray(F, s.sum, p * NR + j);
        // Nothing seen, nothing heard: 0 / 1.
        FloatVector scale = FloatVector.broadcast(F, 1f).div(sum.blend(1f, sum.eq(0f)));
        for (int i = p * headDim * NR + j; i < (p + 1) * headDim * NR; i += NR) {
          FloatVector.fromArray(F, s.outputs, i).mul(scale).intoArray(s.outputs, i);
        }
      }
    }
    for (int lane = 0; lane < shape.groupSize() * queriesPerTile; lane += Transposition.SIZE) {
      int row = lane % queriesPerTile;
      int n = Math.clamp(queries - row, 0, Transposition.SIZE);
      int from = lane / NR * headDim * NR + lane % NR;
      int to = query(first + row, kvHead, lane);
      Transposition.run(s.outputs, from, NR, headDim, n, y, to, shape.queryWidth());
    }
  }
}
