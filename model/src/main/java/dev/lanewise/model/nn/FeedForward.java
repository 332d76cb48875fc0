package dev.lanewise.model.nn;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Matrix;

/**
 * The gated feed-forward layer SwiGLU: down(silu(gate(x)) · up(x)). Shazeer 2020, arXiv:2002.05202.
 */
public final class FeedForward {
  private final Matrix[] gateUpProj;
  private final Matrix[] downProj;

  /**
   * A layer of these weights.
   *
   * @param gateProj [hiddenDim × dim]
   * @param upProj [hiddenDim × dim]
   * @param downProj [dim × hiddenDim]
   */
  public FeedForward(Matrix gateProj, Matrix upProj, Matrix downProj) {
    gateUpProj = new Matrix[] {gateProj, upProj};
    this.downProj = new Matrix[] {downProj};
  }

  /** ws.out = layer(ws.normed). */
  public void forward(Kernels kernels, Workspace ws, int rows) {
    kernels.gemm(ws.normed, gateUpProj, ws.toGateUp, rows);
    kernels.glu(Activation.SILU, ws.gate, ws.up, ws.gate, rows * downProj[0].cols());
    kernels.gemm(ws.gate, downProj, ws.toOut, rows);
  }
}
