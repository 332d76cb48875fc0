package dev.lanewise.model.generate;

/**
 * One step of a {@link Sampler}: changes scores or leaves candidates out. A step may keep what it
 * learns from the tokens of one generation, so an instance serves one sampler.
 */
@FunctionalInterface
public interface SamplingStep {
  /** Works on the candidates for the next token. */
  void apply(Candidates candidates);

  /** Takes note of a token that is now part of the text: of the prompt, or sampled. */
  default void accept(int id) {}

  /**
   * Divides the scores by a temperature: below 1 likely tokens become likelier; 0 keeps the best
   * one only.
   */
  static SamplingStep temperature(float temperature) {
    return candidates -> {
      if (temperature == 0) {
        candidates.keepBest(1);
        return;
      }
      // Scores are taken relative to the best, so that no quotient overflows.
      float max = candidates.max();
      if (max == Float.NEGATIVE_INFINITY) {
        return;
      }
      for (int i = 0; i < candidates.size(); i++) {
        candidates.setScore(i, (candidates.score(i) - max) / temperature);
      }
    };
  }

  /** Keeps the k likeliest tokens. Fan et al. 2018, arXiv:1805.04833. */
  static SamplingStep topK(int k) {
    return candidates -> candidates.keepBest(k);
  }

  /**
   * Keeps the fewest likeliest tokens whose probabilities reach p. Holtzman et al. 2019,
   * arXiv:1904.09751.
   */
  static SamplingStep topP(float p) {
    double decimal = Double.parseDouble(Float.toString(p)); // the float 0.2 is more than 1/5
    return candidates -> candidates.keepNucleus(decimal);
  }

  /**
   * Keeps tokens at least p times as likely as the likeliest. Nguyen et al. 2024, arXiv:2407.01082.
   */
  static SamplingStep minP(float p) {
    float offset = (float) Math.log(p);
    return candidates -> candidates.keepAtLeast(candidates.max() + offset);
  }
}
