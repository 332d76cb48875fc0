package dev.lanewise.model.task;

/**
 * Told how work on many texts gets on, and asked whether it shall go on. Called from the thread
 * that works.
 */
public interface BatchProgress {
  /** Says nothing and never stops. */
  BatchProgress NONE = new BatchProgress() {};

  /** So many texts of all are done; called after each batch. */
  default void update(int done, int total) {}

  /**
   * A text has more tokens than the model takes in, and is cut off.
   *
   * @param text its number, from 0
   * @param tokens how many it has
   * @param kept how many count
   */
  default void truncated(int text, int tokens, int kept) {}

  /** Whether to stop; asked before each batch. */
  default boolean cancelled() {
    return false;
  }
}
