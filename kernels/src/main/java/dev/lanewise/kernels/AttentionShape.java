package dev.lanewise.kernels;

/**
 * The fixed sizes of an attention layer.
 *
 * @param nHeads query heads
 * @param nKvHeads key and value heads, a divisor of {@code nHeads}
 * @param headDim width of a head
 * @param scale factor on q · k, usually 1/√headDim
 */
public record AttentionShape(int nHeads, int nKvHeads, int headDim, float scale) {
  /**
   * Checks the sizes.
   *
   * @throws IllegalArgumentException if a size is not positive or the heads do not divide
   */
  public AttentionShape {
    if (nHeads <= 0 || nKvHeads <= 0 || headDim <= 0 || nHeads % nKvHeads != 0) {
      throw new IllegalArgumentException(
          "attention with %d heads, %d key/value heads of width %d: all must be > 0 and the second must"
                  .formatted(nHeads, nKvHeads, headDim)
              + " divide the first");
    }
  }

  /** Query heads that share one key/value head. */
  public int groupSize() {
    return nHeads / nKvHeads;
  }

  /** Width of a row of queries. */
  public int queryWidth() {
    return nHeads * headDim;
  }

  /** Width of a row of keys or of values. */
  public int kvWidth() {
    return nKvHeads * headDim;
  }
}
