package dev.lanewise.kernels.simd;

/**
 * The tile sizes of a matrix product and the arithmetic that chose them.
 *
 * <p>Names as in BLIS: MR × NR sums live in registers, KC × NR values of b (a micropanel) pass
 * through the first-level cache once for every MR rows of a, KC × NC values of b stay in the
 * second.
 */
final class GemmBlocking {
  /**
   * Most steps of k at a time. A micropanel of a is MR · KC · 4 = 24 KiB and is read again for each
   * micropanel of b, so it should stay in 32 KiB of first-level cache; longer sums would save
   * additions to c, which are cheap.
   */
  static final int KC = 768;

  /**
   * Columns of c that one thread does at a time: three micropanels at 512 bits. KC · NC · 4 = 288
   * KiB of b leave most of a 1 MiB second-level cache to a.
   */
  static final int NC = 96;

  /**
   * From this many rows on, unpacking a block of weights costs less than repeating the
   * multiplication of a single row.
   */
  static final int MIN_ROWS = 6;

  private GemmBlocking() {}

  /** Length of the blocks that k is cut into: equal ones, multiples of {@code block}. */
  static int kc(int k, int block) {
    int blocks = (k + KC - 1) / KC;
    int even = (k + blocks - 1) / blocks;
    return (even + block - 1) / block * block;
  }
}
