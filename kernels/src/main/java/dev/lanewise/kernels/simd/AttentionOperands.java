package dev.lanewise.kernels.simd;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.AttentionShape;

/**
 * The operands of the attention in progress, and where in them things lie. One object serves all
 * operations, so that none allocates.
 */
final class AttentionOperands {
  float[] q;
  float[] k;
  float[] v;
  float[] y;
  AttentionMask mask;
  AttentionShape shape;
  int rows;
  int keys;
  int position;

  void set(
      float[] q,
      float[] k,
      float[] v,
      AttentionMask mask,
      float[] y,
      AttentionShape shape,
      int rows,
      int keys,
      int position) {
    this.q = q;
    this.k = k;
    this.v = v;
    this.mask = mask;
    this.y = y;
    this.shape = shape;
    this.rows = rows;
    this.keys = keys;
    this.position = position;
  }

  /** Where a query begins in q. */
  int queryAt(int sequence, int row, int head) {
    return ((sequence * rows + row) * shape.nHeads() + head) * shape.headDim();
  }

  /** Where an output begins in y. */
  int outputAt(int sequence, int row, int head) {
    return ((sequence * rows + row) * shape.nHeads() + head) * shape.valueDim();
  }

  /** Where a key begins in k. */
  int keyAt(int sequence, int key, int kvHead) {
    return ((sequence * keys + key) * shape.nKvHeads() + kvHead) * shape.headDim();
  }

  /** Where a value begins in v. */
  int valueAt(int sequence, int key, int kvHead) {
    return ((sequence * keys + key) * shape.nKvHeads() + kvHead) * shape.valueDim();
  }

  /** The first key that a query may see; it never falls from one row to the next. */
  int firstKey(int row) {
    return shape.firstKey(position + row);
  }

  /** One more than the last key that a query may see; it never falls from one row to the next. */
  int endKey(int sequence, int row) {
    return shape.endKey(position + row, mask.length(sequence, keys));
  }

  /** Lets go of the arrays. */
  void clear() {
    q = null;
    k = null;
    v = null;
    y = null;
    mask = null;
  }
}
