package dev.lanewise.model.nn;

import dev.lanewise.kernels.Kernels;

/**
 * Rotary position embedding (Su et al. 2021, arXiv:2104.09864): pair j of a head turns by position
 * · base^(−2j / rotaryDim), divided by the model's scaling factor for that pair.
 */
public final class RotaryEmbedding {
  /** Which elements of a head make pair j. */
  public enum Pairs {
    /** 2j and 2j + 1, as in the paper and in GGUF's Llama. */
    ADJACENT,
    /** j and j + rotaryDim / 2, as in GPT-NeoX and on the Hugging Face hub. */
    HALVES
  }

  private final int index;
  private final Pairs pairs;
  private final double[] frequencies;
  private final double[] longFrequencies; // in sequences longer than originalLength
  private final int originalLength;
  private final float amplitude;

  /**
   * Frequencies of all pairs.
   *
   * @param index number of this among the model's: whose angles are meant in a workspace
   * @param rotaryDim leading elements of a head that are rotated, even
   * @param base usually 10,000 or more
   * @param scaling of the frequencies
   */
  public RotaryEmbedding(
      int index, Pairs pairs, int rotaryDim, double base, RotaryScaling scaling) {
    this.index = index;
    this.pairs = pairs;
    originalLength = scaling.originalLength();
    amplitude = scaling.amplitude();
    frequencies = frequencies(rotaryDim, base, scaling.divisors());
    longFrequencies = frequencies(rotaryDim, base, scaling.longDivisors());
  }

  private static double[] frequencies(int rotaryDim, double base, float[] divisors) {
    double[] frequencies = new double[rotaryDim / 2];
    for (int j = 0; j < frequencies.length; j++) {
      frequencies[j] = Math.pow(base, -2.0 * j / rotaryDim) / divisors[j];
    }
    return frequencies;
  }

  /**
   * Whether a sequence of so many tokens has other frequencies than shorter ones. All its tokens
   * have them, the first ones too.
   */
  public boolean isLong(int length) {
    return length > originalLength;
  }

  /** Elements of a head that are rotated. */
  public int rotaryDim() {
    return 2 * frequencies.length;
  }

  /**
   * Puts cosines and sines of consecutive positions into the workspace.
   *
   * @param position the first
   * @param from its row
   * @param length of the whole sequence
   */
  public void prepare(int position, int from, int rows, int length, Workspace ws) {
    double[] turns = isLong(length) ? longFrequencies : frequencies;
    float[] cos = ws.cos[index];
    float[] sin = ws.sin[index];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < frequencies.length; j++) {
        double angle = (position + i) * turns[j];
        cos[(from + i) * frequencies.length + j] = (float) (amplitude * Math.cos(angle));
        sin[(from + i) * frequencies.length + j] = (float) (amplitude * Math.sin(angle));
      }
    }
  }

  /** Rotates the heads of x [rows × heads × headDim] by the angles that were prepared. */
  void rotate(Kernels kernels, Workspace ws, float[] x, int rows, int heads, int headDim) {
    float[] cos = ws.cos[index];
    float[] sin = ws.sin[index];
    switch (pairs) {
      case ADJACENT -> kernels.ropeAdjacent(x, cos, sin, rows, heads, headDim, rotaryDim());
      case HALVES -> kernels.ropeHalf(x, cos, sin, rows, heads, headDim, rotaryDim());
    }
  }
}
