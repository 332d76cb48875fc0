package dev.lanewise.kernels;

import dev.lanewise.kernels.reference.ReferenceKernels;

/**
 * The contract: every operation once, with its formula and shapes.
 *
 * <p>Activations are row-major {@code float[]} that the caller owns. Operands come first, the
 * output after them, dimensions last. An output may not overlap an input unless the operation says
 * so. An instance owns scratch memory and a team of threads, so it serves one caller at a time;
 * results have the same bits for any number of threads.
 *
 * <p>Shapes that do not fit the arrays end in {@link IllegalArgumentException} or {@link
 * IndexOutOfBoundsException}.
 */
public interface Kernels {
  /**
   * The fastest implementation this JVM can run: SIMD where the module {@code jdk.incubator.vector}
   * is resolved, otherwise the reference, after one warning that says what to add.
   */
  static Kernels best(Parallel team) {
    return KernelSelection.best(team);
  }

  /** The plain loops that specify every operation. */
  static Kernels reference(Parallel team) {
    return new ReferenceKernels(team);
  }

  /** Which code path this is, for people: {@code "reference"} or {@code "simd 512-bit"}. */
  String description();

  /**
   * Y_i = X · W_iᵀ for each i: linear layers that share their input. With {@code m} = 1 this is
   * gemv.
   *
   * <p>Error against exact arithmetic: at most {@code k · 2⁻²⁴ · Σ|x·w|} per element, where a
   * quantised weight d·q + m counts as |d·q| + |m|.
   *
   * @param x [m × k]
   * @param w matrices of [n_i × k]
   * @param y arrays of [m × n_i]
   * @param m rows of x
   */
  void gemm(float[] x, Matrix[] w, float[][] y, int m);

  /**
   * y = x / √(mean(x²) + ε) · weight, row by row. May run in place. Zhang and Sennrich 2019,
   * arXiv:1910.07467.
   *
   * @param x [rows × n]
   * @param weight [n]
   * @param y [rows × n]
   */
  void rmsNorm(float[] x, float[] weight, float epsilon, float[] y, int rows, int n);

  /**
   * Rotates adjacent pairs (x₂ⱼ, x₂ⱼ₊₁) of every head by the row's angles, in place: the pair order
   * of the paper and of GGUF's Llama. Su et al. 2021, arXiv:2104.09864.
   *
   * @param x [rows × heads × headDim]; elements from {@code rotaryDim} on stay as they are
   * @param cos [rows × rotaryDim / 2] cosines of the angles
   * @param sin [rows × rotaryDim / 2] sines of the angles
   */
  void ropeAdjacent(
      float[] x, float[] cos, float[] sin, int rows, int heads, int headDim, int rotaryDim);

  /**
   * As {@link #ropeAdjacent} with pairs (xⱼ, xⱼ₊ᵣ), r = rotaryDim / 2: the pair order of GPT-NeoX
   * and of Hugging Face's Llama.
   */
  void ropeHalf(
      float[] x, float[] cos, float[] sin, int rows, int heads, int headDim, int rotaryDim);

  /**
   * y = silu(gate) · up with silu(z) = z / (1 + e⁻ᶻ), for n elements. {@code y} may be {@code gate}
   * or {@code up}. Shazeer 2020, arXiv:2002.05202.
   */
  void swiglu(float[] gate, float[] up, float[] y, int n);

  /** y = y + x for n elements: the residual connection. */
  void add(float[] x, float[] y, int n);

  /**
   * yᵢ = e^(xᵢ − max x) / Σⱼ e^(xⱼ − max x) for each row. A row that is −∞ throughout gives 0. May
   * run in place.
   *
   * @param x [rows × n]
   * @param y [rows × n]
   */
  void softmax(float[] x, float[] y, int rows, int n);

  /**
   * Causal attention over a key/value cache: y_h = softmax(q_h · Kᵀ · scale) · V for every head h,
   * where row i sees the keys 0 … position + i, and head h reads the key/value head h · nKvHeads /
   * nHeads (grouped queries, arXiv:2305.13245).
   *
   * @param q [rows × nHeads × headDim]
   * @param k at least [position + rows × nKvHeads × headDim]
   * @param v as k
   * @param y [rows × nHeads × headDim]
   * @param position number of keys before the first row's own
   */
  void attention(
      float[] q, float[] k, float[] v, float[] y, AttentionShape shape, int rows, int position);
}
