package dev.lanewise.bench;

/**
 * What one call of a benchmark has to do, whoever does it: what its time is turned into a speed
 * with.
 *
 * @param flops float32 operations; a multiply-add counts as two, an exponential, a quotient or a
 *     root as one
 * @param bytes that must be read and written at least, every operand once
 * @param tokens that a model reads or writes; 0 for a kernel
 */
public record Work(double flops, double bytes, int tokens) {
  /** The work of a kernel. */
  public static Work of(double flops, double bytes) {
    return new Work(flops, bytes, 0);
  }

  /** The work of a kernel that touches each of its numbers a fixed number of times. */
  public static Work perElement(double count, double flops, double bytes) {
    return of(count * flops, count * bytes);
  }

  /** C [m × n] = A [m × k] · B [k × n] in float32. */
  public static Work gemm(double m, double n, double k) {
    return of(2 * m * n * k, 4 * (m * k + k * n + m * n));
  }

  /** Rows to probabilities: maximum, difference, exponential, sum and quotient. */
  public static Work softmax(double elements) {
    return perElement(elements, 5, 8);
  }

  /**
   * Two sums, a difference, a square, two products and a sum for each element; weight and bias
   * serve all rows.
   */
  public static Work layerNorm(double rows, double n) {
    return of(7 * rows * n, 8 * rows * n + 8 * n);
  }

  /**
   * Two products, of all queries with the keys that they see.
   *
   * @param pairs of a query and a key that it sees, in one head
   */
  public static Work attention(
      double heads, double kvHeads, double headDim, double rows, double keys, double pairs) {
    return of(4 * heads * headDim * pairs, 8 * headDim * (heads * rows + kvHeads * keys));
  }
}
