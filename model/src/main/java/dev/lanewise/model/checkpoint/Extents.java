package dev.lanewise.model.checkpoint;

import java.util.Arrays;

/** The order of tensors in a file. */
final class Extents {
  private Extents() {}

  /** Sorts by where tensors start, empty ones before others that start at the same byte. */
  static void sort(TensorInfo[] tensors) {
    for (int i = 1; i < tensors.length; i++) {
      if (compare(tensors[i - 1], tensors[i]) > 0) {
        Arrays.sort(tensors, Extents::compare);
        return;
      }
    }
  }

  private static int compare(TensorInfo a, TensorInfo b) {
    int byOffset = Long.compare(a.offset(), b.offset());
    return byOffset != 0 ? byOffset : Long.compare(a.bytes(), b.bytes());
  }
}
