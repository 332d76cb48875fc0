package dev.lanewise.model.generate;

/**
 * Makes tokens of the recent past less likely. Must come before steps that leave tokens out.
 *
 * <p>Repetition: a positive logit is divided by the factor, a negative one multiplied (Keskar et
 * al. 2019, arXiv:1909.05858). Presence and frequency: logit − presence − count · frequency, as in
 * OpenAI's API.
 */
final class Penalties implements SamplingStep {
  private final float repetition;
  private final float presence;
  private final float frequency;
  private final int[] window;
  private final int[] counts;
  private long accepted;

  /**
   * @param lastTokens how many of the last tokens count
   */
  Penalties(float repetition, float presence, float frequency, int lastTokens, int vocabSize) {
    this.repetition = repetition;
    this.presence = presence;
    this.frequency = frequency;
    this.window = new int[lastTokens];
    this.counts = new int[vocabSize];
  }

  @Override
  public void accept(int id) {
    int slot = (int) (accepted % window.length);
    if (accepted >= window.length) {
      counts[window[slot]]--;
    }
    window[slot] = id;
    counts[id]++;
    accepted++;
  }

  @Override
  public void apply(Candidates candidates) {
    int held = (int) Math.min(accepted, window.length);
    for (int i = 0; i < held; i++) {
      int id = window[i];
      int count = counts[id];
      if (count > 0) {
        float score = candidates.score(id);
        score = score > 0 ? score / repetition : score * repetition;
        candidates.setScore(id, score - presence - count * frequency);
        // The sign marks tokens that are done, so that each is penalised once.
        counts[id] = -count;
      }
    }
    for (int i = 0; i < held; i++) {
      counts[window[i]] = Math.abs(counts[window[i]]);
    }
  }
}
