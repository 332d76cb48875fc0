package dev.lanewise.model.nn;

import dev.lanewise.kernels.AttentionShape;

/** Every buffer of a forward pass, for up to {@link #rows} tokens at a time. */
public final class Workspace {
  /** Most tokens that fit. */
  public final int rows;

  /** [rows × dim] the residual stream. */
  public final float[] x;

  /** [rows × dim] the residual stream, normalised. */
  public final float[] normed;

  /** [rows × dim] what a layer adds to the residual stream. */
  public final float[] out;

  /** [rows × nHeads · headDim] queries. */
  public final float[] q;

  /** [rows × nKvHeads · headDim] keys. */
  public final float[] k;

  /** [rows × nKvHeads · headDim] values. */
  public final float[] v;

  /** [rows × nHeads · headDim] weighted values of all heads. */
  public final float[] attended;

  /** [rows × hiddenDim] */
  public final float[] gate;

  /** [rows × hiddenDim] */
  public final float[] up;

  /** [rows × rotaryDim / 2] cosines of the position angles. */
  public final float[] cos;

  /** [rows × rotaryDim / 2] sines of the position angles. */
  public final float[] sin;

  // The same buffers as the outputs of layers that share an input.
  final float[][] toQkv;
  final float[][] toQ;
  final float[][] toKv;
  final float[][] toGateUp;
  final float[][] toOut;

  /**
   * Buffers for a model's sizes.
   *
   * @param rows most tokens at a time
   * @param dim width of the residual stream
   * @param hiddenDim width of the feed-forward layer
   */
  public Workspace(int rows, int dim, int hiddenDim, int rotaryDim, AttentionShape shape) {
    this.rows = rows;
    x = new float[rows * dim];
    normed = new float[rows * dim];
    out = new float[rows * dim];
    q = new float[rows * shape.queryWidth()];
    k = new float[rows * shape.keyWidth()];
    v = new float[rows * shape.keyWidth()];
    attended = new float[rows * shape.queryWidth()];
    gate = new float[rows * hiddenDim];
    up = new float[rows * hiddenDim];
    cos = new float[rows * rotaryDim / 2];
    sin = new float[rows * rotaryDim / 2];
    toQkv = new float[][] {q, k, v};
    toQ = new float[][] {q};
    toKv = new float[][] {k, v};
    toGateUp = new float[][] {gate, up};
    toOut = new float[][] {out};
  }

  /** Makes a row of the residual stream, of what it was normalised to, and its angles row 0. */
  void keep(int row) {
    for (float[] buffer : new float[][] {x, normed, cos, sin}) {
      int n = buffer.length / rows;
      System.arraycopy(buffer, row * n, buffer, 0, n);
    }
  }
}
