package dev.lanewise.model.nn;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.Kernels;

/**
 * A pre-normalised block of a decoder: x = x + attention(norm(x)), then x = x +
 * feedForward(norm(x)).
 *
 * @param attentionPostNorm normalises what attention adds; null for none
 * @param feedForwardPostNorm normalises what the feed-forward layer adds; null for none
 */
public record DecoderBlock(
    Norm attentionNorm,
    Attention attention,
    Norm attentionPostNorm,
    Norm feedForwardNorm,
    FeedForward feedForward,
    Norm feedForwardPostNorm)
    implements Block {
  /** A block without norms after its layers. */
  public DecoderBlock(
      Norm attentionNorm, Attention attention, Norm feedForwardNorm, FeedForward feedForward) {
    this(attentionNorm, attention, null, feedForwardNorm, feedForward, null);
  }

  @Override
  public void forward(Kernels kernels, Workspace ws, AttentionMask mask, int batch, int length) {
    int rows = batch * length;
    attentionNorm.forward(kernels, ws.x, ws.normed, rows);
    attention.forward(kernels, ws.normed, ws, mask, batch, length);
    addOutputs(kernels, ws, rows);
  }

  /** ws.x = block(ws.x), for rows that follow the tokens in the cache. */
  public void forward(Kernels kernels, Workspace ws, KvCache cache, int layer, int rows) {
    attentionNorm.forward(kernels, ws.x, ws.normed, rows);
    attention.forward(kernels, ws, cache, layer, rows);
    addOutputs(kernels, ws, rows);
  }

  /** Row 0 of ws.x = the last row of block(ws.x), for a last block of which no more is asked. */
  public void forwardLast(Kernels kernels, Workspace ws, KvCache cache, int layer, int rows) {
    attentionNorm.forward(kernels, ws.x, ws.normed, rows);
    attention.forwardLast(kernels, ws, cache, layer, rows);
    addOutputs(kernels, ws, 1);
  }

  /** Adds attention's output, then the feed-forward layer and its output. */
  private void addOutputs(Kernels kernels, Workspace ws, int rows) {
    add(kernels, ws, attentionPostNorm, rows);
    feedForwardNorm.forward(kernels, ws.x, ws.normed, rows);
    feedForward.forward(kernels, ws, rows);
    add(kernels, ws, feedForwardPostNorm, rows);
  }

  private static void add(Kernels kernels, Workspace ws, Norm norm, int rows) {
    if (norm != null) {
      norm.forward(kernels, ws.out, ws.out, rows);
    }
    kernels.add(ws.out, ws.x, rows * ws.dim);
  }
}
