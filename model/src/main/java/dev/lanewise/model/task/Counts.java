package dev.lanewise.model.task;

/** How many results a caller wants at most. */
final class Counts {
  private Counts() {}

  /**
   * Complains of a count below 0.
   *
   * @param name of the parameter
   * @throws IllegalArgumentException if the count is negative
   */
  static void requireNotNegative(String name, int count) {
    if (count < 0) {
      throw new IllegalArgumentException(name + " must not be negative, got " + count);
    }
  }
}
