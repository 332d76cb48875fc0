package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.GemmMicroKernel.MR;
import static dev.lanewise.kernels.simd.GemmMicroKernel.NR;

import dev.lanewise.kernels.Parallel;

/**
 * The tile sizes of a matrix product and the arithmetic that chose them.
 *
 * <p>Names as in BLIS: MR × NR sums live in registers, KC × MR values of a (a micropanel) stay in
 * the first-level cache while they meet a strip of b, KC × NC values of b (the strip) stay in the
 * second.
 */
final class GemmBlocking {
  /**
   * Most steps of k at a time. A micropanel of a is MR · KC · 4 = 32 KiB and is read again for each
   * tile of a strip: it stays in a first-level cache of 48 KiB, and where there are but 32 it comes
   * from the second one, a quarter of the bytes that b does. Longer sums save additions to c: a
   * product of 1,024 × 1,024 × 1,024 took a fiftieth longer with 768 steps at most.
   */
  private static final int KC = 1024;

  /**
   * Most steps of k for few rows. These may read b where it lies, its rows a few cache lines each
   * and pages apart, which share a small part of the second-level cache: 64 rows times 2,048 × 512
   * numbers took a fifth longer with 1,024 steps.
   */
  private static final int SHORT_KC = 512;

  /** Few rows are fewer than this. */
  private static final int FEW_ROWS = 192;

  /**
   * Columns of c that one thread does at a time: three tiles at 512 bits. KC · NC · 4 = 384 KiB of
   * b leave most of a 1 MiB second-level cache to a and c.
   */
  static final int NC = 96;

  /**
   * From this many rows on, unpacking a block of weights costs less than repeating the
   * multiplication of a single row.
   */
  static final int MIN_ROWS = 6;

  /**
   * Most floats of packed a, 16 MiB: what a third-level cache can hold beside b. A single
   * micropanel may have more.
   */
  private static final int MAX_PACKED = 1 << 22;

  /**
   * Most rows that are packed at a time. Sums that wait for the next block of k, ROWS · NC · 4 =
   * 192 KiB, then stay in the second-level cache with the strip of b, which is packed once for
   * them.
   */
  static final int ROWS = 512;

  /** Multiply-adds that are worth a piece of their own: 2 to 4 µs, twice a fork or more. */
  private static final int PIECE = 1 << 18;

  /** Pieces per thread where there is enough work, so that the last one comes little late. */
  private static final int PIECES_PER_THREAD = 8;

  /**
   * Floats of a block of rows that are read in place: 512 KiB of a 1 MiB second-level cache, beside
   * a tile of weights that may be as large.
   */
  private static final int BLOCK = 1 << 17;

  /**
   * Rows of such a block, even where they are too long to stay in that cache: each block goes
   * through all the weights, and their first row tile waits for them. With 64 rows of 1,536 numbers
   * a product of 128 such rows took a twentieth longer, on one thread as on two.
   */
  private static final int BLOCK_ROWS = 256;

  /** Multiply-adds that take as long as packing one number. */
  static final int PACKING = 16;

  /**
   * A time that is longer by one part of so many is as good: of smaller pieces the last one comes
   * less late where threads are held up.
   */
  private static final int NEARLY = 20;

  private GemmBlocking() {}

  /** Length of the blocks that k is cut into for m rows: equal ones, multiples of {@code block}. */
  static int kc(int m, int k, int block) {
    int blocks = Math.ceilDiv(k, m < FEW_ROWS ? SHORT_KC : KC);
    return Math.ceilDiv(Math.ceilDiv(k, blocks), block) * block;
  }

  /** Tiles that n columns fill or begin. */
  static int tiles(int n) {
    return (n - 1) / NR + 1;
  }

  /** Strips of at most {@link #NC} columns that n columns are cut into. */
  static int strips(int n) {
    return Math.ceilDiv(tiles(n), NC / NR);
  }

  /** First column of a strip: strips differ by a tile at most. */
  static int column(int strip, int n) {
    return (int) Math.min(n, (long) strip * tiles(n) / strips(n) * NR);
  }

  /** Micropanels that m rows fill or begin. */
  static int panels(int m) {
    return (m - 1) / MR + 1;
  }

  /** Micropanels of m rows that are packed at a time. */
  static int packedPanels(int m, int k) {
    int most = Math.min(ROWS, MAX_PACKED / Math.max(1, k)) / MR;
    return Math.clamp(most, 1, panels(m));
  }

  /** Matrices of m rows, of {@code count}, that are packed at a time. */
  static int packedMatrices(int m, int k, int count) {
    long packed = (long) panels(m) * MR * Math.max(1, k);
    return Math.clamp(MAX_PACKED / packed, 1, count);
  }

  /**
   * Blocks that the rows of each strip are cut into, so that there are pieces for all threads. Each
   * packs the strip again, which takes as long as {@link #PACKING} rows: so as many as let the
   * thread with most to do be ready first. With as many as {@link #pieces} says, 12 pieces of 32
   * rows instead of 6 of 64, two threads multiplied 64 rows with 1,536 × 576 numbers at 0.93 of the
   * speed, with their transpose at 0.85, 128 rows with that of 384 × 384 at 0.78.
   *
   * @param minRows of a block
   * @param strips of all columns together
   * @param work multiply-adds of all strips together
   */
  static int rowBlocks(int rows, int minRows, int strips, long work, int threads) {
    int wanted = Math.ceilDiv(pieces(work, threads), strips);
    int most = Math.clamp(wanted, 1, Math.max(1, rows / minRows));
    long least = Long.MAX_VALUE;
    for (int blocks = 1; blocks <= most; blocks++) {
      least = Math.min(least, longest(rows, blocks, strips, threads));
    }
    int blocks = most;
    while (longest(rows, blocks, strips, threads) > least + least / NEARLY) {
      blocks--;
    }
    return blocks;
  }

  /** What the thread with most pieces has to do, in rows of strips. */
  private static long longest(int rows, int blocks, int strips, int threads) {
    long pieces = Math.ceilDiv((long) strips * blocks, threads);
    return pieces * (Math.ceilDiv(rows, blocks) + PACKING);
  }

  /** Rows of equal blocks, in whole tiles, that are multiplied with all of b one after another. */
  static int blockRows(int m, int k) {
    int most = Math.max(BLOCK_ROWS, BLOCK / Math.max(1, k)) / PanelMicroKernel.MR;
    int tiles = Math.ceilDiv(m, PanelMicroKernel.MR);
    return Math.ceilDiv(tiles, Math.ceilDiv(tiles, most)) * PanelMicroKernel.MR;
  }

  /** Pieces that so many multiply-adds are worth. */
  static int pieces(long work, int threads) {
    return threads == 1 ? 1 : (int) Math.min(work / PIECE, (long) threads * PIECES_PER_THREAD);
  }

  /** Pieces that are handed out together: there must not be too many, nor too small ones. */
  static int grouped(int pieces, long work) {
    return Math.ceilDiv(pieces, Math.clamp(work / PIECE, 1, Parallel.MAX_COUNT));
  }
}
