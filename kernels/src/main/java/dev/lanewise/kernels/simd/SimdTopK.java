package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;
import static jdk.incubator.vector.VectorOperators.GT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The k largest elements: a heap of the best so far with the worst of them on top, which few
 * elements beat, so that vectors do nearly all comparisons. On one thread, as it takes microseconds
 * and little of that could be shared.
 */
final class SimdTopK {
  private SimdTopK() {}

  /** Fills {@code indices}, from the largest element down, the first of equal ones first. */
  static void run(float[] x, int n, int[] indices) {
    int k = indices.length;
    if (k == 0) {
      return;
    }
    for (int i = 0; i < k; i++) {
      indices[i] = i;
    }
    for (int parent = k / 2 - 1; parent >= 0; parent--) {
      sink(x, indices, parent, k);
    }
    int i = k;
    while ((i = nextAbove(rank(x[indices[0]]), x, i, n)) < n) {
      indices[0] = i++;
      sink(x, indices, 0, k);
    }
    for (int size = k - 1; size > 0; size--) { // heapsort: the worst goes to the end
      int worst = indices[0];
      indices[0] = indices[size];
      indices[size] = worst;
      sink(x, indices, 0, size);
    }
  }

  /** The first index from {@code from} on of an element above {@code bound}; n if there is none. */
  private static int nextAbove(float bound, float[] x, int from, int n) {
    int i = from;
    for (; i <= n - 4 * LANES; i += 4 * LANES) {
      VectorMask<Float> a = FloatVector.fromArray(F, x, i).compare(GT, bound);
      VectorMask<Float> b = FloatVector.fromArray(F, x, i + LANES).compare(GT, bound);
      VectorMask<Float> c = FloatVector.fromArray(F, x, i + 2 * LANES).compare(GT, bound);
      VectorMask<Float> d = FloatVector.fromArray(F, x, i + 3 * LANES).compare(GT, bound);
      if (a.or(b).or(c.or(d)).anyTrue()) {
        break;
      }
    }
    for (; i <= n - LANES; i += LANES) {
      VectorMask<Float> above = FloatVector.fromArray(F, x, i).compare(GT, bound);
      if (above.anyTrue()) {
        return i + above.firstTrue();
      }
    }
    while (i < n && !(x[i] > bound)) {
      i++;
    }
    return i;
  }

  /** Moves the index at {@code parent} down until none below it ranks lower. */
  private static void sink(float[] x, int[] heap, int parent, int size) {
    int index = heap[parent];
    int child;
    while ((child = 2 * parent + 1) < size) {
      if (child + 1 < size && worse(x, heap[child + 1], heap[child])) {
        child++;
      }
      if (!worse(x, heap[child], index)) {
        break;
      }
      heap[parent] = heap[child];
      parent = child;
    }
    heap[parent] = index;
  }

  /** Whether a comes after b. */
  private static boolean worse(float[] x, int a, int b) {
    float rankA = rank(x[a]);
    float rankB = rank(x[b]);
    return rankA < rankB || (rankA == rankB && a > b);
  }

  private static float rank(float x) {
    return Float.isNaN(x) ? Float.NEGATIVE_INFINITY : x;
  }
}
