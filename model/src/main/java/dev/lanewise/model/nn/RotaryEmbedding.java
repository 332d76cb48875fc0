package dev.lanewise.model.nn;

/**
 * The angles of rotary position embedding (Su et al. 2021, arXiv:2104.09864): pair j of a head
 * turns by position · base^(−2j / rotaryDim), divided by the model's scaling factor for that pair.
 */
public final class RotaryEmbedding {
  private final double[] frequencies;

  /**
   * Frequencies of all pairs.
   *
   * @param rotaryDim rotated elements of a head, even
   * @param base usually 10,000 or more
   * @param divisors [rotaryDim / 2] by which each frequency is divided: 1 for none, a constant for
   *     linear scaling (Chen et al. 2023, arXiv:2306.15595), one each for Llama 3
   */
  public RotaryEmbedding(int rotaryDim, double base, float[] divisors) {
    frequencies = new double[rotaryDim / 2];
    for (int j = 0; j < frequencies.length; j++) {
      frequencies[j] = Math.pow(base, -2.0 * j / rotaryDim) / divisors[j];
    }
  }

  /**
   * Cosines and sines for consecutive positions.
   *
   * @param position of the first row
   * @param cos [rows × rotaryDim / 2]
   * @param sin [rows × rotaryDim / 2]
   */
  public void angles(int position, int rows, float[] cos, float[] sin) {
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < frequencies.length; j++) {
        double angle = (position + i) * frequencies[j];
        cos[i * frequencies.length + j] = (float) Math.cos(angle);
        sin[i * frequencies.length + j] = (float) Math.sin(angle);
      }
    }
  }
}
