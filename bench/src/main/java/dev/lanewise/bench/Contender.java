package dev.lanewise.bench;

/**
 * One implementation in a comparison: an operation with its operands in the form that the
 * implementation likes best, so that a peer is timed without what it costs to get there.
 */
public interface Contender extends AutoCloseable {
  /** Runs the operation: what is timed. */
  void run();

  /** What the last run computed; may be a copy, and is not timed. */
  float[] output();

  /** Frees what the implementation holds. */
  @Override
  default void close() {}

  /** An implementation that works on arrays. */
  static Contender of(Runnable operation, float[] output) {
    return new Contender() {
      @Override
      public void run() {
        operation.run();
      }

      @Override
      public float[] output() {
        return output;
      }
    };
  }
}
