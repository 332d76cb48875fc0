package dev.lanewise.kernels;

import java.util.Arrays;
import java.util.Random;

/** Random operands of attention, and one key and value more than anyone may read. */
final class AttentionCase {
  final AttentionShape shape;
  final AttentionMask mask;
  final int batch;
  final int rows;
  final int keys;
  final int position;
  final float[] q;
  final float[] k;
  final float[] v;

  AttentionCase(
      AttentionShape shape, AttentionMask mask, int batch, int rows, int keys, int position) {
    Random random =
        new Random(
            shape.nHeads() + 10L * shape.headDim() + 10_000L * rows + 1_000_000L * (keys - rows));
    this.shape = shape;
    this.mask = mask;
    this.batch = batch;
    this.rows = rows;
    this.keys = keys;
    this.position = position;
    this.q = Fill.NORMAL.array(batch * rows * shape.queryWidth(), random);
    this.k = Fill.NORMAL.array((batch * keys + 1) * shape.keyWidth(), random);
    this.v = Fill.NORMAL.array((batch * keys + 1) * shape.valueWidth(), random);
    Arrays.fill(k, batch * keys * shape.keyWidth(), k.length, Float.NaN);
    Arrays.fill(v, batch * keys * shape.valueWidth(), v.length, Float.NaN);
  }

  /** Causal attention over a cache. */
  static AttentionCase causal(int nHeads, int nKvHeads, int headDim, int rows, int position) {
    AttentionShape shape = AttentionShape.of(nHeads, nKvHeads, headDim).causal();
    return new AttentionCase(shape, AttentionMask.NONE, 1, rows, position + rows, position);
  }

  /** Fills keys and values {@code [from, to)} of a sequence. */
  void fillKeys(int sequence, int from, int to, float value) {
    int first = sequence * keys;
    Arrays.fill(k, (first + from) * shape.keyWidth(), (first + to) * shape.keyWidth(), value);
    Arrays.fill(v, (first + from) * shape.valueWidth(), (first + to) * shape.valueWidth(), value);
  }

  /** The output, from an array with a guard that must stay as it is. */
  float[] run(Kernels kernels) {
    int n = batch * rows * shape.outputWidth();
    float[] y = Bounds.guarded(n);
    kernels.attention(q, k, v, mask, y, shape, batch, rows, keys, position);
    Bounds.assertGuardIntact(y, n, kernels.description());
    return Arrays.copyOf(y, n);
  }

  /** Normalised mean squared error at most 1e-10 for every sequence. */
  void check() {
    checkInParts(rows * shape.outputWidth());
  }

  /** As {@link #check}, for every row of every head: for heads too wide to cancel to nothing. */
  void checkEveryHead() {
    checkInParts(shape.valueDim());
  }

  /**
   * As {@link #check}, where scores and biases are so large that what they are rounded to counts.
   */
  void checkRounded() {
    double rounding = 0x1p-22 * largestScore();
    checkInParts(rows * shape.outputWidth(), 1e-10 + rounding * rounding);
  }

  /** The largest Σ|q·k · scale| + |bias|. */
  private double largestScore() {
    double largest = 0;
    for (int at = 0; at < batch * rows * shape.nHeads() * keys; at++) {
      int key = at % keys;
      int head = at / keys % shape.nHeads();
      int row = at / keys / shape.nHeads() % rows;
      int sequence = at / keys / shape.nHeads() / rows;
      int query = at / keys * shape.headDim();
      int kvHead = (sequence * keys + key) * shape.nKvHeads() + head / shape.groupSize();
      double sum = 0;
      for (int d = 0; d < shape.headDim(); d++) {
        sum += Math.abs((double) q[query + d] * k[kvHead * shape.headDim() + d]);
      }
      int bias =
          mask.offset()
              + sequence * mask.batchStride()
              + head * mask.headStride()
              + row * mask.rowStride()
              + key;
      largest = Math.max(largest, sum * Math.abs(shape.scale()) + Math.abs(mask.bias()[bias]));
    }
    return largest;
  }

  private void checkInParts(int n) {
    checkInParts(n, 1e-10);
  }

  private void checkInParts(int n, double limit) {
    double[] expected = DoubleKernels.attention(q, k, v, mask, shape, batch, rows, keys, position);
    for (Kernels kernels : Implementations.all()) {
      float[] y = run(kernels);
      for (int at = 0; at < expected.length; at += n) {
        Bounds.assertNmse(y, expected, at, n, limit, kernels.description() + " from " + at);
      }
    }
  }
}
