package dev.lanewise.kernels;

/**
 * The fixed properties of an attention layer. {@link #of} makes the plain one; the other methods
 * return a copy that differs in one respect.
 *
 * @param nHeads query heads
 * @param nKvHeads key and value heads, a divisor of {@code nHeads} (grouped queries, Ainslie et al.
 *     2023, arXiv:2305.13245)
 * @param headDim width of a query and of a key
 * @param valueDim width of a value and of an output
 * @param scale factor on q · k, usually 1/√headDim
 * @param softCap c in c · tanh(score / c), or 0 for none (Gemma 2, arXiv:2408.00118)
 * @param before a query sees no key further before its own than this
 * @param after a query sees no key further after its own than this: 0 is causal
 */
public record AttentionShape(
    int nHeads,
    int nKvHeads,
    int headDim,
    int valueDim,
    float scale,
    float softCap,
    int before,
    int after) {
  /** A distance that no key exceeds. */
  public static final int UNLIMITED = Integer.MAX_VALUE;

  /** Far beyond any score. */
  private static final float MAX_SOFT_CAP = 1e30f;

  /**
   * Checks the sizes.
   *
   * @throws IllegalArgumentException if a size is not positive, the heads do not divide, or the
   *     soft cap or a distance is negative, or the soft cap above 1e30
   */
  public AttentionShape {
    if (nHeads <= 0 || nKvHeads <= 0 || headDim <= 0 || valueDim <= 0 || nHeads % nKvHeads != 0) {
      throw new IllegalArgumentException(
          "attention with %d heads, %d key/value heads, keys of width %d and values of width %d: all must"
                  .formatted(nHeads, nKvHeads, headDim, valueDim)
              + " be > 0, and the second must divide the first");
    }
    if (!(softCap >= 0 && softCap <= MAX_SOFT_CAP) || before < 0 || after < 0) {
      throw new IllegalArgumentException(
          "attention with a soft cap of %s and %d keys before, %d after a query: none may be < 0,"
                  .formatted(softCap, before, after)
              + " and the first not above "
              + MAX_SOFT_CAP);
    }
  }

  /** Every query sees every key; scale 1/√headDim, values as wide as keys. */
  public static AttentionShape of(int nHeads, int nKvHeads, int headDim) {
    float scale = (float) (1 / Math.sqrt(headDim));
    return new AttentionShape(nHeads, nKvHeads, headDim, headDim, scale, 0, UNLIMITED, UNLIMITED);
  }

  /** A query sees no later key than its own. */
  public AttentionShape causal() {
    return within(before, 0);
  }

  /** A query sees keys up to these distances (sliding window, Beltagy et al., arXiv:2004.05150). */
  public AttentionShape within(int before, int after) {
    return new AttentionShape(nHeads, nKvHeads, headDim, valueDim, scale, softCap, before, after);
  }

  /** Another factor on q · k. */
  public AttentionShape withScale(float scale) {
    return new AttentionShape(nHeads, nKvHeads, headDim, valueDim, scale, softCap, before, after);
  }

  /** Scores bounded by c · tanh(score / c). */
  public AttentionShape withSoftCap(float softCap) {
    return new AttentionShape(nHeads, nKvHeads, headDim, valueDim, scale, softCap, before, after);
  }

  /** Values of a width of their own. */
  public AttentionShape withValueDim(int valueDim) {
    return new AttentionShape(nHeads, nKvHeads, headDim, valueDim, scale, softCap, before, after);
  }

  /** Query heads that share one key/value head. */
  public int groupSize() {
    return nHeads / nKvHeads;
  }

  /** Width of a row of queries. */
  public int queryWidth() {
    return nHeads * headDim;
  }

  /** Width of a row of keys. */
  public int keyWidth() {
    return nKvHeads * headDim;
  }

  /** Width of a row of values. */
  public int valueWidth() {
    return nKvHeads * valueDim;
  }

  /** Width of a row of outputs. */
  public int outputWidth() {
    return nHeads * valueDim;
  }

  /** The first key that a query at {@code position} may see. */
  public int firstKey(int position) {
    return Math.max(0, position - before);
  }

  /** One more than the last of {@code keys} keys that a query at {@code position} may see. */
  public int endKey(int position, int keys) {
    return after < keys - position ? Math.max(0, position + after + 1) : keys;
  }
}
