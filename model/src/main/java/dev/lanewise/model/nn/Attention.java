package dev.lanewise.model.nn;

import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Matrix;

/**
 * Causal self-attention with grouped queries (Ainslie et al. 2023, arXiv:2305.13245) and rotary
 * positions in adjacent pairs (Su et al. 2021, arXiv:2104.09864).
 */
public final class Attention {
  private final Matrix[] qkvProj;
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
    int headDim = shape.headDim();
    kernels.ropeAdjacent(ws.q, ws.cos, ws.sin, rows, shape.nHeads(), headDim, rotaryDim);
    kernels.ropeAdjacent(ws.k, ws.cos, ws.sin, rows, shape.nKvHeads(), headDim, rotaryDim);
    cache.put(layer, ws.k, ws.v, rows);
    kernels.attention(
        ws.q, cache.keys(layer), cache.values(layer), ws.attended, shape, rows, cache.position());
    kernels.gemm(ws.attended, oProj, ws.toOut, rows);
  }
}
