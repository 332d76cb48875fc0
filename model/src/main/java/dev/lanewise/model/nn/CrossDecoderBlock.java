package dev.lanewise.model.nn;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.Kernels;

/**
 * A block of an encoder–decoder's decoder: attention to the tokens before, attention to the source,
 * then the feed-forward layer (Vaswani et al. 2017, arXiv:1706.03762).
 *
 * @param normFirst whether a norm stands before its layer, x = x + layer(norm(x)), or behind the
 *     sum as in the original transformer, x = norm(x + layer(x))
 */
public record CrossDecoderBlock(
    boolean normFirst,
    Norm attentionNorm,
    Attention attention,
    Norm crossNorm,
    Attention crossAttention,
    Norm feedForwardNorm,
    FeedForward feedForward)
    implements Block {
  /**
   * ws.x = block(ws.x) for one token each of several sequences.
   *
   * @param sources what each attends to
   * @param masks for the attention of each to its tokens before
   * @param layer whose part of the caches to use
   */
  public void forwardEach(
      Kernels kernels,
      Workspace ws,
      KvCache[] caches,
      CrossCache[] sources,
      AttentionMask[] masks,
      int layer,
      int rows) {
    float[] x = Residual.input(kernels, ws, attentionNorm, normFirst, rows);
    attention.forwardEach(kernels, x, ws, caches, masks, layer, rows);
    x = crossInput(kernels, ws, rows);
    crossAttention.crossEach(kernels, x, ws, sources, layer, rows);
    finish(kernels, ws, rows);
  }

  /**
   * ws.x = block(ws.x), where each sequence attends to a source of its own length, in {@link
   * Workspace#second}.
   */
  @Override
  public void forward(Kernels kernels, Workspace ws, AttentionMask mask, int batch, int length) {
    int rows = batch * length;
    float[] x = Residual.input(kernels, ws, attentionNorm, normFirst, rows);
    attention.forward(kernels, x, ws, mask, batch, length);
    x = crossInput(kernels, ws, rows);
    crossAttention.cross(kernels, x, ws.second(), ws, mask, batch, length);
    finish(kernels, ws, rows);
  }

  /** Adds the first attention's output, and returns what the second gets to see. */
  private float[] crossInput(Kernels kernels, Workspace ws, int rows) {
    Residual.add(kernels, ws, attentionNorm, normFirst, rows);
    return Residual.input(kernels, ws, crossNorm, normFirst, rows);
  }

  /** Adds the second attention's output, and the feed-forward layer's. */
  private void finish(Kernels kernels, Workspace ws, int rows) {
    Residual.add(kernels, ws, crossNorm, normFirst, rows);
    float[] x = Residual.input(kernels, ws, feedForwardNorm, normFirst, rows);
    feedForward.forward(kernels, x, ws, rows);
    Residual.add(kernels, ws, feedForwardNorm, normFirst, rows);
  }
}
