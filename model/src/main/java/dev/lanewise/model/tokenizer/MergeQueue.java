package dev.lanewise.model.tokenizer;

import java.util.Arrays;

/**
 * The symbols of a word under byte-pair merging: a linked list of symbols and a heap of the pairs
 * that may merge, so that a word of n symbols takes O(n log n). A pair is known by its left symbol;
 * the pair of lowest key merges first, of equal keys the leftmost. The caller gives keys to pairs.
 * A pair that gets another key leaves its old entry in the heap, which is skipped later.
 */
final class MergeQueue {
  /** Key of a pair that does not merge. */
  static final int NONE = Integer.MAX_VALUE;

  private final int[] next;
  private final int[] previous;
  private final int[] ids;
  private final int[] keys;
  private final int[] merged;
  private long[] heap;
  private int heapSize;
  private final int[] ends;
  private int places;
  private int first = -1;
  private int last = -1;

  /** A word of at most so many symbols. */
  MergeQueue(int capacity) {
    next = new int[capacity];
    previous = new int[capacity];
    ids = new int[capacity];
    keys = new int[capacity];
    merged = new int[capacity];
    ends = new int[capacity];
    heap = new long[capacity + 8];
  }

  /** Appends a symbol, whose number is that of its place. */
  void add(int id) {
    int at = places++;
    ids[at] = id;
    keys[at] = NONE;
    ends[at] = places;
    previous[at] = last;
    next[at] = -1;
    if (last < 0) {
      first = at;
    } else {
      next[last] = at;
    }
    last = at;
  }

  /** Leaves a place without a symbol: those around it are neighbours. */
  void skip() {
    places++;
  }

  /** The first symbol, or −1. */
  int first() {
    return first;
  }

  /** The place behind those of a symbol. */
  int end(int symbol) {
    return ends[symbol];
  }

  /** The symbol after this one, or −1. */
  int next(int symbol) {
    return next[symbol];
  }

  /** The symbol before this one, or −1. */
  int previous(int symbol) {
    return previous[symbol];
  }

  /** The token that the symbol is. */
  int id(int symbol) {
    return ids[symbol];
  }

  /** Says with which key, and into which token, a symbol and the one after it merge. */
  void offer(int left, int key, int mergedId) {
    keys[left] = key;
    merged[left] = mergedId;
    if (key != NONE) {
      push((long) key << 32 | left);
    }
  }

  /** Merges the first pair of all; the symbol it left, or −1 if no pair merges. */
  int merge() {
    while (heapSize > 0) {
      long top = pop();
      int left = (int) top;
      if (keys[left] != (int) (top >> 32)) {
        continue;
      }
      int right = next[left];
      ids[left] = merged[left];
      keys[left] = NONE;
      keys[right] = NONE;
      ends[left] = ends[right];
      next[left] = next[right];
      if (next[left] >= 0) {
        previous[next[left]] = left;
      }
      return left;
    }
    return -1;
  }

  private void push(long entry) {
    if (heapSize == heap.length) {
      heap = Arrays.copyOf(heap, Math.addExact(heapSize, heapSize));
    }
    int at = heapSize++;
    while (at > 0) {
      int parent = (at - 1) >>> 1;
      if (heap[parent] <= entry) {
        break;
      }
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = entry;
  }

  private long pop() {
    long top = heap[0];
    long last = heap[--heapSize];
    int at = 0;
    while (true) {
      int child = 2 * at + 1;
      if (child >= heapSize) {
        break;
      }
      if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
        child++;
      }
      if (last <= heap[child]) {
        break;
      }
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return top;
  }
}
