package dev.lanewise.model.train;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.Epilogue;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.MatrixView;
import dev.lanewise.kernels.Parallel;
import java.util.Arrays;

/**
 * Causal attention of every window to itself: y = P · V, P = softmax(Q · Kᵀ · scale) (Vaswani et
 * al. 2017, arXiv:1706.03762). The probabilities are computed again on the way back, one head at a
 * time, so that memory for those of all heads and layers is not needed (Dao et al. 2022,
 * arXiv:2205.14135).
 */
final class TrainableAttention {
  private final Workbench bench;
  private final Scratch scratch;
  private final float[] projections;
  private final float[] y;
  private final AttentionShape shape;
  private final Epilogue scaled;
  private final Head[] heads;
  private final MatrixView p;
  private final MatrixView pTransposed;
  private final MatrixView dp;
  private final MatrixView dpTransposed;
  private final Parallel.Task splitPiece = this::splitPiece;
  private final Parallel.Task hidePiece = this::hidePiece;
  private final Parallel.Task scoresPiece = this::scoresPiece;

  /** The head in progress. */
  private int current;

  /**
   * Memory that all layers share.
   *
   * @param q [rows × dim]
   * @param k [rows × dim]
   * @param v [rows × dim]
   * @param p [batch × context × context] probabilities of a head
   * @param dp [batch × context × context] their gradient, and that of the scores
   */
  record Scratch(float[] q, float[] k, float[] v, float[] p, float[] dp) {
    static Scratch of(TrainingShape sizes) {
      int n = sizes.rows() * sizes.dim();
      int scores = sizes.rows() * sizes.context();
      return new Scratch(
          new float[n], new float[n], new float[n], new float[scores], new float[scores]);
    }
  }

  /** Where a head's part of everything lies, each a batch of [context × headDim]. */
  private record Head(
      MatrixView q,
      MatrixView k,
      MatrixView kTransposed,
      MatrixView vTransposed,
      MatrixView dy,
      MatrixView dq,
      MatrixView dk,
      MatrixView dv) {}

  /**
   * @param projections [rows × 3 · dim] queries, keys and values side by side
   * @param y [rows × dim] where what goes out is to be
   */
  TrainableAttention(Workbench bench, Scratch scratch, float[] projections, float[] y) {
    this.bench = bench;
    this.scratch = scratch;
    this.projections = projections;
    this.y = y;
    int nHeads = bench.shape().heads();
    int dim = bench.dim();
    int width = dim / nHeads;
    shape = AttentionShape.of(nHeads, nHeads, width).causal();
    scaled = Epilogue.NONE.withAlpha(shape.scale());
    int context = bench.shape().context();
    p = MatrixView.ofBatch(scratch.p(), bench.shape().batch(), context, context);
    pTransposed = p.transposed();
    dp = MatrixView.ofBatch(scratch.dp(), bench.shape().batch(), context, context);
    dpTransposed = dp.transposed();
    heads = new Head[nHeads];
    for (int h = 0; h < nHeads; h++) {
      MatrixView k = view(projections, dim + h * width, 3 * dim);
      heads[h] =
          new Head(
              view(projections, h * width, 3 * dim),
              k,
              k.transposed(),
              view(projections, 2 * dim + h * width, 3 * dim).transposed(),
              view(bench.branch(), h * width, dim),
              view(bench.projections(), h * width, 3 * dim),
              view(bench.projections(), dim + h * width, 3 * dim),
              view(bench.projections(), 2 * dim + h * width, 3 * dim));
    }
  }

  private MatrixView view(float[] data, int offset, int rowStride) {
    TrainingShape sizes = bench.shape();
    int context = sizes.context();
    int width = sizes.dim() / sizes.heads();
    return new MatrixView(
        data, offset, sizes.batch(), context * rowStride, context, width, rowStride, 1);
  }

  void forward() {
    bench.forRows(splitPiece);
    int context = bench.shape().context();
    bench
        .kernels()
        .attention(
            scratch.q(),
            scratch.k(),
            scratch.v(),
            AttentionMask.NONE,
            y,
            shape,
            bench.shape().batch(),
            context,
            context,
            0);
  }

  private void splitPiece(int piece, int worker) {
    int dim = bench.dim();
    for (int row = bench.from(piece); row < bench.to(piece); row++) {
      System.arraycopy(projections, 3 * row * dim, scratch.q(), row * dim, dim);
      System.arraycopy(projections, (3 * row + 1) * dim, scratch.k(), row * dim, dim);
      System.arraycopy(projections, (3 * row + 2) * dim, scratch.v(), row * dim, dim);
    }
  }

  /**
   * Turns the gradient of y, in {@link Workbench#branch}, into that of queries, keys and values, in
   * {@link Workbench#projections}: dV = Pᵀ · dY; dP = dY · Vᵀ; dS = P · (dP − Σ dY · Y over the
   * head's columns), the gradient of the scores; dQ = dS · K · scale; dK = dSᵀ · Q · scale.
   */
  void backward() {
    Kernels kernels = bench.kernels();
    for (current = 0; current < heads.length; current++) {
      Head head = heads[current];
      kernels.gemm(head.q, head.kTransposed, p, scaled);
      bench.forRows(hidePiece);
      kernels.softmax(scratch.p(), scratch.p(), bench.rows(), bench.shape().context());
      kernels.gemm(pTransposed, head.dy, head.dv, Epilogue.NONE);
      kernels.gemm(head.dy, head.vTransposed, dp, Epilogue.NONE);
      bench.forRows(scoresPiece);
      kernels.gemm(dp, head.k, head.dq, scaled);
      kernels.gemm(dpTransposed, head.q, head.dk, scaled);
    }
  }

  /** A query sees no later key than its own. */
  private void hidePiece(int piece, int worker) {
    int context = bench.shape().context();
    for (int row = bench.from(piece); row < bench.to(piece); row++) {
      int from = row * context + row % context + 1;
      Arrays.fill(scratch.p(), from, (row + 1) * context, Float.NEGATIVE_INFINITY);
    }
  }

  private void scoresPiece(int piece, int worker) {
    int context = bench.shape().context();
    int width = shape.headDim();
    for (int row = bench.from(piece); row < bench.to(piece); row++) {
      int at = row * bench.dim() + current * width;
      float sum = Sums.ofProducts(bench.branch(), at, y, at, width);
      scores(scratch.p(), scratch.dp(), sum, row * context, (row + 1) * context);
    }
  }

  private static void scores(float[] p, float[] dp, float sum, int from, int to) {
    for (int i = from; i < to; i++) {
      dp[i] = p[i] * (dp[i] - sum);
    }
  }
}
