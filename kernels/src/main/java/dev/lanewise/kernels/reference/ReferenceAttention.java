package dev.lanewise.kernels.reference;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.AttentionShape;
import java.util.Arrays;

/** The arguments of {@link dev.lanewise.kernels.Kernels#attention}, and one query of one head. */
record ReferenceAttention(
    float[] q,
    float[] k,
    float[] v,
    AttentionMask mask,
    float[] y,
    AttentionShape shape,
    int rows,
    int keys,
    int position) {

  /**
   * y[b, i, h] = Σ_j p_j · v[b, j], p = softmax_j(cap(q[b, i, h] · k[b, j] · scale) + bias).
   *
   * @param b the sequence
   * @param h the head
   * @param i the query
   * @param p [keys] of scratch
   */
  void row(int b, int h, int i, float[] p) {
    int headDim = shape.headDim();
    int valueDim = shape.valueDim();
    int kvHead = h / shape.groupSize();
    int query = ((b * rows + i) * shape.nHeads() + h) * headDim;
    int output = ((b * rows + i) * shape.nHeads() + h) * valueDim;
    int first = shape.firstKey(position + i);
    int end = shape.endKey(position + i, mask.length(b, keys));
    for (int j = first; j < end; j++) {
      int key = ((b * keys + j) * shape.nKvHeads() + kvHead) * headDim;
      float score = ReferenceKernels.dot(q, query, k, key, headDim) * shape.scale();
      if (shape.softCap() > 0) {
        score = (float) (shape.softCap() * Math.tanh(score / shape.softCap()));
      }
      if (mask.bias() != null) {
        float bias = mask.bias()[mask.biasAt(b, h, i) + j];
        score = bias == Float.NEGATIVE_INFINITY ? bias : score + bias;
      }
      p[j] = score;
    }
    Arrays.fill(y, output, output + valueDim, 0);
    if (first >= end) {
      return;
    }
    ReferenceSoftmax.row(p, p, first, end - first);
    for (int j = first; j < end; j++) {
      int value = ((b * keys + j) * shape.nKvHeads() + kvHead) * valueDim;
      axpy(p[j], v, value, y, output, valueDim);
    }
  }

  /** y = y + α · x. */
  private static void axpy(float alpha, float[] x, int xOffset, float[] y, int yOffset, int n) {
    for (int i = 0; i < n; i++) {
      y[yOffset + i] += alpha * x[xOffset + i];
    }
  }
}
