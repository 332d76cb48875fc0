package dev.lanewise.model.nn;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.Kernels;

/**
 * A block of a decoder: x = x + postNorm(layer(norm(x))) with attention, then with the feed-forward
 * layer. Each norm may be null for none.
 *
 * @param attentionNorm normalises what attention gets to see
 * @param attentionPostNorm normalises what attention adds
 * @param feedForwardNorm normalises what the feed-forward layer gets to see
 * @param feedForwardPostNorm normalises what the feed-forward layer adds
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
    float[] x = Residual.input(kernels, ws, attentionNorm, true, rows);
    attention.forward(kernels, x, ws, mask, batch, length);
    addOutputs(kernels, ws, rows);
  }

  /** ws.x = block(ws.x), for rows that follow the tokens in the cache. */
  public void forward(Kernels kernels, Workspace ws, KvCache cache, int layer, int rows) {
    float[] x = Residual.input(kernels, ws, attentionNorm, true, rows);
    attention.forward(kernels, x, ws, cache, layer, rows);
    addOutputs(kernels, ws, rows);
  }

  /** Row 0 of ws.x = the last row of block(ws.x), for a last block of which no more is asked. */
  public void forwardLast(Kernels kernels, Workspace ws, KvCache cache, int layer, int rows) {
    float[] x = Residual.input(kernels, ws, attentionNorm, true, rows);
    attention.forwardLast(kernels, x, ws, cache, layer, rows);
    addOutputs(kernels, ws, 1);
  }

  /** Adds attention's output, then the feed-forward layer and its output. */
  private void addOutputs(Kernels kernels, Workspace ws, int rows) {
    add(kernels, ws, attentionPostNorm, rows);
    float[] x = Residual.input(kernels, ws, feedForwardNorm, true, rows);
    feedForward.forward(kernels, x, ws, rows);
    add(kernels, ws, feedForwardPostNorm, rows);
  }

  private static void add(Kernels kernels, Workspace ws, Norm norm, int rows) {
    if (norm != null) {
      norm.forward(kernels, ws.out, ws.out, rows);
    }
    kernels.add(ws.out, ws.x, rows * ws.dim);
  }
}
