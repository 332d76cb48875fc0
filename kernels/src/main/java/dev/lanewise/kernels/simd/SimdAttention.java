package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.GemmMicroKernel.MR;
import static dev.lanewise.kernels.simd.GemmMicroKernel.NR;
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
  /** Query rows of one tile, times the query heads that share its keys. */
  private static final int QUERIES = 32;

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
      run(Math.ceilDiv(rows, QUERIES) * shape.nKvHeads(), tilePiece);
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
        shape.kvWidth(),
        keys,
        shape.headDim(),
        shape.scale(),
        scores[worker],
        lanes[worker],
        y);
  }

  /** The buffers of one thread. Queries, scores and outputs lie in micropanels of NR queries. */
  private static final class Scratch {
    final int panels;
    final int headDim;
    final float[] queries; // [panels][headDim][NR]
    final float[] keys; // [KEYS / MR][headDim][MR]
    final float[] scores = new float[(KEYS + 2) * NR]; // [KEYS][NR], factor, maximum
    final float[] outputs; // [panels][headDim][NR]
    final float[] max; // [panels][NR]
    final float[] sum; // [panels][NR]
    final float[] lastKey; // [panels][NR]: the last key that the query sees
    final float[] tile = new float[MR * NR];

    Scratch(int panels, int headDim) {
      this.panels = panels;
      this.headDim = headDim;
      queries = new float[panels * headDim * NR];
      keys = new float[KEYS * headDim];
      outputs = new float[panels * headDim * NR];
      max = new float[panels * NR];
      sum = new float[panels * NR];
      lastKey = new float[panels * NR];
    }
  }

  private void tile(int index, int worker) {
    int group = shape.groupSize();
    int headDim = shape.headDim();
    int kvHead = index % shape.nKvHeads();
    // The last block sees the most keys: it comes first, so that the threads end together.
    int blocks = (rows + QUERIES - 1) / QUERIES;
    int first = (blocks - 1 - index / shape.nKvHeads()) * QUERIES;
    int queries = Math.min(QUERIES, rows - first);
    if (!finite(v, (position + first + 1) * shape.kvWidth(), (queries - 1) * shape.kvWidth())) {
      // What a query must not see would reach it as 0 · ∞, since it shares the tile with others.
      for (int i = first; i < first + queries; i++) {
        for (int h = kvHead * group; h < (kvHead + 1) * group; h++) {
          row(i * shape.nHeads() + h, worker);
        }
      }
      return;
    }
    int panels = (queries * group + NR - 1) / NR;
    Scratch s = scratch[worker];
    if (s == null || s.panels < panels || s.headDim != headDim) {
      s = new Scratch((QUERIES * group + NR - 1) / NR, headDim);
      scratch[worker] = s;
    }
    packQueries(s, first, queries, kvHead, panels);
    Arrays.fill(s.max, MINUS_INFINITY);
    Arrays.fill(s.sum, 0f);
    Arrays.fill(s.outputs, 0f);
    int keys = position + first + queries;
    for (int key = 0; key < keys; key += KEYS) {
      int n = Math.min(KEYS, keys - key);
      packKeys(s.keys, key, n, kvHead);
      boolean masked = key + n > position + first + 1;
      for (int p = 0; p < panels; p++) {
        for (int i = 0; i < n; i += MR) {
          GemmMicroKernel.run(
              s.keys, i * headDim, MR, s.queries, p * headDim * NR, NR, headDim, s.scores, i * NR);
        }
        if (masked) {
          mask(s.scores, s.lastKey, p * NR, key, n);
        }
        softmax(s.scores, n, s.max, s.sum, p * NR);
        addValues(s, p, key, n, kvHead);
      }
    }
    unpack(s, first, queries, kvHead);
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

  /** Lane of a query: token · group + head within the group. */
  private void packQueries(Scratch s, int first, int queries, int kvHead, int panels) {
    int group = shape.groupSize();
    int headDim = shape.headDim();
    if (queries * group < panels * NR) {
      Arrays.fill(s.queries, 0f);
    }
    for (int lane = 0; lane < panels * NR; lane++) {
      int panel = lane / NR;
      int token = Math.min(lane / group, queries - 1);
      s.lastKey[lane] = position + first + token;
      if (lane < queries * group) {
        int from = (first + token) * shape.queryWidth() + (kvHead * group + lane % group) * headDim;
        for (int d = 0; d < headDim; d++) {
          s.queries[(panel * headDim + d) * NR + lane % NR] = q[from + d] * shape.scale();
        }
      }
    }
  }

  /** Keys in micropanels of MR; those missing in the last one are 0 and stay out of the softmax. */
  private void packKeys(float[] panel, int key, int n, int kvHead) {
    int headDim = shape.headDim();
    int width = shape.kvWidth();
    for (int i = 0; i < n; i += MR) {
      for (int r = 0; r < MR; r++) {
        if (i + r < n) {
          int from = (key + i + r) * width + kvHead * headDim;
          for (int d = 0; d < headDim; d++) {
            panel[(i * headDim) + d * MR + r] = k[from + d];
          }
        } else {
          for (int d = 0; d < headDim; d++) {
            panel[(i * headDim) + d * MR + r] = 0f;
          }
        }
      }
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
    for (int j = 0; j < NR; j += LANES) {
      FloatVector old = FloatVector.fromArray(F, max, lane + j);
      FloatVector top = old;
      for (int i = 0; i < n; i++) {
        FloatVector score = FloatVector.fromArray(F, scores, i * NR + j);
        top = top.blend(score, score.compare(VectorOperators.GT, top));
      }
      top.intoArray(max, lane + j);
      old.intoArray(scores, n * NR + j);
      // While all scores are −∞ any other maximum serves: e^−∞ is the 0 that is wanted.
      top.blend(0f, top.eq(MINUS_INFINITY)).intoArray(scores, (n + 1) * NR + j);
    }
    for (int j = 0; j < NR; j += LANES) {
      exponentials(scores, n, j);
    }
    for (int j = 0; j < NR; j += LANES) {
      FloatVector factor = FloatVector.fromArray(F, scores, n * NR + j);
      FloatVector total = FloatVector.fromArray(F, sum, lane + j).mul(factor);
      for (int i = 0; i < n; i++) {
        total = total.add(FloatVector.fromArray(F, scores, i * NR + j));
      }
      total.intoArray(sum, lane + j);
    }
  }

  /** Rows 0 to n of the scores become e^(row − row n + 1), in the lanes from {@code j} on. */
  private static void exponentials(float[] scores, int n, int j) {
    FloatVector top = FloatVector.fromArray(F, scores, (n + 1) * NR + j);
    for (int i = 0; i <= n; i++) {
      FloatVector score = FloatVector.fromArray(F, scores, i * NR + j);
      SimdMath.expNonPositive(score.sub(top)).intoArray(scores, i * NR + j);
    }
  }

  /** outputs = outputs · factor + Vᵀ · P for one panel of queries. */
  private void addValues(Scratch s, int panel, int key, int n, int kvHead) {
    int headDim = shape.headDim();
    int width = shape.kvWidth();
    for (int d = 0; d < headDim; d += MR) {
      int from = key * width + kvHead * headDim + d;
      GemmMicroKernel.run(v, from, width, s.scores, 0, NR, n, s.tile, 0);
      int to = (panel * headDim + d) * NR;
      for (int j = 0; j < NR; j += LANES) {
        FloatVector factor = FloatVector.fromArray(F, s.scores, n * NR + j);
        for (int i = 0; i < MR * NR; i += NR) {
          FloatVector.fromArray(F, s.outputs, to + i + j)
              .fma(factor, FloatVector.fromArray(F, s.tile, i + j))
              .intoArray(s.outputs, to + i + j);
        }
      }
    }
  }

  private void unpack(Scratch s, int first, int queries, int kvHead) {
    int group = shape.groupSize();
    int headDim = shape.headDim();
    for (int lane = 0; lane < queries * group; lane++) {
      int to =
          (first + lane / group) * shape.queryWidth() + (kvHead * group + lane % group) * headDim;
      int from = lane / NR * headDim * NR + lane % NR;
      float scale = s.sum[lane] == 0f ? 0f : 1f / s.sum[lane];
      for (int d = 0; d < headDim; d++) {
        y[to + d] = s.outputs[from + d * NR] * scale;
      }
    }
  }
}
