package dev.lanewise.model.generate;

import dev.lanewise.model.LanewiseException;
import java.util.Map;

/**
 * Adds fixed numbers to the scores of some tokens. Must come before steps that leave tokens out.
 */
final class LogitBias implements SamplingStep {
  private final int[] ids;
  private final float[] biases;

  /**
   * @param biasById what to add, by token id; −∞ bans the token
   * @throws LanewiseException if an id is not in the vocabulary
   */
  LogitBias(Map<Integer, Float> biasById, int vocabSize) {
    ids = new int[biasById.size()];
    biases = new float[biasById.size()];
    int i = 0;
    for (Map.Entry<Integer, Float> entry : biasById.entrySet()) {
      int id = entry.getKey();
      if (id < 0 || id >= vocabSize) {
        throw new LanewiseException(
            "logit bias for token " + id + ": ids run from 0 to " + (vocabSize - 1));
      }
      ids[i] = id;
      biases[i++] = entry.getValue();
    }
  }

  /** Adds them to the scores of all tokens in {@code [at, at + vocabSize)}. */
  void addTo(float[] scores, int at) {
    for (int i = 0; i < ids.length; i++) {
      scores[at + ids[i]] += biases[i];
    }
  }

  @Override
  public void apply(Candidates candidates) {
    for (int i = 0; i < ids.length; i++) {
      candidates.setScore(ids[i], candidates.score(ids[i]) + biases[i]);
    }
  }
}
