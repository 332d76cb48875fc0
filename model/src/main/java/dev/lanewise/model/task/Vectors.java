package dev.lanewise.model.task;

import dev.lanewise.model.LanewiseException;

/** Vectors that are compared. */
final class Vectors {
  private Vectors() {}

  /**
   * A copy whose dot product with another is the similarity: for the cosine of length 1, or of
   * length 0 if the vector is.
   *
   * @param dim how wide it must be
   * @throws LanewiseException if it is not, or holds something else than numbers
   */
  static float[] comparable(float[] vector, int dim, Similarity similarity) {
    if (vector.length != dim) {
      throw new LanewiseException(
          "a vector of %d numbers does not fit those of the index, which have %d; take the model"
                  .formatted(vector.length, dim)
              + " that the index was made with");
    }
    double squares = 0;
    for (float x : vector) {
      squares += (double) x * x;
    }
    if (!(squares < Double.POSITIVE_INFINITY)) {
      throw new LanewiseException("a vector holds numbers that are not finite");
    }
    if (similarity == Similarity.DOT) {
      return vector.clone();
    }
    double scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    float[] unit = new float[dim];
    for (int i = 0; i < dim; i++) {
      unit[i] = (float) (vector[i] * scale);
    }
    return unit;
  }
}
