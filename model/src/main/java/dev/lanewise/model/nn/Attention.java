package dev.lanewise.model.nn;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Matrix;

/**
 * Causal self-attention with grouped queries (Ainslie et al. 2023, arXiv:2305.13245) and rotary
 * positions in adjacent pairs (Su et al. 2021, arXiv:2104.09864).
 */
public final class Attention {
  private final Matrix[] qkvProj;
  private final Matrix[] qProj;
  private final Matrix[] kvProj;
  private final Matrix[] oProj;
  private final AttentionShape shape;
  private final int rotaryDim;

  /**
   * A layer of these weights.
   *
   * @param qProj [nHeads · headDim × dim]
   * @param kProj [nKvHeads · headDim × dim]
   * @param vProj [nKvHeads · headDim × dim]
   * @param oProj [dim × nHeads · headDim]
   * @param rotaryDim leading elements of a head that are rotated
   */
  public Attention(
      Matrix qProj, Matrix kProj, Matrix vProj, Matrix oProj, AttentionShape shape, int rotaryDim) {
    qkvProj = new Matrix[] {qProj, kProj, vProj};
    this.qProj = new Matrix[] {qProj};
    kvProj = new Matrix[] {kProj, vProj};
    this.oProj = new Matrix[] {oProj};
    this.shape = shape;
    this.rotaryDim = rotaryDim;
  }

  /**
   * ws.out = layer(ws.normed); the rows' keys and values are added to the cache.
   *
   * @param layer whose part of the cache to use
   */
  public void forward(Kernels kernels, Workspace ws, KvCache cache, int layer, int rows) {
    kernels.gemm(ws.normed, qkvProj, ws.toQkv, rows);
    rotate(kernels, ws, ws.k, rows, shape.nKvHeads());
    cache.put(layer, ws.k, ws.v, rows);
    attend(kernels, ws, cache, layer, rows, cache.position());
  }

  /**
   * As {@link #forward}, where nobody asks for any row but the last: it becomes row 0 of {@code
   * ws.out}, and of the residual stream {@code ws.x}.
   *
   * @param layer whose part of the cache to use
   */
  public void forwardLast(Kernels kernels, Workspace ws, KvCache cache, int layer, int rows) {
    kernels.gemm(ws.normed, kvProj, ws.toKv, rows);
    rotate(kernels, ws, ws.k, rows, shape.nKvHeads());
    cache.put(layer, ws.k, ws.v, rows);
    ws.keep(rows - 1);
    kernels.gemm(ws.normed, qProj, ws.toQ, 1);
    attend(kernels, ws, cache, layer, 1, cache.position() + rows - 1);
  }

  /** ws.out = o(attention of ws.q), for rows from {@code position} on. */
  private void attend(
      Kernels kernels, Workspace ws, KvCache cache, int layer, int rows, int position) {
    rotate(kernels, ws, ws.q, rows, shape.nHeads());
    kernels.attention(
        ws.q,
        cache.keys(layer),
        cache.values(layer),
        AttentionMask.NONE,
        ws.attended,
        shape,
        1,
        rows,
        position + rows,
        position);
    kernels.gemm(ws.attended, oProj, ws.toOut, rows);
  }

  private void rotate(Kernels kernels, Workspace ws, float[] x, int rows, int heads) {
    kernels.ropeAdjacent(x, ws.cos, ws.sin, rows, heads, shape.headDim(), rotaryDim);
  }
}
