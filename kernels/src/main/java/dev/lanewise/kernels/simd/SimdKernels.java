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

/** The operations with vector instructions: checks, shares out among threads, hands on. */
public final class SimdKernels implements Kernels {
  /** Elements per piece of an element-wise operation: about a microsecond's work. */
  private static final int ELEMENTS = 8192;

  private final Parallel team;
  private final SimdGemm gemm;
  private final SimdGemv gemv;
  private final SimdAttention attention;
  private final Kernels reference;
  private final Parallel.Task rmsNormPiece = this::rmsNormPiece;
  private final Parallel.Task ropeAdjacentPiece = this::ropeAdjacentPiece;
  private final Parallel.Task ropeHalfPiece = this::ropeHalfPiece;
  private final Parallel.Task swigluPiece = this::swigluPiece;
  private final Parallel.Task addPiece = this::addPiece;
  private final Parallel.Task softmaxPiece = this::softmaxPiece;

  // The operation in progress: its arrays in the order of the method's parameters, and its sizes.
  private float[] first;
  private float[] second;
  private float[] third;
  private float epsilon;
  private int rows;
  private int n;
  private int heads;
  private int headDim;
  private int rowsPerPiece;

  /** Kernels that share their work among the given team. */
  public SimdKernels(Parallel team) {
    this.team = team;
    gemm = new SimdGemm(team);
    gemv = new SimdGemv(team);
    attention = new SimdAttention(team);
    reference = new ReferenceKernels(team);
  }

  @Override
  public String description() {
    return "simd " + Species.BITS + "-bit";
  }

  @Override
  public void gemm(float[] x, Matrix[] w, float[][] y, int m) {
    Checks.gemm(x, w, y, m);
    if (w.length == 0) {
      return;
    }
    if (m >= GemmBlocking.MIN_ROWS) {
      gemm.run(x, w, y, m);
    } else {
      for (int row = 0; row < m; row++) {
        gemv.run(x, w, y, row);
      }
    }
  }

  @Override
  public void gemm(float[] x, Matrix[] w, Epilogue[] epilogues, float[][] y, int m) {
    reference.gemm(x, w, epilogues, y, m);
  }

  @Override
  public void gemm(MatrixView a, MatrixView b, MatrixView c, Epilogue epilogue) {
    reference.gemm(a, b, c, epilogue);
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
    if (mask.bias() == null
        && mask.lengths() == null
        && shape.after() == 0
        && batch == 1
        && shape.before() == AttentionShape.UNLIMITED
        && keys == position + rows
        && shape.valueDim() == shape.headDim()
        && shape.softCap() == 0) {
      Checks.attention(q, k, v, mask, y, shape, batch, rows, keys, position);
      attention.run(q, k, v, y, shape, rows, position);
    } else {
      reference.attention(q, k, v, mask, y, shape, batch, rows, keys, position);
    }
  }

  @Override
  public void gather(Matrix table, int[] ids, float[] y, int count) {
    reference.gather(table, ids, y, count);
  }

  @Override
  public void layerNorm(
      float[] x, float[] weight, float[] bias, float epsilon, float[] y, int rows, int n) {
    reference.layerNorm(x, weight, bias, epsilon, y, rows, n);
  }

  @Override
  public void activate(Activation f, float[] x, float[] y, int n) {
    reference.activate(f, x, y, n);
  }

  @Override
  public void logSoftmax(float[] x, float[] y, int rows, int n) {
    reference.logSoftmax(x, y, rows, n);
  }

  @Override
  public int argmax(float[] x, int n) {
    return reference.argmax(x, n);
  }

  @Override
  public void topK(float[] x, int n, int[] indices) {
    reference.topK(x, n, indices);
  }

  @Override
  public void patches(float[] image, float[] y, PatchShape shape) {
    reference.patches(image, y, shape);
  }

  @Override
  public void rmsNorm(float[] x, float[] weight, float epsilon, float[] y, int rows, int n) {
    Checks.rmsNorm(x, weight, y, rows, n);
    this.epsilon = epsilon;
    run(x, weight, y, rows, n, rmsNormPiece);
  }

  @Override
  public void ropeAdjacent(
      float[] x, float[] cos, float[] sin, int rows, int heads, int headDim, int rotaryDim) {
    Checks.rope(x, cos, sin, rows, heads, headDim, rotaryDim);
    this.heads = heads;
    this.headDim = headDim;
    run(x, cos, sin, rows, rotaryDim, ropeAdjacentPiece);
  }

  @Override
  public void ropeHalf(
      float[] x, float[] cos, float[] sin, int rows, int heads, int headDim, int rotaryDim) {
    Checks.rope(x, cos, sin, rows, heads, headDim, rotaryDim);
    this.heads = heads;
    this.headDim = headDim;
    run(x, cos, sin, rows, rotaryDim, ropeHalfPiece);
  }

  @Override
  public void glu(Activation f, float[] gate, float[] up, float[] y, int n) {
    if (f != Activation.SILU) {
      reference.glu(f, gate, up, y, n);
      return;
    }
    Checks.glu(gate, up, y, n);
    run(gate, up, y, n, 1, swigluPiece);
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

  /** Shares out rows of {@code n} elements in pieces of about {@link #ELEMENTS}. */
  private void run(
      float[] first, float[] second, float[] third, int rows, int n, Parallel.Task piece) {
    this.first = first;
    this.second = second;
    this.third = third;
    this.rows = rows;
    this.n = n;
    int even = (rows + Parallel.MAX_COUNT - 1) / Parallel.MAX_COUNT;
    rowsPerPiece = Math.max(Math.max(1, ELEMENTS / Math.max(1, n)), even);
    team.run((rows + rowsPerPiece - 1) / rowsPerPiece, piece);
    this.first = null;
    this.second = null;
    this.third = null;
  }

  private int from(int index) {
    return index * rowsPerPiece;
  }

  private int to(int index) {
    return Math.min(rows, from(index) + rowsPerPiece);
  }

  private void rmsNormPiece(int index, int worker) {
    for (int r = from(index); r < to(index); r++) {
      SimdNorm.rmsNorm(first, r * n, second, epsilon, third, n);
    }
  }

  private void ropeAdjacentPiece(int index, int worker) {
    for (int r = from(index); r < to(index); r++) {
      int at = r * heads * headDim;
      SimdRope.adjacent(first, at, second, third, r * (n / 2), heads, headDim, n);
    }
  }

  private void ropeHalfPiece(int index, int worker) {
    for (int r = from(index); r < to(index); r++) {
      int at = r * heads * headDim;
      SimdRope.half(first, at, second, third, r * (n / 2), heads, headDim, n);
    }
  }

  private void swigluPiece(int index, int worker) {
    SimdActivation.swiglu(first, second, third, from(index), to(index));
  }

  private void addPiece(int index, int worker) {
    SimdActivation.add(first, second, from(index), to(index));
  }

  private void softmaxPiece(int index, int worker) {
    for (int r = from(index); r < to(index); r++) {
      SimdSoftmax.row(first, r * n, second, r * n, n);
    }
  }
}
