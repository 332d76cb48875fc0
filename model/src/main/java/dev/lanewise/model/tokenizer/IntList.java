package dev.lanewise.model.tokenizer;

import java.util.Arrays;

/** A growing list of ints. */
final class IntList {
  private int[] values;
  private int size;

  IntList(int capacity) {
    values = new int[Math.max(capacity, 8)];
  }

  void add(int value) {
    if (size == values.length) {
      values = Arrays.copyOf(values, Math.addExact(size, size));
    }
    values[size++] = value;
  }

  int get(int i) {
    return values[i];
  }

  boolean contains(int value) {
    for (int i = 0; i < size; i++) {
      if (values[i] == value) {
        return true;
      }
    }
    return false;
  }

  int size() {
    return size;
  }

  void set(int i, int value) {
    values[i] = value;
  }

  /** Shortens the list. */
  void truncate(int newSize) {
    size = newSize;
  }

  /** Takes out every element that is equal to a value. */
  void remove(int value) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (values[i] != value) {
        values[kept++] = values[i];
      }
    }
    size = kept;
  }

  int[] toArray() {
    return Arrays.copyOf(values, size);
  }
}
