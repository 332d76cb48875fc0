package dev.lanewise.model.nn;

import dev.lanewise.kernels.AttentionShape;

/** Every buffer of a forward pass, for up to {@link #rows} tokens at a time. */
public final class Workspace {
  /** Most tokens that fit. */
  public final int rows;

  /** Width of the residual stream. */
  public final int dim;

  /** [rows × dim] the residual stream. */
  public final float[] x;

  /** [rows × dim] the residual stream, normalised. */
  public final float[] normed;

  /** [rows × dim] what a layer adds to the residual stream. */
  public final float[] out;

  private float[] second; // null until it is asked for
  private final float[][][] spare = new float[4][1][0];
  private int[] chosen = {};

  /** [rows × nHeads · headDim] queries. */
  public final float[] q;

  /** [rows × nKvHeads · headDim] keys. */
  public final float[] k;

  /** [rows × nKvHeads · headDim] values. */
  public final float[] v;

  /** [rows × nHeads · headDim] weighted values of all heads. */
  public final float[] attended;

  /** [nHeads · headDim] one query. */
  final float[] oneQ;

  /** [nHeads · headDim] what came of it. */
  final float[] oneAttended;

  /** [rows × hiddenDim] */
  public final float[] gate;

  /** [rows × hiddenDim] */
  public final float[] up;

  /** [rows × rotaryDim / 2] cosines of the angles of each rotary embedding. */
  final float[][] cos;

  /** [rows × rotaryDim / 2] sines of the angles of each rotary embedding. */
  final float[][] sin;

  // The same buffers as the outputs of layers that share an input.
  final float[][] toQkv;
  final float[][] toQ;
  final float[][] toKv;
  final float[][] toUp;
  final float[][] toGateUp;
  final float[][] toOut;

  /**
   * Buffers for a model's sizes.
   *
   * @param rows most tokens at a time
   * @param dim width of the residual stream
   * @param hiddenDim width of the feed-forward layer
   * @param ropes the model's rotary embeddings, by their index
   */
  public Workspace(
      int rows, int dim, int hiddenDim, AttentionShape shape, RotaryEmbedding... ropes) {
    this.rows = rows;
    this.dim = dim;
    x = new float[rows * dim];
    normed = new float[rows * dim];
    out = new float[rows * dim];
    q = new float[rows * shape.queryWidth()];
    k = new float[rows * shape.keyWidth()];
    v = new float[rows * shape.valueWidth()];
    attended = new float[rows * shape.outputWidth()];
    oneQ = new float[shape.queryWidth()];
    oneAttended = new float[shape.outputWidth()];
    gate = new float[rows * hiddenDim];
    up = new float[rows * hiddenDim];
    cos = new float[ropes.length][];
    sin = new float[ropes.length][];
    for (int i = 0; i < ropes.length; i++) {
      cos[i] = new float[rows * ropes[i].rotaryDim() / 2];
      sin[i] = new float[rows * ropes[i].rotaryDim() / 2];
    }
    toQkv = new float[][] {q, k, v};
    toQ = new float[][] {q};
    toKv = new float[][] {k, v};
    toUp = new float[][] {up};
    toGateUp = new float[][] {gate, up};
    toOut = new float[][] {out};
  }

  /**
   * [rows × dim] of a decoder that attends to an encoder's sequences: its own stream while the
   * encoder is at work, and then what came of that. Or what a block adds to that of another.
   */
  public float[] second() {
    if (second == null) {
      second = new float[rows * dim];
    }
    return second;
  }

  /** One of four buffers of a layer that needs more than the others, at least so long. */
  float[] spare(int number, int length) {
    return toSpare(number, length)[0];
  }

  /** The same as the output of a layer. */
  float[][] toSpare(int number, int length) {
    if (spare[number][0].length < length) {
      spare[number][0] = new float[length];
    }
    return spare[number];
  }

  /** As many numbers of experts, exactly. */
  int[] chosen(int count) {
    if (chosen.length != count) {
      chosen = new int[count];
    }
    return chosen;
  }

  /** Exchanges so many rows of the residual stream and of the second. */
  public void exchange(int rows) {
    int n = rows * dim;
    System.arraycopy(x, 0, out, 0, n);
    System.arraycopy(second(), 0, x, 0, n);
    System.arraycopy(out, 0, second, 0, n);
  }

  /**
   * Rows of the workspace that replaces this one when more are wanted: twice as many, so that it
   * does not grow with every token.
   *
   * @param most rows beyond which it has no more than are wanted
   */
  public int grownRows(int wanted, int most) {
    return Math.max(wanted, Math.min(most, 2 * rows));
  }

  /** Makes a row of the residual stream, of what it was normalised to, and its angles row 0. */
  void keep(int row) {
    keep(row, x, normed);
    keep(row, cos);
    keep(row, sin);
  }

  private void keep(int row, float[]... buffers) {
    for (float[] buffer : buffers) {
      int n = buffer.length / rows;
      System.arraycopy(buffer, row * n, buffer, 0, n);
    }
  }
}
