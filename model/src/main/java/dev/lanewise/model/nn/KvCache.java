package dev.lanewise.model.nn;

import java.util.Arrays;

/**
 * The keys and values of all tokens so far, for every layer: [position × nKvHeads · headDim] each.
 * Memory grows with what is held, up to the context length.
 */
public final class KvCache {
  private static final int INITIAL_ROWS = 64;

  private final int width;
  private final int contextLength;
  private final float[][] keys;
  private final float[][] values;
  private int capacity;
  private int position;

  /**
   * An empty cache.
   *
   * @param nLayers number of layers
   * @param width nKvHeads · headDim
   * @param contextLength most tokens
   */
  public KvCache(int nLayers, int width, int contextLength) {
    this.width = width;
    this.contextLength = contextLength;
    capacity = Math.min(contextLength, INITIAL_ROWS);
    keys = new float[nLayers][capacity * width];
    values = new float[nLayers][capacity * width];
  }

  /** Tokens held. */
  public int position() {
    return position;
  }

  /** Most tokens it can hold. */
  public int contextLength() {
    return contextLength;
  }

  /** Keys of a layer. */
  public float[] keys(int layer) {
    return keys[layer];
  }

  /** Values of a layer. */
  public float[] values(int layer) {
    return values[layer];
  }

  /** Makes room for {@code rows} more tokens. */
  public void reserve(int rows) {
    int needed = position + rows;
    if (needed <= capacity) {
      return;
    }
    int more = (int) Math.min(contextLength, Math.max(needed, 2L * capacity));
    for (int layer = 0; layer < keys.length; layer++) {
      keys[layer] = Arrays.copyOf(keys[layer], more * width);
      values[layer] = Arrays.copyOf(values[layer], more * width);
    }
    capacity = more; // last: there may be no memory for some of the layers
  }

  /** Writes a layer's keys and values, {@code rows} from row {@code from}, behind those held. */
  void put(int layer, float[] k, float[] v, int from, int rows) {
    System.arraycopy(k, from * width, keys[layer], position * width, rows * width);
    System.arraycopy(v, from * width, values[layer], position * width, rows * width);
  }

  /** Holds what another cache of the same sizes holds, instead of its own. */
  public void copyFrom(KvCache other) {
    position = 0;
    reserve(other.position);
    position = other.position;
    for (int layer = 0; layer < keys.length; layer++) {
      System.arraycopy(other.keys[layer], 0, keys[layer], 0, position * width);
      System.arraycopy(other.values[layer], 0, values[layer], 0, position * width);
    }
  }

  /** Counts the rows that all layers have put as held. */
  public void advance(int rows) {
    position += rows;
  }

  /** Forgets the tokens from {@code position} on. */
  public void rewind(int position) {
    this.position = position;
  }
}
