package dev.lanewise.model.nn;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.Kernels;

/**
 * A block of an encoder: attention of the tokens to each other, then the feed-forward layer.
 *
 * @param normFirst whether a norm stands before its layer, x = x + layer(norm(x)), or behind the
 *     sum as in the original transformer, x = norm(x + layer(x))
 * @param attentionNorm null where none stands before the layer, as in ModernBERT's first block
 */
public record EncoderBlock(
    boolean normFirst,
    Norm attentionNorm,
    SelfAttention attention,
    Norm feedForwardNorm,
    FeedForward feedForward)
    implements Block {
  @Override
  public void forward(Kernels kernels, Workspace ws, AttentionMask mask, int batch, int length) {
    int rows = batch * length;
    float[] x = Residual.input(kernels, ws, attentionNorm, normFirst, rows);
    attention.forward(kernels, x, ws, mask, batch, length);
    Residual.add(kernels, ws, attentionNorm, normFirst, rows);
    x = Residual.input(kernels, ws, feedForwardNorm, normFirst, rows);
    feedForward.forward(kernels, x, ws, rows);
    Residual.add(kernels, ws, feedForwardNorm, normFirst, rows);
  }
}
