package dev.lanewise.kernels;

import dev.lanewise.kernels.reference.ReferenceKernels;

/**
 * The contract: every operation once, with its formula and shapes.
 *
 * <p>Activations are row-major {@code float[]} that the caller owns. Operands come first, the
 * output after them, dimensions last. An output may not overlap an input unless the operation says
 * so. An instance owns scratch memory and works with a team of threads, so it serves one caller at
 * a time, and a second one gets an {@link IllegalStateException}; results have the same bits for
 * any number of threads. It closes nothing: the team is closed by whoever made it.
 *
 * <p>Arguments that do not fit together end in {@link IllegalArgumentException} before anything is
 * written, and one that is null and must not be in {@link NullPointerException}; both say which.
 *
 * <p>Errors are against exact arithmetic. NMSE is the normalised mean squared error, Σ(y − e)² /
 * Σe² for exact results e.
 */
public interface Kernels {
  /**
   * The fastest implementation this JVM can run: SIMD where the module {@code jdk.incubator.vector}
   * is resolved and vectors have 128 bits or more, otherwise the reference, after one warning that
   * says what is missing.
   *
   * @param team does the work; the caller closes it when the kernels are needed no more
   * @throws IllegalArgumentException as {@link #checkSettings} does
   */
  static Kernels best(Parallel team) {
    return new SingleCallerKernels(KernelSelection.best(team));
  }

  /**
   * Insists on system properties that {@link #best} can follow: {@code lanewise.kernels}, which
   * forces {@code reference} or {@code simd}, and {@code lanewise.vector.bits}.
   *
   * @throws IllegalArgumentException if it cannot, with a message that says what they may be
   */
  static void checkSettings() {
    KernelSelection.checkSettings();
  }

  /** The plain loops that specify every operation. */
  static Kernels reference(Parallel team) {
    return new SingleCallerKernels(new ReferenceKernels(team));
  }

  /** Which code path this is, for people: {@code "reference"} or {@code "simd 512-bit"}. */
  String description();

  /**
   * The threads that do the work. Whoever computes with these kernels may share them for loops of
   * its own between two operations.
   */
  Parallel team();

  /**
   * Y_i = X · W_iᵀ for each i: linear layers that share their input. With {@code m} = 1 this is
   * gemv.
   *
   * <p>Error: at most {@code k · 2⁻²⁴ · Σ|x·w|} per element, where a quantised weight d·q + m
   * counts as |d·q| + |m|, and d·(q − offset) as |d|·(q + offset). Goto and van de Geijn 2008,
   * doi:10.1145/1356052.1356053.
   *
   * @param x [m × k]
   * @param w matrices of [n_i × k], k below 2²⁸
   * @param y arrays of [m × n_i]
   * @param m rows of x
   */
  void gemm(float[] x, Matrix[] w, float[][] y, int m);

  /**
   * As {@link #gemm(float[], Matrix[], float[][], int)} with an epilogue for each product: Y_i =
   * activation_i(α_i · X · W_iᵀ + bias_i) + β_i · Y_i. Error as there, and 2⁻²³ relative for each
   * step of the epilogue, 10⁻⁶ for the activation.
   *
   * @param epilogues one for each matrix
   */
  void gemm(float[] x, Matrix[] w, Epilogue[] epilogues, float[][] y, int m);

  /**
   * C = activation(α · A · B + bias) + β · C for float32 matrices in arrays, or for batches of
   * them. BLAS's sgemm (Dongarra et al. 1990, doi:10.1145/77626.79170), where transposition and
   * leading dimensions are properties of the views. C may not overlap itself, nor A or B: in one
   * array all of them must lie before its first element or behind its last, and not between its
   * rows. The bias lies in another array. Error as of the other gemm with an epilogue.
   *
   * @param a [m × k], once or for each of the batch, k below 2²⁸
   * @param b [k × n], once or for each of the batch
   * @param c [m × n] for each of the batch
   */
  void gemm(MatrixView a, MatrixView b, MatrixView c, Epilogue epilogue);

  /**
   * Rows of an embedding: row i of y is row {@code ids[i]} of the table, decoded. Exact.
   *
   * @param ids at least {@code count} numbers of rows
   * @param y [count × table.cols()]
   * @throws IndexOutOfBoundsException if an id is not a row of the table; y is untouched
   */
  void gather(Matrix table, int[] ids, float[] y, int count);

  /**
   * y = x / √(mean(x²) + ε) · weight, row by row. May run in place. NMSE of a row: at most 10⁻¹⁰.
   * Zhang and Sennrich 2019, arXiv:1910.07467.
   *
   * @param x [rows × n]
   * @param weight [n]
   * @param y [rows × n]
   */
  void rmsNorm(float[] x, float[] weight, float epsilon, float[] y, int rows, int n);

  /**
   * y = (x − mean(x)) / √(var(x) + ε) · weight + bias, row by row, with the variance over n. May
   * run in place. NMSE of a row: at most 10⁻¹⁰. Ba et al. 2016, arXiv:1607.06450.
   *
   * @param x [rows × n]
   * @param weight [n]
   * @param bias [n], or null for none
   * @param y [rows × n]
   */
  void layerNorm(
      float[] x, float[] weight, float[] bias, float epsilon, float[] y, int rows, int n);

  /**
   * Rotates adjacent pairs (x₂ⱼ, x₂ⱼ₊₁) of every head by the row's angles, in place: the pair order
   * of the paper and of GGUF's Llama. Error: at most 2⁻²³ · (|a| + |b|) for a pair (a, b). Su et
   * al. 2021, arXiv:2104.09864.
   *
   * @param x [rows × heads × headDim]; elements from {@code rotaryDim} on stay as they are
   * @param cos [rows × rotaryDim / 2] cosines of the angles
   * @param sin [rows × rotaryDim / 2] sines of the angles
   * @param rotaryDim even, and at most headDim
   */
  void ropeAdjacent(
      float[] x, float[] cos, float[] sin, int rows, int heads, int headDim, int rotaryDim);

  /**
   * As {@link #ropeAdjacent} with pairs (xⱼ, xⱼ₊ᵣ), r = rotaryDim / 2: the pair order of GPT-NeoX
   * and of Hugging Face's Llama.
   *
   * @param rotaryDim even, and at most headDim
   */
  void ropeHalf(
      float[] x, float[] cos, float[] sin, int rows, int heads, int headDim, int rotaryDim);

  /**
   * y = f(x) for n elements. May run in place. Error: at most 4 ulp or 10⁻⁶ relative; where GELU's
   * factor 1 + erf cancels, 10⁻⁶ · |x|; IDENTITY and RELU are exact. {@link Activation} has the
   * papers.
   */
  void activate(Activation f, float[] x, float[] y, int n);

  /**
   * y = f(gate) · up for n elements: swiglu with {@link Activation#SILU}, geglu with {@link
   * Activation#GELU}. {@code y} may be {@code gate} or {@code up}. Error: at most 4 ulp or 10⁻⁶
   * relative; where GELU's factor 1 + erf cancels, 10⁻⁶ · |gate · up|. Shazeer 2020,
   * arXiv:2002.05202.
   */
  void glu(Activation f, float[] gate, float[] up, float[] y, int n);

  /**
   * y = y + x for n elements, each rounded once: the residual connection. He et al. 2015,
   * arXiv:1512.03385.
   */
  void add(float[] x, float[] y, int n);

  /**
   * yᵢ = e^(xᵢ − max x) / Σⱼ e^(xⱼ − max x) for each row. A row that is −∞ throughout gives 0; one
   * with NaN or +∞ in it gives NaN throughout. May run in place. NMSE of a row: at most 10⁻¹⁰.
   * Milakov and Gimelshein 2018, arXiv:1805.02867.
   *
   * @param x [rows × n]
   * @param y [rows × n]
   */
  void softmax(float[] x, float[] y, int rows, int n);

  /**
   * yᵢ = xᵢ − max x − log Σⱼ e^(xⱼ − max x) for each row. A row that is −∞ throughout gives −∞; one
   * with NaN or +∞ in it gives NaN throughout. May run in place. NMSE of a row: at most 10⁻¹⁰.
   * Blanchard et al. 2021, doi:10.1093/imanum/draa038.
   *
   * @param x [rows × n]
   * @param y [rows × n]
   */
  void logSoftmax(float[] x, float[] y, int rows, int n);

  /**
   * y = softmax(cap(q · Kᵀ · scale) + bias) · V for every query, head and sequence, where head h
   * reads the key/value head h · nKvHeads / nHeads. Vaswani et al. 2017, arXiv:1706.03762.
   *
   * <p>NMSE of a sequence: at most 10⁻¹⁰ + (2⁻²² · s)², where values do not cancel and s is the
   * largest Σ|q·k · scale| + |bias| of a key that a query sees: by what a score is rounded, e to
   * its power has as a relative error.
   *
   * <p>Scores, times log₂ e, must fit in floats, and so must 2⁸ times the sum of all values.
   *
   * <p>Query i stands at {@code position + i} among the keys and sees those that the shape and the
   * mask let it see; one that sees nothing gives 0. Keys and values it does not see may hold
   * anything, except that the value of a key hidden by a bias must be finite.
   *
   * @param q [batch × rows × nHeads × headDim]
   * @param k [batch × keys × nKvHeads × headDim]
   * @param v [batch × keys × nKvHeads × valueDim]
   * @param y [batch × rows × nHeads × valueDim]
   * @param position of the first query among the keys: the length of a cache before it, else 0
   */
  void attention(
      float[] q,
      float[] k,
      float[] v,
      AttentionMask mask,
      float[] y,
      AttentionShape shape,
      int batch,
      int rows,
      int keys,
      int position);

  /**
   * The index of the largest of n elements: the first of several, as in ONNX's ArgMax.
   * Not-a-numbers count as −∞. Exact.
   *
   * @throws IllegalArgumentException if n is not positive
   */
  int argmax(float[] x, int n);

  /**
   * The {@code indices.length} largest of n elements, from the largest down; of equal ones the
   * first comes first, as in ONNX's TopK. Not-a-numbers count as −∞. Exact.
   *
   * @throws IllegalArgumentException if there are more indices than elements
   */
  void topK(float[] x, int n, int[] indices);

  /**
   * Cuts an image into patches (im2col), as a convolution's or a vision transformer's matrix
   * product wants them: row by row of patches, each [channels × size × size]. Exact. Dosovitskiy et
   * al. 2020, arXiv:2010.11929.
   *
   * @param image [channels × height × width]
   * @param y [count × patchWidth]
   */
  void patches(float[] image, float[] y, PatchShape shape);
}
