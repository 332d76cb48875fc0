package dev.lanewise.model.nn;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.Kernels;

/**
 * The feed-forward layer: down(f(up(x))), or gated down(f(gate(x)) · up(x)) (Shazeer 2020,
 * arXiv:2002.05202).
 */
public final class FeedForward {
  private final Projections in;
  private final Projections down;
  private final Activation gate; // null where there is no gate

  private FeedForward(Projections in, Activation gate, Linear down) {
    this.in = in;
    this.gate = gate;
    this.down = Projections.of(down);
  }

  /**
   * down(f(up(x))).
   *
   * @param up [hiddenDim × dim]
   * @param down [dim × hiddenDim]
   */
  public static FeedForward plain(Activation f, Linear up, Linear down) {
    return new FeedForward(Projections.of(f, up), null, down);
  }

  /**
   * down(f(gate(x)) · up(x)).
   *
   * @param gate [hiddenDim × dim]
   * @param up [hiddenDim × dim]
   * @param down [dim × hiddenDim]
   */
  public static FeedForward gated(Activation f, Linear gate, Linear up, Linear down) {
    return new FeedForward(Projections.of(gate, up), f, down);
  }

  /** ws.out = layer(x). */
  public void forward(Kernels kernels, float[] x, Workspace ws, int rows) {
    if (gate == null) {
      in.forward(kernels, x, ws.toUp, rows);
    } else {
      in.forward(kernels, x, ws.toGateUp, rows);
      kernels.glu(gate, ws.gate, ws.up, ws.up, rows * down.inputs());
    }
    down.forward(kernels, ws.up, ws.toOut, rows);
  }
}
