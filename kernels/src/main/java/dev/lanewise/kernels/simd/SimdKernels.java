package dev.lanewise.kernels.simd;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.Epilogue;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.MatrixView;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.kernels.PatchShape;
import dev.lanewise.kernels.reference.Checks;
import dev.lanewise.kernels.reference.ReferenceKernels;
import java.util.Arrays;

/** The operations with vector instructions: checks, shares out among threads, hands on. */
public final class SimdKernels implements Kernels {
  /** Fewest elements of a piece of an element-wise operation: about a microsecond's work. */
  private static final int MIN_ELEMENTS = 8192;

  /**
   * Most elements of such a piece. Below, there is one for each thread, which then mostly gets the
   * same one each time, and finds in its own cache what it wrote before: with many small pieces a
   * softmax of two threads took half as long again in every second JVM.
   */
  private static final int MAX_ELEMENTS = 1 << 18;

  private final Parallel team;
  private final SimdGemm gemm;
  private final SimdPanelGemm panelGemm;
  private final SimdGemv gemv;
  private final SimdViewGemm viewGemm;
  private final SimdAttention attention;
  private final Parallel.Task rmsNormPiece = this::rmsNormPiece;
  private final Parallel.Task ropeAdjacentPiece = this::ropeAdjacentPiece;
  private final Parallel.Task ropeHalfPiece = this::ropeHalfPiece;
  private final Parallel.Task layerNormPiece = this::layerNormPiece;
  private final Parallel.Task activatePiece = this::activatePiece;
  private final Parallel.Task gluPiece = this::gluPiece;
  private final Parallel.Task addPiece = this::addPiece;
  private final Parallel.Task softmaxPiece = this::softmaxPiece;
  private final Parallel.Task logSoftmaxPiece = this::logSoftmaxPiece;
  private final Parallel.Task argmaxPiece = this::argmaxPiece;
  private final Parallel.Task gatherPiece = this::gatherPiece;
  private final Parallel.Task patchPiece = this::patchPiece;

  /** A little memory for each thread. */
  private final float[][] scratch;

  private final SimdSoftmax[] softmaxes;

  // The product in progress, of several that are multiplied one after the other.
  private final Matrix[] oneW = new Matrix[1];
  private final Epilogue[] oneEpilogue = new Epilogue[1];
  private final float[][] oneY = new float[1][];

  /** The largest element of each piece of an argmax. */
  private float[] maxima = new float[0];

  // The operation in progress: its arrays in the order of the method's parameters, and its sizes.
  private float[] first;
  private float[] second;
  private float[] third;
  private float[] bias;
  private Matrix table;
  private int[] ids;
  private Activation activation;
  private PatchShape patchShape;
  private float epsilon;
  private int rows;
  private int n;
  private int heads;
  private int headDim;
  private int rotaryDim;
  private int rowsPerPiece;

  /** Kernels that share their work among the given team. */
  public SimdKernels(Parallel team) {
    this.team = team;
    scratch = new float[team.threads()][SimdActivation.SCRATCH];
    softmaxes = new SimdSoftmax[team.threads()];
    Arrays.setAll(softmaxes, i -> new SimdSoftmax());
    gemm = new SimdGemm(team);
    panelGemm = new SimdPanelGemm(team);
    gemv = new SimdGemv(team);
    viewGemm = new SimdViewGemm(team);
    attention = new SimdAttention(team);
  }

  /**
   * Insists on vectors of a width that there is.
   *
   * @throws IllegalArgumentException if the system property {@code lanewise.vector.bits} says
   *     anything but 128, 256 or 512
   */
  public static void checkWidth() {
    Species.Width.check();
  }

  /** Whether the machine has vectors wide enough, or the system property asks for some. */
  public static boolean areAvailable() {
    return Species.Width.isAvailable();
  }

  @Override
  public String description() {
    return "simd " + Species.BITS + "-bit";
  }

  @Override
  public Parallel team() {
    return team;
  }

  @Override
  public void gemm(float[] x, Matrix[] w, float[][] y, int m) {
    Checks.gemm(x, w, y, m);
    multiply(x, w, null, y, m);
  }

  @Override
  public void gemm(float[] x, Matrix[] w, Epilogue[] epilogues, float[][] y, int m) {
    Checks.gemm(x, w, epilogues, y, m);
    multiply(x, w, epilogues, y, m);
  }

  private void multiply(float[] x, Matrix[] w, Epilogue[] epilogues, float[][] y, int m) {
    if (w.length == 0 || m == 0) {
      return;
    }
    int panels = 0;
    for (Matrix matrix : w) {
      panels += SimdPanelGemm.suits(matrix) ? 1 : 0;
    }
    if (panels == w.length) {
      panelGemm.run(x, w, epilogues, y, m);
    } else if (panels > 0) {
      multiplyEach(x, w, epilogues, y, m);
    } else if (m >= GemmBlocking.MIN_ROWS) {
      gemm.run(x, w, epilogues, y, 0, m);
    } else {
      for (int row = 0; row < m; row++) {
        if (gemv.suits(x, w, row)) {
          gemv.run(x, w, epilogues, y, row);
        } else {
          gemm.run(x, w, epilogues, y, row, 1);
        }
      }
    }
  }

  /** One after the other, since they are multiplied in different ways. */
  private void multiplyEach(float[] x, Matrix[] w, Epilogue[] epilogues, float[][] y, int m) {
    for (int i = 0; i < w.length; i++) {
      oneW[0] = w[i];
      oneEpilogue[0] = epilogues == null ? null : epilogues[i];
      oneY[0] = y[i];
      multiply(x, oneW, epilogues == null ? null : oneEpilogue, oneY, m);
    }
    oneW[0] = null;
    oneEpilogue[0] = null;
    oneY[0] = null;
  }

  @Override
  public void gemm(MatrixView a, MatrixView b, MatrixView c, Epilogue epilogue) {
    Checks.gemm(a, b, c, epilogue);
    viewGemm.run(a, b, c, epilogue);
  }

  @Override
  public void attention(
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
    Checks.attention(q, k, v, mask, y, shape, batch, rows, keys, position);
    attention.run(q, k, v, mask, y, shape, batch, rows, keys, position);
  }

  @Override
  public void gather(Matrix table, int[] ids, float[] y, int count) {
    Checks.gather(table, ids, y, count);
    this.table = table;
    this.ids = ids;
    run(null, y, null, count, table.cols(), gatherPiece);
    this.table = null;
    this.ids = null;
  }

  @Override
  public void rmsNorm(float[] x, float[] weight, float epsilon, float[] y, int rows, int n) {
    Checks.rmsNorm(x, weight, y, rows, n);
    this.epsilon = epsilon;
    run(x, weight, y, rows, n, rmsNormPiece);
  }

  @Override
  public void layerNorm(
      float[] x, float[] weight, float[] bias, float epsilon, float[] y, int rows, int n) {
    Checks.layerNorm(x, weight, bias, y, rows, n);
    this.epsilon = epsilon;
    this.bias = bias;
    run(x, weight, y, rows, n, layerNormPiece);
    this.bias = null;
  }

  @Override
  public void ropeAdjacent(
      float[] x, float[] cos, float[] sin, int rows, int heads, int headDim, int rotaryDim) {
    Checks.rope(x, cos, sin, rows, heads, headDim, rotaryDim);
    this.heads = heads;
    this.headDim = headDim;
    this.rotaryDim = rotaryDim;
    run(x, cos, sin, rows, heads * rotaryDim, ropeAdjacentPiece);
  }

  @Override
  public void ropeHalf(
      float[] x, float[] cos, float[] sin, int rows, int heads, int headDim, int rotaryDim) {
    Checks.rope(x, cos, sin, rows, heads, headDim, rotaryDim);
    this.heads = heads;
    this.headDim = headDim;
    this.rotaryDim = rotaryDim;
    run(x, cos, sin, rows, heads * rotaryDim, ropeHalfPiece);
  }

  @Override
  public void activate(Activation f, float[] x, float[] y, int n) {
    Checks.activate(f, x, y, n);
    activation = f;
    run(x, y, null, n, 1, activatePiece);
  }

  @Override
  public void glu(Activation f, float[] gate, float[] up, float[] y, int n) {
    Checks.glu(f, gate, up, y, n);
    activation = f;
    run(gate, up, y, n, 1, gluPiece);
  }

  @Override
  public void add(float[] x, float[] y, int n) {
    Checks.add(x, y, n);
    run(x, y, null, n, 1, addPiece);
  }

  @Override
  public void softmax(float[] x, float[] y, int rows, int n) {
    Checks.softmax(x, y, rows, n);
    run(x, y, null, rows, n, softmaxPiece);
  }

  @Override
  public void logSoftmax(float[] x, float[] y, int rows, int n) {
    Checks.softmax(x, y, rows, n);
    run(x, y, null, rows, n, logSoftmaxPiece);
  }

  @Override
  public int argmax(float[] x, int n) {
    Checks.argmax(x, n);
    int pieces = pieces(n, 1);
    if (maxima.length < pieces) {
      maxima = new float[pieces];
    }
    run(x, maxima, null, n, 1, argmaxPiece);
    int best = 0;
    for (int i = 1; i < pieces; i++) {
      best = maxima[i] > maxima[best] ? i : best;
    }
    float max = maxima[best];
    return max == Float.NEGATIVE_INFINITY ? 0 : SimdArgmax.indexOf(max, x, from(best), n);
  }

  @Override
  public void topK(float[] x, int n, int[] indices) {
    Checks.topK(x, n, indices);
    SimdTopK.run(x, n, indices);
  }

  @Override
  public void patches(float[] image, float[] y, PatchShape shape) {
    Checks.patches(image, y, shape);
    patchShape = shape;
    run(image, y, null, shape.count(), shape.patchWidth(), patchPiece);
    patchShape = null;
  }

  /** Shares out rows of {@code n} elements in pieces. */
  private void run(
      float[] first, float[] second, float[] third, int rows, int n, Parallel.Task piece) {
    this.first = first;
    this.second = second;
    this.third = third;
    this.rows = rows;
    this.n = n;
    team.run(pieces(rows, n), piece);
    this.first = null;
    this.second = null;
    this.third = null;
  }

  /** How many pieces that makes; sets {@link #rowsPerPiece}. */
  private int pieces(int rows, int n) {
    int fewest = Math.max(1, MIN_ELEMENTS / Math.max(1, n));
    int most = Math.max(fewest, MAX_ELEMENTS / Math.max(1, n));
    int whole = Math.max(1, Species.LANES / Math.max(1, n)); // vectors
    int even = Math.ceilDiv(Math.ceilDiv(rows, team.threads()), whole) * whole;
    even = Math.clamp(even, fewest, most);
    rowsPerPiece = Math.max(even, Math.ceilDiv(rows, Parallel.MAX_COUNT));
    return Math.ceilDiv(rows, rowsPerPiece);
  }

  private int from(int index) {
    return index * rowsPerPiece;
  }

  private int to(int index) {
    return from(index) + Math.min(rowsPerPiece, rows - from(index));
  }

  private void rmsNormPiece(int index, int worker) {
    for (int r = from(index); r < to(index); r++) {
      SimdNorm.rmsNorm(first, r * n, second, epsilon, third, n, scratch[worker]);
    }
  }

  private void ropeAdjacentPiece(int index, int worker) {
    for (int r = from(index); r < to(index); r++) {
      int at = r * heads * headDim;
      SimdRope.adjacent(first, at, second, third, r * (rotaryDim / 2), heads, headDim, rotaryDim);
    }
  }

  private void ropeHalfPiece(int index, int worker) {
    for (int r = from(index); r < to(index); r++) {
      int at = r * heads * headDim;
      SimdRope.half(first, at, second, third, r * (rotaryDim / 2), heads, headDim, rotaryDim);
    }
  }

  private void layerNormPiece(int index, int worker) {
    for (int r = from(index); r < to(index); r++) {
      SimdNorm.layerNorm(first, r * n, second, bias, epsilon, third, n, scratch[worker]);
    }
  }

  private void activatePiece(int index, int worker) {
    int from = from(index);
    SimdActivation.run(activation, first, from, second, from, to(index) - from);
  }

  private void gluPiece(int index, int worker) {
    int from = from(index);
    SimdActivation.glu(activation, first, second, third, from, to(index), scratch[worker]);
  }

  private void addPiece(int index, int worker) {
    SimdActivation.add(first, second, from(index), to(index));
  }

  private void softmaxPiece(int index, int worker) {
    int from = from(index);
    softmaxes[worker].rows(first, second, from * n, to(index) - from, n);
  }

  private void logSoftmaxPiece(int index, int worker) {
    for (int r = from(index); r < to(index); r++) {
      softmaxes[worker].logRow(first, second, r * n, n);
    }
  }

  private void argmaxPiece(int index, int worker) {
    second[index] = SimdArgmax.max(first, from(index), to(index) - from(index));
  }

  private void gatherPiece(int index, int worker) {
    for (int r = from(index); r < to(index); r++) {
      SimdDequantise.row(table, ids[r], second, r * n);
    }
  }

  private void patchPiece(int index, int worker) {
    for (int patch = from(index); patch < to(index); patch++) {
      ReferenceKernels.patch(first, second, patchShape, patch);
    }
  }
}
