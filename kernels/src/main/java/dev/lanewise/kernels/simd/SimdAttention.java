package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.GemmMicroKernel.NR;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.Parallel;

/**
 * Attention, shared out among threads.
 *
 * <p>Many rows: tiles of queries against tiles of keys with a running maximum and sum (online
 * softmax, Milakov and Gimelshein 2018, arXiv:1805.02867; Dao et al. 2022, arXiv:2205.14135), so
 * that scores never leave the cache and tiles that nobody sees are not computed ({@link
 * AttentionTile}). Both products run transposed, with a query in every lane: S = K · Qᵀ and Oᵀ = Vᵀ
 * · P. The softmax then works lane by lane without shuffles ({@link AttentionScores}), and the
 * scores that the first product writes are already the micropanel that the second one reads. Lost:
 * keys in every lane, which spares the packing of queries, values and outputs, but takes maxima and
 * sums across lanes: 0.89 to 0.96 as fast.
 *
 * <p>Few rows: {@link SimdAttentionRow}, and many keys {@linkplain AttentionParts part by part}.
 */
final class SimdAttention {
  /**
   * Most lanes of a tile: query rows times the query heads that share its keys. Keys are packed
   * once for all of them, which costs about as much as twenty lanes.
   */
  private static final int MAX_LANES = 768;

  /** Most floats of a tile's queries and outputs: 768 KiB of a 1 MiB second-level cache. */
  private static final int MAX_FLOATS = 192 * 1024;

  /** Tiles of fewer lanes pack keys too often, even if threads remain idle. */
  private static final int MIN_LANES = 192;

  /** Tiles for which {@link #MAX_LANES} is given up, to share them out evenly. */
  private static final int MIN_TILES = 12;

  /** Fewer rows than this leave most lanes empty. */
  private static final int MIN_ROWS = 8;

  private final Parallel team;
  private final AttentionOperands o = new AttentionOperands();
  private final AttentionTile[] tiles;
  private final SimdAttentionRow[] singles;
  private final AttentionParts parts = new AttentionParts(o);
  private final Parallel.Task tilePiece = this::tiles;
  private final Parallel.Task rowPiece = this::rows;
  private final Parallel.Task partPiece = this::parts;
  private final Parallel.Task joinPiece = this::joins;

  // The operation in progress.
  private int rowsPerTile;
  private int blocks;
  private int partsPerRow;
  private int queryBase; // the first query whose parts are under way
  private int total;
  private int perPiece;

  SimdAttention(Parallel team) {
    this.team = team;
    tiles = new AttentionTile[team.threads()];
    singles = new SimdAttentionRow[team.threads()];
    for (int i = 0; i < team.threads(); i++) {
      tiles[i] = new AttentionTile(o);
      singles[i] = new SimdAttentionRow(o);
    }
  }

  void run(
      float[] q,
      float[] k,
      float[] v,
      AttentionMask mask,
      float[] y,
      AttentionShape shape,
      int batch,
      int rows,
      int keys,
      int position) {
    o.set(q, k, v, mask, y, shape, rows, keys, position);
    if (rows >= MIN_ROWS) {
      rowsPerTile = rowsPerTile(shape, batch * shape.nHeads() * rows / MIN_TILES, rows);
      blocks = Math.ceilDiv(rows, rowsPerTile);
      run(batch * shape.nKvHeads() * blocks, tilePiece);
    } else {
      partsPerRow = parts.prepare();
      if (partsPerRow == 1) {
        run(batch * rows * shape.nHeads(), rowPiece);
      } else {
        partByPart(batch * rows);
      }
    }
    o.clear();
  }

  private void partByPart(int queries) {
    int n;
    for (queryBase = 0; queryBase < queries; queryBase += n) {
      n = parts.reserve(queryBase, queries - queryBase);
      run(n * partsPerRow, partPiece);
      run(n * o.shape.nHeads(), joinPiece);
    }
  }

  /** Rows of a tile of about that many lanes; all tiles but the last are equally large. */
  private static int rowsPerTile(AttentionShape shape, int lanes, int rows) {
    int fitting = MAX_FLOATS / (shape.headDim() + shape.valueDim());
    int bounded = Math.clamp(lanes, MIN_LANES, Math.clamp(fitting, MIN_LANES, MAX_LANES));
    int most = Math.ceilDiv(bounded, shape.groupSize() * NR) * NR;
    int even = Math.ceilDiv(rows, Math.ceilDiv(rows, most));
    return Math.ceilDiv(even, NR) * NR;
  }

  /** Shares out {@code total} tiles or rows. */
  private void run(int total, Parallel.Task piece) {
    this.total = total;
    perPiece = Math.ceilDiv(total, Parallel.MAX_COUNT);
    team.run(total == 0 ? 0 : Math.ceilDiv(total, perPiece), piece);
  }

  private void rows(int piece, int worker) {
    int end = (int) Math.min(total, (piece + 1L) * perPiece);
    for (int i = piece * perPiece; i < end; i++) {
      int heads = o.shape.nHeads();
      singles[worker].run(i / heads / o.rows, i / heads % o.rows, i % heads);
    }
  }

  private void parts(int piece, int worker) {
    int end = (int) Math.min(total, (piece + 1L) * perPiece);
    for (int i = piece * perPiece; i < end; i++) {
      int query = queryBase + i / partsPerRow;
      singles[worker].part(query / o.rows, query % o.rows, i % partsPerRow, parts);
    }
  }

  private void joins(int piece, int worker) {
    int end = (int) Math.min(total, (piece + 1L) * perPiece);
    int heads = o.shape.nHeads();
    for (int i = piece * perPiece; i < end; i++) {
      int query = queryBase + i / heads;
      singles[worker].join(query / o.rows, query % o.rows, i % heads, parts);
    }
  }

  private void tiles(int piece, int worker) {
    int end = (int) Math.min(total, (piece + 1L) * perPiece);
    for (int i = piece * perPiece; i < end; i++) {
      tile(i, worker);
    }
  }

  /**
   * The tiles of a head follow one another, as its keys are then in the cache. The last one, which
   * sees the most keys if attention is causal, comes first, so that the threads end together.
   */
  private void tile(int index, int worker) {
    int sequence = index / blocks / o.shape.nKvHeads();
    int kvHead = index / blocks % o.shape.nKvHeads();
    int firstRow = (blocks - 1 - index % blocks) * rowsPerTile;
    int rows = Math.min(rowsPerTile, o.rows - firstRow);
    if (!tiles[worker].run(sequence, kvHead, firstRow, rows)) {
      int group = o.shape.groupSize();
      for (int row = firstRow; row < firstRow + rows; row++) {
        for (int head = kvHead * group; head < (kvHead + 1) * group; head++) {
          singles[worker].run(sequence, row, head);
        }
      }
    }
  }
}
