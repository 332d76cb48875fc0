package dev.lanewise.model.task;

/**
 * The progress of work on several sequences for each text, told in texts.
 *
 * @param progress is told
 * @param texts how many there are
 */
record TextCount(BatchProgress progress, int texts) implements BatchProgress {
  @Override
  public void update(int done, int total) {
    progress.update((int) ((long) done * texts / total), texts);
  }

  @Override
  public boolean cancelled() {
    return progress.cancelled();
  }
}
