package dev.lanewise.model.nn;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.Kernels;

/** A layer in which the tokens of a sequence attend to each other. */
public interface SelfAttention {
  /**
   * ws.out = layer(x), the tokens of each sequence attending to each other.
   *
   * @param x [batch × length × dim]
   */
  void forward(Kernels kernels, float[] x, Workspace ws, AttentionMask mask, int batch, int length);
}
