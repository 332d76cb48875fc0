package dev.lanewise.model.nn;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.Kernels;

/**
 * Multi-head attention (Vaswani et al. 2017, arXiv:1706.03762) with grouped queries (Ainslie et al.
 * 2023, arXiv:2305.13245): of tokens to those before them, by a cache; of tokens to each other; or
 * to those of another sequence.
 */
public final class Attention implements SelfAttention {
  private final Projections qkvProj;
  private final Projections qProj;
  private final Projections kvProj;
  private final Projections oProj;
  private final AttentionShape shape;
  private final RotaryEmbedding rope; // null where positions come otherwise
  private final RmsNorm qNorm; // null for none
  private final RmsNorm kNorm;

  private Attention(
      Linear q,
      Linear k,
      Linear v,
      Linear o,
      AttentionShape shape,
      RotaryEmbedding rope,
      RmsNorm qNorm,
      RmsNorm kNorm) {
    qkvProj = Projections.of(q, k, v);
    qProj = Projections.of(q);
    kvProj = Projections.of(k, v);
    oProj = Projections.of(o);
    this.shape = shape;
    this.rope = rope;
    this.qNorm = qNorm;
    this.kNorm = kNorm;
  }

  /**
   * A layer of these weights.
   *
   * @param q [nHeads · headDim × dim]
   * @param k [nKvHeads · headDim × dim]
   * @param v [nKvHeads · headDim × dim]
   * @param o [dim × nHeads · headDim]
   */
  public static Attention of(Linear q, Linear k, Linear v, Linear o, AttentionShape shape) {
    return new Attention(q, k, v, o, shape, null, null, null);
  }

  /**
   * A layer with rotary positions.
   *
   * @param rope null for none
   * @param qNorm normalises queries before they are rotated: each head on its own (Henry et al.
   *     2020, arXiv:2010.04245), or all of a token if it is as wide as these; null for none
   * @param kNorm the same for keys
   */
  public static Attention rotary(
      Linear q,
      Linear k,
      Linear v,
      Linear o,
      AttentionShape shape,
      RotaryEmbedding rope,
      RmsNorm qNorm,
      RmsNorm kNorm) {
    return new Attention(q, k, v, o, shape, rope, qNorm, kNorm);
  }

  /**
   * ws.out = layer(x), each token attending to those before it; the rows' keys and values are added
   * to the cache.
   *
   * @param x [rows × dim]
   * @param layer whose part of the cache to use
   */
  public void forward(
      Kernels kernels, float[] x, Workspace ws, KvCache cache, int layer, int rows) {
    forward(kernels, x, ws, cache, AttentionMask.NONE, layer, rows);
  }

  /**
   * ws.out = layer(x), as {@link #forward(Kernels, float[], Workspace, KvCache, int, int)}.
   *
   * @param x [rows × dim]
   * @param mask for the rows as queries, and the tokens held and the rows as keys
   * @param layer whose part of the cache to use
   */
  public void forward(
      Kernels kernels,
      float[] x,
      Workspace ws,
      KvCache cache,
      AttentionMask mask,
      int layer,
      int rows) {
    qkvProj.forward(kernels, x, ws.toQkv, rows);
    positionKeys(kernels, ws, rows);
    cache.put(layer, ws.k, ws.v, 0, rows);
    positionQueries(kernels, ws, rows);
    attend(kernels, ws.q, cache, mask, ws.attended, layer, rows, cache.position());
    oProj.forward(kernels, ws.attended, ws.toOut, rows);
  }

  /**
   * ws.out = layer(x) for one token each of several sequences: one product with the weights for all
   * of them.
   *
   * @param x [rows × dim]
   * @param masks for each sequence: one query, and the tokens held and itself as keys
   * @param layer whose part of each cache to use
   */
  public void forwardEach(
      Kernels kernels,
      float[] x,
      Workspace ws,
      KvCache[] caches,
      AttentionMask[] masks,
      int layer,
      int rows) {
    qkvProj.forward(kernels, x, ws.toQkv, rows);
    positionKeys(kernels, ws, rows);
    positionQueries(kernels, ws, rows);
    for (int i = 0; i < rows; i++) {
      caches[i].put(layer, ws.k, ws.v, i, 1);
      takeQuery(ws, i);
      attend(kernels, ws.oneQ, caches[i], masks[i], ws.oneAttended, layer, 1, caches[i].position());
      putAttended(ws, i);
    }
    oProj.forward(kernels, ws.attended, ws.toOut, rows);
  }

  private void takeQuery(Workspace ws, int row) {
    System.arraycopy(ws.q, row * shape.queryWidth(), ws.oneQ, 0, shape.queryWidth());
  }

  private void putAttended(Workspace ws, int row) {
    int width = shape.outputWidth();
    System.arraycopy(ws.oneAttended, 0, ws.attended, row * width, width);
  }

  /**
   * As {@link #forward}, where nobody asks for any row but the last: it becomes row 0 of {@code
   * ws.out}, and of the residual stream {@code ws.x}.
   *
   * @param x {@code ws.x} or {@code ws.normed}
   * @param layer whose part of the cache to use
   */
  public void forwardLast(
      Kernels kernels, float[] x, Workspace ws, KvCache cache, int layer, int rows) {
    kvProj.forward(kernels, x, ws.toKv, rows);
    positionKeys(kernels, ws, rows);
    cache.put(layer, ws.k, ws.v, 0, rows);
    ws.keep(rows - 1);
    qProj.forward(kernels, x, ws.toQ, 1);
    positionQueries(kernels, ws, 1);
    int position = cache.position() + rows - 1;
    attend(kernels, ws.q, cache, AttentionMask.NONE, ws.attended, layer, 1, position);
    oProj.forward(kernels, ws.attended, ws.toOut, 1);
  }

  private void positionKeys(Kernels kernels, Workspace ws, int rows) {
    if (kNorm != null) {
      kNorm.inParts(kernels, ws.k, rows * shape.keyWidth());
    }
    if (rope != null) {
      rope.rotate(kernels, ws, ws.k, rows, shape.nKvHeads(), shape.headDim());
    }
  }

  private void positionQueries(Kernels kernels, Workspace ws, int rows) {
    if (qNorm != null) {
      qNorm.inParts(kernels, ws.q, rows * shape.queryWidth());
    }
    if (rope != null) {
      rope.rotate(kernels, ws, ws.q, rows, shape.nHeads(), shape.headDim());
    }
  }

  /** y = attention of queries that stand from {@code position} on. */
  private void attend(
      Kernels kernels,
      float[] q,
      KvCache cache,
      AttentionMask mask,
      float[] y,
      int layer,
      int rows,
      int position) {
    float[] k = cache.keys(layer);
    float[] v = cache.values(layer);
    kernels.attention(q, k, v, mask, y, shape, 1, rows, position + rows, position);
  }

  /**
   * ws.out = layer(x), the tokens of each sequence attending to each other as the shape lets them.
   *
   * @param x [batch × length × dim]
   */
  @Override
  public void forward(
      Kernels kernels, float[] x, Workspace ws, AttentionMask mask, int batch, int length) {
    int rows = batch * length;
    qkvProj.forward(kernels, x, ws.toQkv, rows);
    positionKeys(kernels, ws, rows);
    positionQueries(kernels, ws, rows);
    kernels.attention(ws.q, ws.k, ws.v, mask, ws.attended, shape, batch, length, length, 0);
    oProj.forward(kernels, ws.attended, ws.toOut, rows);
  }

  /**
   * ws.out = layer(x), the tokens of each sequence attending to all those of another of the same
   * length.
   *
   * @param x [batch × length × dim]
   * @param source [batch × length × dim] the others
   * @param mask for the others as keys
   */
  public void cross(
      Kernels kernels,
      float[] x,
      float[] source,
      Workspace ws,
      AttentionMask mask,
      int batch,
      int length) {
    int rows = batch * length;
    qProj.forward(kernels, x, ws.toQ, rows);
    kvProj.forward(kernels, source, ws.toKv, rows);
    kernels.attention(ws.q, ws.k, ws.v, mask, ws.attended, shape, batch, length, length, 0);
    oProj.forward(kernels, ws.attended, ws.toOut, rows);
  }

  /**
   * Keys and values of another sequence, for {@link #crossEach}.
   *
   * @param x [rows × dim]
   * @param kv keys [rows × nKvHeads · headDim] and values alike
   */
  public void project(Kernels kernels, float[] x, float[][] kv, int rows) {
    kvProj.forward(kernels, x, kv, rows);
  }

  /**
   * ws.out = layer(x), each row attending to a sequence of its own.
   *
   * @param x [rows × dim]
   * @param sources for each row
   * @param layer whose part of them to use
   */
  public void crossEach(
      Kernels kernels, float[] x, Workspace ws, CrossCache[] sources, int layer, int rows) {
    qProj.forward(kernels, x, ws.toQ, rows);
    for (int i = 0; i < rows; i++) {
      float[] k = sources[i].keys(layer);
      float[] v = sources[i].values(layer);
      takeQuery(ws, i);
      kernels.attention(
          ws.oneQ, k, v, AttentionMask.NONE, ws.oneAttended, shape, 1, 1, sources[i].length(), 0);
      putAttended(ws, i);
    }
    oProj.forward(kernels, ws.attended, ws.toOut, rows);
  }
}
