package dev.lanewise.model.nn;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.Kernels;

/** A feed-forward layer of which every token meets all weights. */
final class DenseFeedForward implements FeedForward {
  private final Projections in;
  private final Projections down;
  private final Activation gate; // null where there is no gate

  /**
   * A layer.
   *
   * @param in up, or gate and up
   * @param gate the activation of the gate; null where there is none
   */
  DenseFeedForward(Projections in, Activation gate, Linear down) {
    this.in = in;
    this.gate = gate;
    this.down = Projections.of(down);
  }

  @Override
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
