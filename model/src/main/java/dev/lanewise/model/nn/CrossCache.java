package dev.lanewise.model.nn;

import dev.lanewise.kernels.Kernels;

/**
 * The keys and values of an encoded source, for every layer that attends to it: computed once, then
 * read by every step.
 */
public final class CrossCache {
  private final float[][][] kv; // [layer][keys, values][length × nKvHeads · headDim]
  private final int length;

  /**
   * Takes over a source.
   *
   * @param states [length × dim] what the encoder made of it
   * @param width nKvHeads · headDim
   */
  public CrossCache(
      Kernels kernels, CrossDecoderBlock[] blocks, float[] states, int length, int width) {
    this.length = length;
    kv = new float[blocks.length][2][length * width];
    for (int layer = 0; layer < blocks.length; layer++) {
      blocks[layer].crossAttention().project(kernels, states, kv[layer], length);
    }
  }

  /** Tokens of the source. */
  int length() {
    return length;
  }

  /** Keys of a layer. */
  float[] keys(int layer) {
    return kv[layer][0];
  }

  /** Values of a layer. */
  float[] values(int layer) {
    return kv[layer][1];
  }
}
