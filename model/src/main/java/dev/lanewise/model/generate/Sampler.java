package dev.lanewise.model.generate;

import java.util.List;
import java.util.SplittableRandom;

/**
 * Chooses the next token: runs its steps in order, then draws from what they leave.
 *
 * <p>Random numbers come from {@link SplittableRandom}, one per token, so that the same seed and
 * the same logits give the same tokens on every platform. A sampler remembers the tokens of one
 * generation and is not safe for use by several threads. After construction it allocates nothing.
 */
public final class Sampler {
  private final List<SamplingStep> steps;
  private final Candidates candidates;
  private final SplittableRandom random;

  /**
   * A sampler of the given steps.
   *
   * @param vocabSize logits per row
   * @param seed start of the random numbers
   * @param steps in order; those that look tokens up by id come before those that leave some out
   */
  public Sampler(int vocabSize, long seed, List<SamplingStep> steps) {
    this.steps = List.copyOf(steps);
    this.candidates = new Candidates(vocabSize);
    this.random = new SplittableRandom(seed);
  }

  /** Logits that it chooses from. */
  public int vocabSize() {
    return candidates.vocabSize();
  }

  /** Takes note of a token that is now part of the text: of the prompt, or sampled. */
  public void accept(int id) {
    for (int i = 0; i < steps.size(); i++) {
      steps.get(i).accept(id);
    }
  }

  /**
   * Chooses the token that follows; a caller that uses it hands it to {@link #accept}.
   *
   * @param logits at least [vocabSize]; the rest is not looked at. Unchanged
   * @throws dev.lanewise.model.LanewiseException if a logit is NaN or +∞, or every one is −∞
   */
  public int sample(float[] logits) {
    return sample(logits, 0);
  }

  /**
   * Chooses the token that follows, as {@link #sample(float[])}.
   *
   * @param logits those of the tokens begin at {@code at}
   * @throws dev.lanewise.model.LanewiseException if a logit is NaN or +∞, or every one is −∞
   */
  public int sample(float[] logits, int at) {
    candidates.load(logits, at);
    for (int i = 0; i < steps.size(); i++) {
      steps.get(i).apply(candidates);
    }
    return candidates.draw(random.nextDouble());
  }
}
