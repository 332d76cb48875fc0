package dev.lanewise.model.train;

/** Is told how a training gets on, and may end it. */
public interface TrainingProgress {
  /** Tells nobody, and never ends it. */
  TrainingProgress NONE = new TrainingProgress() {};

  /**
   * The text held out has been looked at before the first step.
   *
   * @param heldOutLoss the mean negative log-likelihood of its tokens
   */
  default void begun(double heldOutLoss) {}

  /**
   * A step is done.
   *
   * @param steps done so far
   * @param loss of the windows of this step, before it: the mean negative log-likelihood of a token
   */
  default void stepped(int steps, double loss) {}

  /**
   * The text held out has been looked at.
   *
   * @param steps done so far
   * @param loss the mean of the steps since the last time
   * @param heldOutLoss the same of the text held out
   */
  default void evaluated(int steps, double loss, double heldOutLoss) {}

  /** Asked after each step: whether to end early. */
  default boolean cancelled() {
    return false;
  }
}
