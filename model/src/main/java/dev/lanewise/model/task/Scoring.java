package dev.lanewise.model.task;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Metadata;
import java.util.Arrays;

/** How the logits of a head become scores that can be read. */
public enum Scoring {
  /** One class is right: exp(xᵢ) / Σⱼ exp(xⱼ), which sum to 1. */
  SOFTMAX,

  /** Each class is right or not, whatever the others: 1 / (1 + exp(−xᵢ)). */
  SIGMOID,

  /** The logits are what was asked for, as in regression. */
  NONE;

  private static final String KEY = "problem_type";

  /**
   * The scoring that a model was trained for: what its {@code problem_type} says, and where it says
   * nothing softmax for several classes and sigmoid for one alone. These are the rules of the
   * text-classification pipeline of Hugging Face's transformers 4.57, with one in their order: a
   * single class is never softmaxed, as it would always score 1.
   *
   * @param metadata the model's
   * @param classes how many classes are scored
   * @throws LanewiseException if the problem type is not known
   */
  public static Scoring of(Metadata metadata, int classes) {
    String problem = metadata.string(KEY, "");
    return switch (problem) {
      case "regression" -> NONE;
      case "multi_label_classification" -> SIGMOID;
      case "single_label_classification", "" -> classes == 1 ? SIGMOID : SOFTMAX;
      default ->
          throw new LanewiseException(
              ("%s: %s is '%s', which is not known here: regression, single_label_classification,"
                      + " multi_label_classification")
                  .formatted(metadata.file(), KEY, problem));
    };
  }

  /**
   * The scores of a row of logits, as a fresh array, computed in double precision. Softmax of
   * logits that are all −∞ gives 0.
   *
   * @param logits many rows
   * @param from where the row begins
   * @param n its length
   */
  public float[] scores(float[] logits, int from, int n) {
    float[] scores = Arrays.copyOfRange(logits, from, from + n);
    switch (this) {
      case SOFTMAX -> softmax(scores);
      case SIGMOID -> sigmoid(scores);
      case NONE -> {}
    }
    return scores;
  }

  private static void softmax(float[] x) {
    float max = Float.NEGATIVE_INFINITY;
    for (float each : x) {
      max = Math.max(max, each);
    }
    double[] powers = new double[x.length];
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      powers[i] = x[i] == Float.NEGATIVE_INFINITY ? 0 : Math.exp((double) x[i] - max);
      sum += powers[i];
    }
    for (int i = 0; i < x.length; i++) {
      x[i] = sum == 0 ? 0 : (float) (powers[i] / sum);
    }
  }

  private static void sigmoid(float[] x) {
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (1 / (1 + Math.exp(-(double) x[i])));
    }
  }
}
