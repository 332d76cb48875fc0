package dev.lanewise.model.nn;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.Kernels;

/**
 * The feed-forward layer: down(f(up(x))), or gated down(f(gate(x)) · up(x)) (Shazeer 2020,
 * arXiv:2002.05202), or a {@linkplain MixtureOfExperts mixture} of such layers.
 */
public interface FeedForward {
  /**
   * down(f(up(x))).
   *
   * @param up [hiddenDim × dim]
   * @param down [dim × hiddenDim]
   */
  static FeedForward plain(Activation f, Linear up, Linear down) {
    return new DenseFeedForward(Projections.of(f, up), null, down);
  }

  /**
   * down(f(gate(x)) · up(x)).
   *
   * @param gate [hiddenDim × dim]
   * @param up [hiddenDim × dim]
   * @param down [dim × hiddenDim]
   */
  static FeedForward gated(Activation f, Linear gate, Linear up, Linear down) {
    return new DenseFeedForward(Projections.of(gate, up), f, down);
  }

  /** ws.out = layer(x). */
  void forward(Kernels kernels, float[] x, Workspace ws, int rows);
}
