package dev.lanewise.model.nn;

import dev.lanewise.kernels.Kernels;

/**
 * The keys and values of an encoded source, for every layer that attends to it: computed once, then
 * read by every step.
 */
public final class CrossCache {
  private final int width;
  private final float[][][] kv; // [layer][keys, values][length × width]
  private int length;

  /**
   * An empty cache.
   *
   * @param nLayers number of layers
   * @param width nKvHeads · headDim
   */
  public CrossCache(int nLayers, int width) {
    this.width = width;
    kv = new float[nLayers][2][0];
  }

  /** Tokens of the source; 0 if there is none. */
  public int length() {
    return length;
  }

  /** Forgets the source. */
  public void clear() {
    length = 0;
  }

  /**
   * Takes over a source.
   *
   * @param states [length × dim] what the encoder made of it
   */
  public void fill(Kernels kernels, CrossDecoderBlock[] blocks, float[] states, int length) {
    for (int layer = 0; layer < blocks.length; layer++) {
      if (kv[layer][0].length < length * width) {
        kv[layer] = new float[2][length * width];
      }
      blocks[layer].crossAttention().project(kernels, states, kv[layer], length);
    }
    this.length = length;
  }

  /** Keys and values of a layer. */
  float[][] kv(int layer) {
    return kv[layer];
  }
}
